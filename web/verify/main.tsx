import { render } from 'preact'
import { VerifyPage } from './verify-page.tsx'

const page = document.querySelector('#page')
if (page !== null) render(<VerifyPage />, page)
