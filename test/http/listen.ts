import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '../../minter/http/app.ts'
import type { HttpDeps } from '../../minter/http/deps.ts'

/** A server on a free port of this machine. */
export interface Listening {
  readonly url: string
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** The answer's JSON, whatever its status. */
  json<T>(path: string): Promise<T>
  post(path: string, body: unknown): Promise<Response>
  close(): Promise<void>
}

export async function listen(deps: HttpDeps): Promise<Listening> {
  const server = createServer(createApp(deps))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    get: (path, headers = {}) => fetch(url + path, { headers }),
    json: async <T>(path: string) => (await (await fetch(url + path)).json()) as T,
    post: (path, body) => {
      const headers = { 'content-type': 'application/json' }
      return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
