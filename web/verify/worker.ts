import { composePiece, encodePng } from '../../gan/index.ts'
import { auditToken } from '../../minter/domain/audit.ts'
import type { AuditLinkResult } from '../../minter/domain/audit-source.ts'
import { type Order, type Report, verdictOf, type WorkerNews } from './order.ts'
import { openSource, type Watcher } from './source.ts'

addEventListener('message', (event: MessageEvent<Order>) => {
  void audit(event.data).catch((error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  })
})

async function audit(order: Order): Promise<void> {
  const started = performance.now()
  const { source, chainId } = await openSource(order, watcher(order))
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
function watcher({ token }: Order): Watcher {
  const picture = `images/${Number(BigInt(token) & 0xffffn)}.png`
  return {
    doing: (what) => tell({ kind: 'doing', what }),
    read: (path, bytes) => {
      if (path === picture) tell({ kind: 'published', png: new Uint8Array(bytes), altered: false })
    },
    altered: (path, bytes) => {
      if (path === picture) tell({ kind: 'published', png: new Uint8Array(bytes), altered: true })
    },
    rendered: (_seed, rgb, recipe) => {
      const side = Math.round(Math.sqrt(rgb.length / 3))
      tell({ kind: 'remade', png: new Uint8Array(encodePng(composePiece(rgb, side, recipe))) })
    },
  }
}

function tell(news: WorkerNews): void {
  postMessage(news)
}
