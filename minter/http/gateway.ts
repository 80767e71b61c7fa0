import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Request, type Response, Router } from 'express'
import type { CID } from 'multiformats/cid'
import { z } from 'zod'
import { BlockMissing, walkDag, writeCar } from '../dag.ts'
import type { BlockReader } from './deps.ts'
import { answering, HttpProblem } from './problem.ts'
import { type ByteRange, type Content, findContent, parseCid } from './unixfs.ts'

/** What lies under a CID never changes: a year, as the gateway specification says. */
const IMMUTABLE = 'public, max-age=29030400, immutable'

const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  png: 'image/png',
  html: 'text/html; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
}

const pathShape = z.object({ cid: z.string(), path: z.array(z.string()).default([]) })
const queryShape = z.object({ format: z.enum(['raw', 'car']).optional() })

/**
 * A read-only IPFS gateway over the blocks of this node: files, directories, single blocks and CARs.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/ and https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export function gateway(blocks: BlockReader): Router {
  const answer = answering(async (request, response) => {
    const { cid, path } = readPath(request)
    const format = readFormat(request)
    // Files come from whoever made them: under our address they get an origin of their own and run nothing.
    response.set('Content-Security-Policy', "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    response.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' })

    const content = await findContent(blocks, cid, path)
    if (format === 'raw') return sendBlock(request, response, blocks, content?.cid ?? cid.toString())
    if (format === 'car') return sendCar(request, response, blocks, found(content, request).cid)
    return sendContent(request, response, found(content, request))
  })
  return Router().get('/:cid{/*path}', answer)
}

function readPath(request: Request): { readonly cid: CID; readonly path: readonly string[] } {
  const { cid, path } = pathShape.parse(request.params)
  try {
    return { cid: parseCid(cid), path: path.filter((name) => name !== '') }
  } catch (cause) {
    throw new HttpProblem('HTTP_BAD_REQUEST', `“${cid}” is not a CID`, {}, cause)
  }
}

/** By parameter, or by the media type that a trustless client asks for. */
function readFormat(request: Request): 'raw' | 'car' | undefined {
  const query = queryShape.safeParse(request.query)
  if (!query.success) throw new HttpProblem('HTTP_BAD_REQUEST', 'format is raw or car')
  if (query.data.format !== undefined) return query.data.format
  const accept = request.get('accept') ?? ''
  if (accept.includes('application/vnd.ipld.raw')) return 'raw'
  return accept.includes('application/vnd.ipld.car') ? 'car' : undefined
}

function found(content: Content | null, request: Request): Content {
  if (content === null) throw new HttpProblem('CONTENT_NOT_FOUND', `This node holds nothing at ${request.path}`)
  return content
}

async function sendBlock(request: Request, response: Response, blocks: BlockReader, cid: string): Promise<void> {
  const bytes = await blocks.get(cid)
  if (bytes === null) throw new HttpProblem('CONTENT_NOT_FOUND', new BlockMissing(cid).message)
  response.set({
    'Content-Type': 'application/vnd.ipld.raw',
    'Content-Disposition': `attachment; filename="${cid}.bin"`,
  })
  if (isUnchanged(request, response, `"${cid}.raw"`)) return
  response.end(bytes)
}

async function sendCar(request: Request, response: Response, blocks: BlockReader, cid: string): Promise<void> {
  response.set('Content-Type', 'application/vnd.ipld.car; version=1; order=dfs; dups=n')
  response.set('Content-Disposition', `attachment; filename="${cid}.car"`)
  if (isUnchanged(request, response, `W/"${cid}.car"`)) return
  await pipeline(
    Readable.from(
      writeCar(
        [cid],
        walkDag((block) => blocks.get(block), cid),
      ),
    ),
    response,
  )
}

async function sendContent(request: Request, response: Response, content: Content): Promise<void> {
  response.set('X-Ipfs-Path', `/ipfs${request.path}`)
  if (content.kind === 'directory') {
    if (isUnchanged(request, response, `"DirIndex-${content.cid}"`)) return
    response.type('html').send(listing(request, await content.entries()))
    return
  }
  response.set('Content-Type', TYPES[request.path.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
  response.set('Accept-Ranges', 'bytes')
  if (isUnchanged(request, response, `"${content.cid}"`)) return

  const range = readRange(request, content.size)
  if (range === undefined) response.set('Content-Length', String(content.size))
  else {
    response.status(206).set('Content-Range', `bytes ${range.first}-${range.last}/${content.size}`)
    response.set('Content-Length', String(range.last - range.first + 1))
  }
  if (request.method === 'HEAD') response.end()
  else await pipeline(Readable.from(content.read(range)), response)
}

/** Sets what caches need, and answers 304 where the visitor has these very bytes. */
function isUnchanged(request: Request, response: Response, etag: string): boolean {
  response.set({ ETag: etag, 'Cache-Control': IMMUTABLE })
  if (!request.fresh) return false
  response.status(304).end()
  return true
}

/** One range is served; anything else is answered with the whole file, as HTTP allows. */
function readRange(request: Request, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/u.exec(request.get('range') ?? '')
  const [, from = '', to = ''] = match ?? []
  if (from === '' && to === '') return undefined
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const last = from === '' || to === '' ? size - 1 : Math.min(size - 1, Number(to))
  return first <= last ? { first, last } : undefined
}

function listing(request: Request, entries: readonly { readonly name: string }[]): string {
  const base = `/ipfs${request.path}`.replace(/\/$/u, '')
  const items = entries.map(
    ({ name }) => `<li><a href="${base}/${encodeURIComponent(name)}">${escapeHtml(name)}</a></li>`,
  )
  return `<!doctype html><meta charset="utf-8"><title>${escapeHtml(base)}</title><ul>${items.join('')}</ul>`
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replaceAll(/[&<>"']/gu, (character) => entities[character] ?? '')
}
