/** Workers as files beside the page; the page for offline use has start-inline-worker.ts in this place. */

export function startAuditWorker(): Worker {
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
}

export function startFileWorker(): Worker {
  return new Worker(new URL('./file-worker.ts', import.meta.url), { type: 'module' })
}
