import { createServer } from 'node:http'
import { listenOn } from '../local-server.ts'

/** A node in front of another one, that goes away in the middle of a call. */
export interface FailingNode {
  readonly url: string
  /** What it passed on, in order. */
  readonly methods: string[]
  close(): Promise<void>
}

/**
 * Passes calls on, but after the `last`-th transaction has reached the chain it hangs up instead of saying so: what a process
 * that is killed at that moment leaves behind.
 */
export async function startFailingNode(chain: string, last: number): Promise<FailingNode> {
  const methods: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(Buffer.from(part))
      const body = Buffer.concat(parts).toString('utf8')
      const { method }: { method: string } = JSON.parse(body)
      methods.push(method)
      const answer = await fetch(chain, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const text = await answer.text()
      const sent = methods.filter((one) => one === 'eth_sendRawTransaction').length
      if (method === 'eth_sendRawTransaction' && sent === last) return response.destroy()
      return response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })()
  })
  return {
    ...(await listenOn(server)),
    methods,
  }
}
