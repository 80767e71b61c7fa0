import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cid } from '../domain/cid.ts'

/** A gateway that tells the truth about everything but a few blocks. */
export interface LyingGateway {
  /** Its origin. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Starts a gateway of the auditor's own that passes everything through, except the blocks that are to be served altered:
 * the rehearsal needs somebody to lie.
 *
 * @param upstream origin of a gateway that has the true blocks
 * @param altered what is served under a CID in place of its block
 */
export async function startLyingGateway(
  upstream: string,
  altered: ReadonlyMap<Cid, Uint8Array>,
): Promise<LyingGateway> {
  const server = createServer((request, response) => {
    answer(request, response, upstream, altered).catch(() => {
      response.writeHead(502).end()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the gateway listens on no port')
  return address.port
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: string,
  altered: ReadonlyMap<Cid, Uint8Array>,
): Promise<void> {
  const path = request.url ?? '/'
  const [, cid = ''] = /^\/ipfs\/([a-z2-7]+)/u.exec(path) ?? []
  const lie = altered.get(cid)
  if (lie !== undefined) {
    response.writeHead(200, { 'content-type': 'application/vnd.ipld.raw' }).end(lie)
    return
  }
  const truth = await fetch(new URL(path, upstream), { headers: { accept: 'application/vnd.ipld.raw' } })
  const body = new Uint8Array(await truth.arrayBuffer())
  response.writeHead(truth.status, { 'content-type': 'application/vnd.ipld.raw' }).end(body)
}
