import { createServer } from 'node:http'
import { createApp } from '../../minter/http/app.ts'
import type { HttpDeps } from '../../minter/http/deps.ts'
import { listenOn, type LocalServer } from '../local-server.ts'

/** A server on a free port of this machine. */
export interface Listening extends LocalServer {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** The answer's JSON, whatever its status. */
  json<T>(path: string): Promise<T>
  post(path: string, body: unknown): Promise<Response>
}

export async function listen(deps: HttpDeps): Promise<Listening> {
  const server = await listenOn(createServer(createApp(deps)))
  const { url } = server
  return {
    ...server,
    get: (path, headers = {}) => fetch(url + path, { headers }),
    json: async <T>(path: string) => (await (await fetch(url + path)).json()) as T,
    post: (path, body) => {
      const headers = { 'content-type': 'application/json' }
      return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    },
  }
}
