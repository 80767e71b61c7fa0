import { render } from 'preact'
import { discoverWallets } from '../wallet/store.ts'
import { ReviewPage } from './review-page.tsx'

const page = document.querySelector('#page')
if (page !== null) render(<ReviewPage />, page)
discoverWallets()
