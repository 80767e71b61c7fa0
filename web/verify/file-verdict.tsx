import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { FileNews } from './file-worker.ts'
import type { Order } from './order.ts'

const KINDS = {
  authentic: ['ok', 'This is the very file'],
  'same-pixels': ['ok', 'This is the picture, in another file'],
  'altered-copy': ['broken', 'This is an altered copy'],
  unknown: ['unchecked', 'This is no piece of the drop'],
} as const

interface FileVerdictProps {
  readonly order: Order | null
  readonly start: () => Worker
}

/** Judges any picture file against the drop; the file never leaves the browser. */
export function FileVerdict({ order, start }: FileVerdictProps): JSX.Element {
  const [file, setFile] = useState<File | null>(null)
  const news = useVerdict(order, file, start)
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setFile(event.dataTransfer?.files[0] ?? null)
  }
  return (
    <section class="file" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <h2>Is this file the piece?</h2>
      <label>
        Drop a PNG here, or choose one. It stays in your browser.
        <input
          type="file"
          accept="image/png"
          disabled={order === null}
          onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
        />
      </label>
      {order === null && <p class="small">Name a node, a contract and a token above first.</p>}
      <div role="status">
        {file !== null && news === null && order !== null && <p class="doing">Looking at {file.name}…</p>}
        {news !== null && <Outcome news={news} />}
      </div>
    </section>
  )
}

function Outcome({ news }: { readonly news: FileNews }) {
  if (news.kind === 'failed') return <p class="broken">{news.message}</p>
  const { kind, rank, tokenId, detail, fileDigest } = news.verdict
  const [state, words] = KINDS[kind]
  return (
    <div class={`verdict ${state}`} data-file={kind}>
      <h3>
        {words}
        {rank !== null && ` of no. ${rank + 1} (token ${tokenId})`}
      </h3>
      <p>{detail}</p>
      <p class="compare">
        sha-256 <code>{fileDigest}</code>
      </p>
    </div>
  )
}

function useVerdict(order: Order | null, file: File | null, start: () => Worker): FileNews | null {
  const [news, setNews] = useState<FileNews | null>(null)
  useEffect(() => {
    setNews(null)
    if (order === null || file === null) return undefined
    const worker = start()
    worker.addEventListener('message', (event: MessageEvent<FileNews>) => setNews(event.data))
    void file.arrayBuffer().then((bytes) => {
      worker.postMessage({ order, file: new Uint8Array(bytes) }, { transfer: [bytes] })
    })
    return () => worker.terminate()
  }, [order, file])
  return news
}
