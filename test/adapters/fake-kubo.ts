import { createServer, type IncomingMessage } from 'node:http'
import { CarReader } from '@ipld/car'
import { MemoryBlockstore } from 'blockstore-core'
import { exporter } from 'ipfs-unixfs-exporter'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'

const PEER = '12D3KooWBt45acBGc1dNef73HedjB76y2aUvSmHZ4B6zsat4nPVY'

/** A Kubo RPC of five calls over blocks in memory, as strict about its parameters as the daemon is. */
export interface FakeKubo {
  readonly url: string
  readonly pins: ReadonlySet<string>
  close(): void
}

interface Part {
  readonly path: string
  readonly content: Uint8Array
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** The files of a multipart body; directories in it are implied by the paths. */
function partsOf(body: Buffer, boundary: string): readonly Part[] {
  const text = body.toString('latin1')
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n')
      if (head.includes('application/x-directory')) return []
      const [, path = ''] = /filename="([^"]*)"/u.exec(head) ?? []
      const content = rest.join('\r\n\r\n').replace(/\r\n$/u, '')
      return [{ path: decodeURIComponent(path), content: new Uint8Array(Buffer.from(content, 'latin1')) }]
    })
}

async function readAll(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return Buffer.concat(chunks)
}

/** Listens on a free port of 127.0.0.1. */
export async function startFakeKubo(): Promise<FakeKubo> {
  const blocks = new MemoryBlockstore()
  const pins = new Set<string>()

  async function add(request: IncomingMessage, query: URLSearchParams): Promise<string> {
    const [, boundary = ''] = /boundary=(.+)$/u.exec(request.headers['content-type'] ?? '') ?? []
    const chunkSize = Number(/size-(\d+)/u.exec(query.get('chunker') ?? '')?.[1] ?? 262_144)
    const source = partsOf(await bodyOf(request), boundary).map(({ path, content }) => ({
      ...(path === '' ? {} : { path }),
      content,
    }))
    const options = {
      cidVersion: query.get('cid-version') === '1' ? 1 : 0,
      rawLeaves: query.get('raw-leaves') === 'true',
      chunker: fixedSize({ chunkSize }),
    } as const
    let lines = ''
    for await (const entry of importer(source, blocks, { ...options, reduceSingleLeafToSelf: true })) {
      if (query.get('pin') !== 'false') pins.add(String(entry.cid))
      lines += `${JSON.stringify({ Name: entry.path ?? '', Hash: String(entry.cid), Size: String(entry.size) })}\n`
    }
    return lines
  }

  /** The daemon checks every block, and keeps the roots when all below them is there. */
  async function importCar(request: IncomingMessage): Promise<string> {
    const [, boundary = ''] = /boundary=(.+)$/u.exec(request.headers['content-type'] ?? '') ?? []
    const [part] = partsOf(await bodyOf(request), boundary)
    const car = await CarReader.fromBytes(part?.content ?? new Uint8Array())
    for await (const { cid, bytes } of car.blocks()) {
      const { digest } = await sha256.digest(bytes)
      if (Buffer.compare(digest, cid.multihash.digest) !== 0)
        throw new Error(`mismatch in content integrity, ${String(cid)}`)
      await blocks.put(cid, bytes)
    }
    const roots = await car.getRoots()
    for (const root of roots) pins.add(String(root))
    return roots
      .map((root) => `${JSON.stringify({ Root: { Cid: { '/': String(root) }, PinErrorMsg: '' } })}\n`)
      .join('')
  }

  async function answer(request: IncomingMessage): Promise<string | Buffer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://kubo')
    const argument = (searchParams.get('arg') ?? '').replace(/^\/ipfs\//u, '')
    if (pathname === '/api/v0/add') return add(request, searchParams)
    if (pathname === '/api/v0/block/get') return readAll(blocks.get(CID.parse(argument)))
    if (pathname === '/api/v0/dag/import') return importCar(request)
    if (pathname === '/api/v0/id')
      return JSON.stringify({ ID: PEER, Addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${PEER}`] })
    const entry = await exporter(argument, blocks)
    if (entry.type !== 'file' && entry.type !== 'raw') throw new Error('this dag node is a directory')
    return readAll(entry.content())
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.setHeader('content-type', 'application/json').end(body),
      (error: unknown) => {
        response.statusCode = 500
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ Message: String(error), Code: 0, Type: 'error' }))
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}/api/v0`,
    pins,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
