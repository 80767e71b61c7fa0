import { createServer } from 'node:http'
import { listenOn } from '../local-server.ts'

/** A signer by JSON-RPC, as far as the tests ask for one; the keys are real, the program is not. */
export async function startSigner(
  answer: (method: string, params: readonly unknown[]) => Promise<unknown>,
): Promise<{ readonly url: string; readonly methods: string[]; close(): Promise<void> }> {
  const methods: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(Buffer.from(part))
      const { id, method, params }: { id: number; method: string; params: unknown[] } = JSON.parse(
        Buffer.concat(parts).toString('utf8'),
      )
      methods.push(method)
      const body = await answer(method, params).then(
        (result) => ({ jsonrpc: '2.0', id, result }),
        (error: Error) => ({ jsonrpc: '2.0', id, error: { code: -32_601, message: error.message } }),
      )
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })()
  })
  return {
    ...(await listenOn(server)),
    methods,
  }
}
