import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { chainChecks } from '../../minter/cli/doctor-chain.ts'
import { type Finding, find } from '../../minter/cli/doctor-finding.ts'
import { readConfig } from '../../minter/config.ts'
import { withFolder } from '../pipeline/tiny-studio.ts'
import { runCli } from './run-cli.ts'

const NOW = 1_800_000_000
const KEY = `0x${'11'.repeat(32)}`

/** What a made-up node says of itself. */
interface Node {
  readonly chainId?: number
  /** How old its newest block is. */
  readonly age?: number
  readonly balanceWei?: bigint
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}

function answersOf({ chainId = 10, age = 5, balanceWei = 10n ** 18n }: Node): Readonly<Record<string, unknown>> {
  return {
    eth_chainId: hex(chainId),
    eth_blockNumber: hex(100),
    eth_getBlockByNumber: { timestamp: hex(NOW - age), number: hex(100), hash: `0x${'ab'.repeat(32)}` },
    eth_getBalance: hex(balanceWei),
    eth_gasPrice: hex(10n ** 9n),
  }
}

async function serveNode(node: Node): Promise<Server> {
  const answers = answersOf(node)
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => (body += String(part)))
    request.on('end', () => {
      const { id, method } = JSON.parse(body) as { id: number; method: string }
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }))
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return server
}

/** What the doctor finds on a chain. */
async function examine(node: Node, variables: Readonly<Record<string, string>> = {}): Promise<Map<string, Finding>> {
  const server = await serveNode(node)
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const config = readConfig({ LATENTMINT_RPC: url, LATENTMINT_KEY: KEY, ...variables })
    const findings = await Promise.all(chainChecks({ config, now: () => NOW }).map(find))
    return new Map(findings.map((finding) => [finding.name, finding]))
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

describe('minter/cli/doctor', () => {
  it('finds nothing wrong with a chain that stands by, a clock that is right and a purse that is full', async () => {
    const found = await examine({})
    for (const name of ['rpc', 'clock', 'key', 'balance']) expect(found.get(name), name).to.have.property('state', 'ok')
    expect(found.get('key')?.detail).to.match(/^0x[0-9a-fA-F]{40}, from LATENTMINT_KEY$/u)
  })

  it('says what a drop takes and how much to send where the balance is too low', async () => {
    const { state, remedy } = (await examine({ balanceWei: 5n * 10n ** 14n })).get('balance')!
    expect(state).to.equal('bad')
    expect(remedy).to.match(/Send at least 0\.0015 ETH to 0x/u)
  })

  it('names a clock that is behind the chain, and a chain that stands still', async () => {
    expect((await examine({ age: -90 })).get('clock')?.detail).to.include('90 s behind')
    expect((await examine({ age: 3600 })).get('clock')?.detail).to.include('3600 s old')
    expect((await examine({ age: -90, chainId: 31_337 })).get('clock')?.state).to.equal('ok')
  })

  it('names a chain that nothing was deployed on, with both things that can be meant', async () => {
    const { state, detail, remedy } = (await examine({ chainId: 4242 })).get('chain')!
    expect([state, detail]).to.deep.equal(['bad', '4242, and no contracts are recorded for it in ignition/deployments'])
    expect(remedy).to.include('latentmint deploy').and.include('LATENTMINT_RPC')
  })

  it('names a keystore that others can read, with the command that mends it', async () => {
    await withFolder(async (folder) => {
      const keystore = join(folder, 'keystore.json')
      writeFileSync(keystore, '{}')
      chmodSync(keystore, 0o644)
      const settings = { LATENTMINT_KEYSTORE: keystore, LATENTMINT_KEY: KEY }
      expect((await examine({}, settings)).get('key')).to.include({ state: 'bad', remedy: `chmod 600 ${keystore}` })
    })
  })

  it('ends with 1, every finding with its remedy, and no password where the database is away', async () => {
    await withFolder(async (folder) => {
      const env = {
        LATENTMINT_HOME: folder,
        LATENTMINT_RPC: 'http://127.0.0.1:9',
        LATENTMINT_DATABASE_URL: 'postgres://minter:hunter2hunter2@127.0.0.1:9/minter',
      }
      const { code, stdout } = await runCli(['doctor', '--json'], { env })
      const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] }
      const bad = findings.filter(({ state }) => state === 'bad')
      expect(code).to.equal(1)
      expect(bad.map(({ name }) => name)).to.include.members(['database', 'rpc', 'key', 'balance'])
      for (const { name, remedy } of bad) expect(remedy, name).to.be.a('string').and.not.equal('')
      expect(stdout).to.not.include('hunter2hunter2')
    })
  })
})
