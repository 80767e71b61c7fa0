import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { connectChain } from '../minter/adapters/ethers-access.ts'
import { type EmbeddedChain, startEmbeddedChain } from '../minter/adapters/hardhat-chain.ts'
import { developmentWallet } from '../minter/cli/operator.ts'
import { askNode } from '../minter/json-rpc.ts'
import { publicNodeName, RpcPool } from '../minter/rpc-pool.ts'
import { type Misbehaviour, type NodeProxy, startNodeProxy } from './adapters/node-proxy.ts'
import { memoryOutbox } from './transactions/memory-outbox.ts'

const BEHIND = 9

const lag: Misbehaviour = async (call, forward) => {
  if (call.method !== 'eth_blockNumber') return null
  return { result: `0x${(Number(await forward(call)) - BEHIND).toString(16)}` }
}
const lie: Misbehaviour = async (call, forward) => {
  if (call.method !== 'eth_getBlockByNumber') return null
  return { result: { ...Object(await forward(call)), hash: `0x${'66'.repeat(32)}` } }
}
const runAhead: Misbehaviour = async ({ method }) => (method === 'eth_blockNumber' ? { result: '0xffffff' } : null)
const elsewhere: Misbehaviour = async ({ method }) => (method === 'eth_chainId' ? { result: '0x1' } : null)

function states(pool: RpcPool): readonly string[] {
  return pool.health().map(({ state }) => state)
}

describe('minter/rpc-pool RpcPool', function () {
  this.timeout(180_000)
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  let chain: EmbeddedChain
  let nodes: NodeProxy[]
  const notes: string[] = []
  const open = (surveyMs = 0): RpcPool =>
    new RpcPool({ urls: nodes.map(({ url }) => url), surveyMs, timeoutMs: 1000, note: (line) => void notes.push(line) })

  before(async () => {
    chain = await startEmbeddedChain({ folder, port: 0, genesisTime: 1_800_000_000, fixedClock: true })
    await askNode(chain.url, 'hardhat_mine', ['0x20'])
    nodes = [await startNodeProxy(chain.url), await startNodeProxy(chain.url), await startNodeProxy(chain.url)]
  })

  beforeEach(() => {
    notes.length = 0
    for (const node of nodes) {
      node.behave(async () => null)
      node.methods.length = 0
    }
  })

  after(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await chain.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  for (const [name, how, state, detail] of [
    ['lags', lag, 'lagging', /at block \d+, the others at \d+/u],
    ['lies', lie, 'lying', /its block \d+ is 0x6666/u],
    ['serves another chain', elsewhere, 'foreign', /serves chain 1, not 31337/u],
  ] as const) {
    it(`names a node that ${name}, and asks it no more until it is well`, async () => {
      nodes[0]!.behave(how)
      const pool = open()
      await pool.survey()
      expect(states(pool)).to.deep.equal([state, 'healthy', 'healthy'])
      expect(pool.health()[0]!.detail).to.match(detail)
      expect(notes).to.have.lengthOf(1)
      expect(notes[0]).to.include(`${nodes[0]!.url} is left out: ${state}`)
      expect(pool.url).to.equal(nodes[1]!.url)
      nodes[0]!.methods.length = 0
      await pool.ask('eth_gasPrice')
      expect(nodes[0]!.methods).not.to.include('eth_gasPrice')

      nodes[0]!.behave(async () => null)
      await pool.survey()
      expect(states(pool)).to.deep.equal(['healthy', 'healthy', 'healthy'])
      expect(notes.at(-1)).to.equal(`rpc ${nodes[0]!.url} is back`)
    })
  }

  it('does not believe one that runs ahead alone', async () => {
    nodes[1]!.behave(runAhead)
    const pool = open()
    await pool.survey()
    expect(states(pool)[0]).to.equal('healthy')
    expect(states(pool)[2]).to.equal('healthy')
  })

  it('goes on to the next node when one hangs up, fails, stays silent or is asked too often', async () => {
    for (const how of [
      'hang up',
      'stay silent',
      { status: 503 },
      { status: 429, headers: { 'retry-after': '30' } },
    ] as const) {
      const pool = open(60_000)
      await pool.survey()
      nodes[0]!.behave(async () => how)
      expect(await pool.ask('eth_chainId')).to.equal('0x7a69')
      expect(states(pool)).to.deep.equal(['unreachable', 'healthy', 'healthy'])
      nodes[0]!.methods.length = 0
      await pool.ask('eth_chainId')
      expect(nodes[0]!.methods, JSON.stringify(how)).to.deep.equal([])
      nodes[0]!.behave(async () => null)
    }
  })

  it('waits for a lone node that is asked too often, and throws CHAIN_UNREACHABLE when it is not there', async () => {
    let busy = 2
    nodes[0]!.behave(async () => (busy-- > 0 ? { status: 429, headers: { 'retry-after': '0' } } : null))
    const lone = new RpcPool({ urls: [nodes[0]!.url] })
    expect(await lone.ask('eth_chainId')).to.equal('0x7a69')
    const absent = new RpcPool({ urls: ['http://127.0.0.1:9'] })
    expect(await absent.ask('eth_chainId').catch((error: unknown) => error)).to.include({ code: 'CHAIN_UNREACHABLE' })
  })

  it('hands a transaction to all healthy nodes, and to none that lies', async () => {
    nodes[2]!.behave(lie)
    const access = await connectChain({
      url: nodes[0]!.url,
      others: [nodes[1]!.url, nodes[2]!.url],
      signer: developmentWallet(0),
      interfaces: [],
      outbox: () => memoryOutbox(),
      embedded: true,
    })
    nodes[0]!.behave(async ({ method }) => (method === 'eth_sendRawTransaction' ? 'hang up' : null))
    const { block } = await access.send({ intent: 'pay', to: `0x${'33'.repeat(20)}`, data: '0x', valueWei: 1n })
    expect(block).to.be.greaterThan(0)
    const sends = nodes.map(({ methods }) => methods.filter((one) => one === 'eth_sendRawTransaction').length)
    expect(sends).to.deep.equal([1, 1, 0])
    await access.close()
  })

  it('never repeats what may be secret in an address', () => {
    const name = publicNodeName('https://user:pass@rpc.example/v3/0123456789abcdef0123?key=secret')
    expect(name).to.equal('https://rpc.example/v3/…')
  })
})
