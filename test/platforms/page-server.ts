import { EventEmitter, once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { Answer, Question } from './answers.ts'

/** What a browser sent back. */
export interface Reply {
  readonly browser: string
  readonly answers: readonly Answer[]
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * Serves a page that answers a question, to whatever browser `open` starts.
 *
 * @param open is given the page's address; what it returns is called when the reply is here, or when it failed
 */
export async function askBrowser(
  question: Question,
  open: (url: string) => Promise<() => Promise<unknown> | void>,
): Promise<Reply> {
  const script = await bundlePage()
  const { bundle, wasm, recipe, seeds } = question
  const files: Readonly<Record<string, readonly [type: string, content: Uint8Array | string]>> = {
    '/': ['text/html', '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', script],
    '/question': ['application/json', JSON.stringify({ recipe, seeds })],
    '/bundle': ['application/octet-stream', bundle],
    '/wasm': ['application/wasm', wasm],
  }
  const replies = new EventEmitter()
  const server = createServer((request, response) => {
    if (request.url === '/reply') replies.emit('reply', readReply(request))
    const [type, content] = files[request.url ?? ''] ?? ['text/plain', '']
    response.setHeader('content-type', type).end(content)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const replied = once(replies, 'reply')
  const close = await open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  try {
    const [reply] = await replied
    return await reply
  } finally {
    await close()
    server.closeAllConnections()
    server.close()
  }
}

async function bundlePage(): Promise<Uint8Array> {
  const outDir = here('../../build/platform-page')
  await build({
    configFile: false,
    logLevel: 'silent',
    build: { outDir, lib: { entry: here('./page.ts'), formats: ['es'], fileName: 'page' }, target: 'es2023' },
  })
  return readFile(`${outDir}/page.js`)
}

async function readReply(request: IncomingMessage): Promise<Reply> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  const reply: Reply & { readonly failure?: string } = JSON.parse(Buffer.concat(chunks).toString())
  if (reply.failure !== undefined) throw new Error(`the page failed: ${reply.failure}`)
  return reply
}
