/** Workers within the page itself: a page that was opened from disk may not load any file. */

/* oxlint-disable import/default -- Vite makes these modules */
import FileWorker from './file-worker.ts?worker&inline'
import AuditWorker from './worker.ts?worker&inline'

export function startAuditWorker(): Worker {
  return new AuditWorker()
}

export function startFileWorker(): Worker {
  return new FileWorker()
}
