import { useEffect, useState } from 'preact/hooks'
import type { AuditLinkResult } from '../../minter/domain/audit-source.ts'
import type { AuditOrder, Order, Report, WorkerNews } from './order.ts'

/** The audit as far as it has come. */
export interface AuditView {
  readonly running: boolean
  readonly doing: string
  readonly links: readonly AuditLinkResult[]
  readonly published: string | null
  /** What was served as the published picture is another one. */
  readonly altered: boolean
  readonly remade: string | null
  readonly report: Report | null
  readonly failure: string | null
}

const BLANK: AuditView = {
  running: false,
  doing: '',
  links: [],
  published: null,
  altered: false,
  remade: null,
  report: null,
  failure: null,
}

/** How the two workers of an audit are started. */
export interface AuditWorkers {
  readonly audit: () => Worker
  readonly engine: () => Worker
}

/**
 * Runs the audit in two workers, one that reads and hashes and one that computes: the page stays alive, and the network has
 * a processor of its own.
 */
export function useAudit(order: Order | null, workers: AuditWorkers): AuditView {
  const [view, setView] = useState<AuditView>(BLANK)
  useEffect(() => {
    if (order === null) return undefined
    setView({ ...BLANK, running: true, doing: 'Starting' })
    const [engine, auditor] = [workers.engine(), workers.audit()]
    auditor.addEventListener('message', (event: MessageEvent<WorkerNews>) =>
      setView((before) => after(before, event.data)),
    )
    for (const worker of [engine, auditor]) {
      worker.addEventListener('error', (event) => {
        const failure = event.message === '' ? 'The worker could not be started.' : event.message
        setView((before) => ({ ...before, running: false, failure }))
      })
    }
    const { port1, port2 } = new MessageChannel()
    engine.postMessage(port1, { transfer: [port1] })
    const start: AuditOrder = { order, engine: port2 }
    auditor.postMessage(start, { transfer: [port2] })
    return () => {
      engine.terminate()
      auditor.terminate()
    }
  }, [order])
  return view
}

function after(view: AuditView, news: WorkerNews): AuditView {
  switch (news.kind) {
    case 'doing':
      return { ...view, doing: news.what }
    case 'link':
      return { ...view, links: [...view.links, news.result] }
    case 'published':
      return { ...view, published: pictureAddress(news.png), altered: news.altered }
    case 'remade':
      return { ...view, remade: pictureAddress(news.png) }
    case 'done':
      return { ...view, running: false, doing: '', report: news.report }
    case 'failed':
    default:
      return { ...view, running: false, doing: '', failure: news.message }
  }
}

function pictureAddress(png: Uint8Array<ArrayBuffer>): string {
  return URL.createObjectURL(new Blob([png], { type: 'image/png' }))
}
