import { auditToken } from '../../minter/domain/audit.ts'
import type { AuditLinkResult, AuditSource } from '../../minter/domain/audit-source.ts'
import { type EngineWatcher, openEngine } from './engine-port.ts'
import { type AuditOrder, type Order, type Report, verdictOf, type WorkerNews } from './order.ts'
import { openReader, type Watcher } from './reader.ts'

addEventListener('message', (event: MessageEvent<AuditOrder>) => {
  void audit(event.data).catch((error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  })
})

async function audit({ order, engine }: AuditOrder): Promise<void> {
  const started = performance.now()
  const watching = watcher(order)
  const { reader, chainId } = await openReader(order, watching)
  const source = {
    ...reader,
    engine: (...model: Parameters<AuditSource['engine']>) => openEngine(engine, ...model, watching),
  }
  const links: AuditLinkResult[] = []
  for await (const result of auditToken(source, BigInt(order.token))) {
    links.push(result)
    tell({ kind: 'link', result })
  }
  const seconds = Math.round(performance.now() - started) / 1000
  const { contract, token } = order
  const report: Report = {
    format: 'latentmint-audit-1',
    subject: 'token',
    contract,
    chainId,
    token,
    verdict: verdictOf(links),
    links,
    seconds,
  }
  tell({ kind: 'done', report })
}

/** Shows the two pictures as soon as they are there; what is compared are bytes, further down. */
function watcher({ token }: Order): Watcher & EngineWatcher {
  const picture = `images/${Number(BigInt(token) & 0xffffn)}.png`
  return {
    doing: (what) => tell({ kind: 'doing', what }),
    read: (path, bytes) => {
      if (path === picture) tell({ kind: 'published', png: new Uint8Array(bytes), altered: false })
    },
    altered: (path, bytes) => {
      if (path === picture) tell({ kind: 'published', png: new Uint8Array(bytes), altered: true })
    },
    remade: (png) => tell({ kind: 'remade', png: new Uint8Array(png) }),
  }
}

function tell(news: WorkerNews): void {
  postMessage(news)
}
