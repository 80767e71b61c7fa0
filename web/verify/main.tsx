import { render } from 'preact'
import { VerifyPage } from './verify-page.tsx'

const page = document.querySelector('#page')
const workers = {
  audit: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
  engine: () => new Worker(new URL('./engine-worker.ts', import.meta.url), { type: 'module' }),
  file: () => new Worker(new URL('./file-worker.ts', import.meta.url), { type: 'module' }),
}
if (page !== null) render(<VerifyPage workers={workers} />, page)
