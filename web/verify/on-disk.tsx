import { render } from 'preact'
import { VerifyPage } from './verify-page.tsx'
/* oxlint-disable import/default -- Vite makes these modules: the workers as text within this one */
import EngineWorker from './engine-worker.ts?worker&inline'
import FileWorker from './file-worker.ts?worker&inline'
import AuditWorker from './worker.ts?worker&inline'

// A page that was opened from a disk may load nothing beside it.
const workers = { audit: () => new AuditWorker(), engine: () => new EngineWorker(), file: () => new FileWorker() }
const page = document.querySelector('#page')
if (page !== null) render(<VerifyPage workers={workers} />, page)
