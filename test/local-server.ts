import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that is reached on this machine alone. */
export interface LocalServer {
  readonly url: string
  /** Ends what is under way, too. */
  close(): Promise<void>
}

/** Has a server listen on a free port. */
export async function listenOn(server: Server): Promise<LocalServer> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
