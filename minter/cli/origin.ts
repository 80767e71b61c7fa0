import { createServer, type Server } from 'node:http'
import express from 'express'
import { gatewayReader } from '../adapters/http-gateway.ts'
import { digestOfCid } from '../domain/cid.ts'
import { sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import { gateway } from '../http/gateway.ts'
import { notFound } from '../http/problem.ts'
import type { ContentStore } from '../ports.ts'

/** Where others fetch blocks from us. */
export interface Origin {
  readonly url: string
  /** The port here that it leads to; that of the address itself when left out. */
  readonly port: number | undefined
}

const PROBE_MS = 5000

/** Our side of the origin. */
export interface OpenOrigin {
  /**
   * Resolves when our blocks are served at the origin: by whoever does already (`latentmint serve`, a proxy before it), or else
   * from now on by this process.
   *
   * @param cid a block of ours, to see whether they are
   * @throws {ConfigInvalid} when the port is taken by something else
   */
  serve(cid: string): Promise<void>
  close(): Promise<void>
}

/** Opens nothing before something is to be fetched. */
export function openOrigin(origin: Origin, store: ContentStore): OpenOrigin {
  let server: Promise<Server | null> | undefined
  return {
    serve: async (cid) => {
      server ??= listen(origin, store, cid)
      await server
    },
    close: async () => close((await server?.catch(() => null)) ?? null),
  }
}

async function listen(origin: Origin, store: ContentStore, cid: string): Promise<Server | null> {
  if (await isServed(origin.url, cid)) return null
  const { port, protocol } = new URL(origin.url)
  const app = express().disable('x-powered-by')
  app.use('/ipfs', gateway({ get: (block) => store.readBlock(block) }))
  app.use(notFound)
  const server = createServer(app)
  const listened = origin.port ?? Number(port || (protocol === 'https:' ? 443 : 80))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new ConfigInvalid(`cannot serve our blocks on port ${listened}: ${error.message}`, origin.url, error)),
    )
    server.listen(listened, resolve)
  })
  return server
}

async function isServed(url: string, cid: string): Promise<boolean> {
  try {
    const bytes = await gatewayReader('origin', url)(cid, AbortSignal.timeout(PROBE_MS))
    return bytes !== null && sha256(bytes) === digestOfCid(cid)
  } catch {
    return false
  }
}

async function close(server: Server | null): Promise<void> {
  if (server === null) return
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
