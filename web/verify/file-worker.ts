import { type FileVerdict, judgeFile } from './auditor.ts'
import type { Order } from './order.ts'
import { openReader } from './reader.ts'

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
  const { reader } = await openReader(order, { doing: () => undefined })
  return { kind: 'verdict', verdict: await judgeFile(file, reader) }
}

function tell(news: FileNews): void {
  postMessage(news)
}
