// The embedded chain's own process: Hardhat's EVM behind JSON-RPC on 127.0.0.1. Started by hardhat-chain.ts.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'

/** The mnemonic that every development chain shares; never a secret. */
const MNEMONIC = 'test test test test test test test test test test test junk'
const MAX_BODY_BYTES = 4 * 1024 * 1024

interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

/** One line of the journal: what changed the chain, at which time, and the block that came of it. */
interface Entry extends Call {
  readonly time: number
  readonly block: string
}

interface Settings {
  readonly port: number
  /** Where the calls that changed the chain are kept, so that a killed chain comes back block for block. */
  readonly journal: string
  readonly genesisTime: number
  /** A block's time is its parent's plus one second, so that equal calls make equal blocks. */
  readonly fixedClock: boolean
}

const CHANGES = new Set(['eth_sendRawTransaction', 'eth_sendTransaction', 'hardhat_mine', 'evm_mine'])

/** These may be answered from the block that comes next, whose time they then depend on. */
const LOOKS_AHEAD = new Set(['eth_call', 'eth_estimateGas', 'eth_getBlockByNumber'])

type Request = (method: string, params: readonly unknown[]) => Promise<unknown>

async function openChain(genesisTime: number): Promise<Request> {
  const runtime = await createHardhatRuntimeEnvironment({
    networks: {
      embedded: {
        type: 'edr-simulated',
        chainType: 'l1',
        chainId: 31_337,
        hardfork: 'prague',
        initialDate: new Date(genesisTime * 1000),
        accounts: { mnemonic: MNEMONIC, accountsBalance: '10000000000000000000000' },
        mining: { auto: true },
        // As a node of the real chain does: the sender reads the receipt.
        throwOnTransactionFailures: false,
      },
    },
  })
  const { provider } = await runtime.network.create('embedded')
  return (method, params) => provider.request({ method, params: [...params] })
}

function blockField(block: unknown, field: 'hash' | 'timestamp'): string {
  if (typeof block === 'object' && block !== null && field in block) return String(Reflect.get(block, field))
  throw new Error(`the chain returned no block ${field}`)
}

class Ledger {
  private readonly request: Request
  private readonly settings: Settings
  private offset = 0
  private turn: Promise<unknown> = Promise.resolve()

  constructor(request: Request, settings: Settings) {
    this.request = request
    this.settings = settings
  }

  /** Does the journal's calls again, and compares every block with the one that was there before. */
  async replay(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      await this.request('evm_setNextBlockTimestamp', [entry.time])
      await this.request(entry.method, entry.params).catch(() => {})
      const { hash } = await this.head()
      if (hash !== entry.block) throw new Error(`replay came to block ${hash}, the journal has ${entry.block}`)
    }
    // The clock goes on from the last block, however far it had been moved ahead.
    if (!this.settings.fixedClock) this.offset = Math.max(0, (await this.head()).time - this.wall())
  }

  /** One call at a time: a block's time is set just before the block, and no other call may come in between. */
  call(call: Call): Promise<unknown> {
    const answer = this.turn.then(() => this.answer(call))
    this.turn = answer.catch(() => {})
    return answer
  }

  private async answer({ method, params }: Call): Promise<unknown> {
    if (method === 'evm_increaseTime') {
      await this.leap(Number(params[0]))
      return this.offset
    }
    const changes = CHANGES.has(method)
    if (!changes && !LOOKS_AHEAD.has(method)) return this.request(method, params)

    const before = await this.head()
    const time = this.nextTime(before.time)
    await this.request('evm_setNextBlockTimestamp', [time])
    if (!changes) return this.request(method, params)
    try {
      return await this.request(method, params)
    } finally {
      const after = await this.head()
      if (after.hash !== before.hash) this.record({ method, params, time, block: after.hash })
    }
  }

  /** Moves the clock on from where the next block would be. */
  private async leap(seconds: number): Promise<void> {
    if (this.settings.fixedClock) this.offset += seconds
    else this.offset = this.nextTime((await this.head()).time) + seconds - this.wall()
  }

  private wall(): number {
    return Math.floor(Date.now() / 1000)
  }

  private nextTime(parent: number): number {
    if (!this.settings.fixedClock) return Math.max(parent + 1, this.wall() + this.offset)
    return parent + 1 + this.offset
  }

  private record(entry: Entry): void {
    if (this.settings.fixedClock) this.offset = 0
    appendFileSync(this.settings.journal, `${JSON.stringify(entry)}\n`)
  }

  private async head(): Promise<{ hash: string; time: number }> {
    const block = await this.request('eth_getBlockByNumber', ['latest', false])
    return { hash: blockField(block, 'hash'), time: Number(blockField(block, 'timestamp')) }
  }
}

function errorBody(error: unknown): object {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : -32_603
  const data = error instanceof Error && 'data' in error ? error.data : undefined
  return { code, message: error instanceof Error ? error.message : String(error), data }
}

async function answerOne(ledger: Ledger, message: unknown): Promise<object> {
  if (typeof message !== 'object' || message === null) return { jsonrpc: '2.0', id: null, error: { code: -32_600 } }
  const id = Reflect.get(message, 'id') ?? null
  try {
    const params: unknown = Reflect.get(message, 'params') ?? []
    const call = { method: String(Reflect.get(message, 'method')), params: Array.isArray(params) ? params : [] }
    return { jsonrpc: '2.0', id, result: (await ledger.call(call)) ?? null }
  } catch (error) {
    return { jsonrpc: '2.0', id, error: errorBody(error) }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    size += bytes.length
    if (size > MAX_BODY_BYTES) throw new Error('request too large')
    parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}

async function respond(ledger: Ledger, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'content-type',
  }
  if (request.method !== 'POST') {
    response.writeHead(request.method === 'OPTIONS' ? 204 : 405, headers).end()
    return
  }
  try {
    const body: unknown = JSON.parse(await readBody(request))
    const answer = Array.isArray(body)
      ? await Promise.all(body.map((message) => answerOne(ledger, message)))
      : await answerOne(ledger, body)
    response.writeHead(200, headers).end(JSON.stringify(answer))
  } catch {
    response.writeHead(400, headers).end('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"not JSON"}}')
  }
}

/** The journal's calls; a last line that a kill cut short is not one. */
function readJournal(file: string): readonly Entry[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.slice(0, -1).map((line): Entry => JSON.parse(line))
}

const settings: Settings = JSON.parse(process.argv[2] ?? '{}')
const ledger = new Ledger(await openChain(settings.genesisTime), settings)
await ledger.replay(readJournal(settings.journal))
const server = createServer((request, response) => void respond(ledger, request, response))
server.listen(settings.port, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : settings.port })
})
// The parent is gone, however it went: nobody is left to talk to this chain.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; the parent decides when the chain may go.
process.on('SIGINT', () => {})
