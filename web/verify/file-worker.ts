import { type FileVerdict, judgeFile } from './auditor.ts'
import type { Order } from './order.ts'
import { openSource } from './source.ts'

/** A file to be judged against the drop of a token. */
export interface FileOrder {
  readonly order: Order
  readonly file: Uint8Array
}

/** What came of it. */
export type FileNews =
  { readonly kind: 'verdict'; readonly verdict: FileVerdict } | { readonly kind: 'failed'; readonly message: string }

addEventListener('message', (event: MessageEvent<FileOrder>) => {
  void judge(event.data).then(tell, (error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  })
})

async function judge({ order, file }: FileOrder): Promise<FileNews> {
  const { source } = await openSource(order, { doing: () => undefined })
  return { kind: 'verdict', verdict: await judgeFile(file, source) }
}

function tell(news: FileNews): void {
  postMessage(news)
}
