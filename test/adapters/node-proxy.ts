import { createServer, type ServerResponse } from 'node:http'
import { listenOn } from '../local-server.ts'

interface Call {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
}

/** What a node does instead of answering; or the answer that it gives instead of the true one. */
export type Misbehaviour = (
  call: Call,
  forward: (call: Call) => Promise<unknown>,
) => Promise<
  | 'hang up'
  | 'stay silent'
  | { readonly status: number; readonly headers?: Record<string, string> }
  | { readonly result: unknown }
  | null
>

/** A node in front of another one, that misbehaves as it is told. */
export interface NodeProxy {
  readonly url: string
  /** What it was asked, in order. */
  readonly methods: string[]
  behave(how: Misbehaviour): void
  close(): Promise<void>
}

async function forwardTo(chain: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(chain, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

async function answer(chain: string, call: Call, how: Misbehaviour, response: ServerResponse): Promise<object | null> {
  const done = await how(call, async (one) => Reflect.get(Object(await forwardTo(chain, one)), 'result'))
  if (done === null) return Object(await forwardTo(chain, call)) as object
  if (done === 'hang up') response.destroy()
  else if (done !== 'stay silent' && 'status' in done) response.writeHead(done.status, done.headers ?? {}).end('{}')
  else if (done !== 'stay silent') return { jsonrpc: '2.0', id: call.id, result: done.result }
  return null
}

const honest: Misbehaviour = async () => null

/** Starts a node that passes everything on until it is told otherwise. */
export async function startNodeProxy(chain: string): Promise<NodeProxy> {
  const methods: string[] = []
  let behaviour = honest
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(Buffer.from(part))
      const body: Call | Call[] = JSON.parse(Buffer.concat(parts).toString('utf8'))
      const answers: object[] = []
      for (const call of [body].flat()) {
        methods.push(call.method)
        const one = await answer(chain, call, behaviour, response)
        if (one === null) return
        answers.push(one)
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]))
    })()
  })
  return {
    ...(await listenOn(server)),
    methods,
    behave: (how) => {
      behaviour = how
    },
  }
}
