import { join } from 'node:path'
import { expect } from 'chai'
import { Interface } from 'ethers'
import { openIpfsStore } from '../../minter/adapters/ipfs-store.ts'
import { contractInterface } from '../../minter/artifacts.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { walkDag } from '../../minter/dag.ts'
import { digestOfCid } from '../../minter/domain/cid.ts'
import { type Hex, sha256 } from '../../minter/domain/digest.ts'
import { manifestTree, parseManifest } from '../../minter/domain/manifest.ts'
import { MINT_ABI } from '../../minter/http/mint-call.ts'
import { askNode } from '../../minter/json-rpc.ts'

/** What the last process of a drop says of it. */
export interface DropFacts {
  readonly run: string
  readonly collection: Hex
  readonly drop: number
  readonly directory: string
  readonly root: Hex
  readonly steps: readonly { readonly step: string; readonly state: string; readonly attempts: number }[]
  readonly transactions: readonly { readonly intent: string; readonly nonce: string; readonly state: string }[]
}

interface Mined {
  readonly from: string
  readonly to: string | null
  readonly input: string
  readonly value: string
  readonly nonce: string
  readonly hash: string
}

/** Everything that a drop with two buyers and two contributors takes, each once. */
const OPERATOR_CALLS = [
  'registerDataset',
  'registerModel',
  'createCollection',
  'setAuthorised',
  'announce',
  'draw',
  'commit',
  'close',
  'claim',
  'claim',
]
const COLLECTOR_CALLS = ['mintPublic', 'mintPublic']
const CONTRACTS = [
  ...(['IDrop', 'Lineage', 'Attribution', 'DropFactory'] as const).map(contractInterface),
  new Interface(MINT_ABI),
]

function calledFunction({ input }: Mined): string {
  const names = CONTRACTS.map((one) => one.getFunction(input.slice(0, 10))?.name)
  return names.find((name) => name !== undefined) ?? input.slice(0, 10)
}

async function minedSince(url: string, since: number): Promise<readonly Mined[]> {
  const head = Number(await askNode(url, 'eth_blockNumber'))
  const found: Mined[] = []
  for (let number = since + 1; number <= head; number++) {
    const block = Object(await askNode(url, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, true]))
    found.push(...(Reflect.get(block, 'transactions') as Mined[]))
  }
  return found
}

/** No change twice, no nonce missing, nothing reverted, and exactly the calls that a drop takes. */
async function checkTransactions(url: string, since: number): Promise<number> {
  const mined = await minedSince(url, since)
  const changes = mined.map(({ from, to, input, value }) => `${from} ${to} ${input} ${value}`)
  expect(new Set(changes).size, 'a change was sent twice').to.equal(changes.length)
  for (const [account, calls] of [
    [0, OPERATOR_CALLS],
    [1, COLLECTOR_CALLS],
  ] as const) {
    const { address } = developmentWallet(account)
    const own = mined.filter(({ from }) => from === address.toLowerCase())
    expect(own.map(calledFunction)).to.deep.equal(calls)
    const nonces = own.map(({ nonce }) => Number(nonce))
    const first = Number(await askNode(url, 'eth_getTransactionCount', [address, `0x${since.toString(16)}`]))
    expect(nonces, 'nonces have a gap').to.deep.equal(own.map((_, i) => first + i))
    for (const { hash } of own) {
      const receipt = Object(await askNode(url, 'eth_getTransactionReceipt', [hash]))
      expect(Reflect.get(receipt, 'status'), 'a transaction was paid for and reverted').to.equal('0x1')
    }
  }
  return mined.length
}

/** Every block below the directory, in every store, hashed again; returns how many that were. */
async function checkStores(home: string, directory: string): Promise<number> {
  let checked = 0
  for (const name of ['blocks', 'blocks-2']) {
    const store = await openIpfsStore(join(home, name))
    for await (const { cid, bytes } of walkDag((block) => store.readBlock(block), directory)) {
      expect(sha256(bytes), `${cid} in ${name}`).to.equal(digestOfCid(cid))
      checked++
    }
    await store.close()
  }
  return checked
}

/** The root of the ranks, computed from the manifest that is in the directory. */
async function publishedRoot(home: string, { directory, drop }: DropFacts): Promise<{ root: Hex; masterSeed: Hex }> {
  const store = await openIpfsStore(join(home, 'blocks-2'))
  const manifest = parseManifest(await store.readFile(directory, 'manifest.json'))
  await store.close()
  return { root: manifestTree(manifest.candidates, drop).root, masterSeed: manifest.masterSeed }
}

/** Looks at the chain and at both stores, and not at what the program says of them. */
export async function checkDrop(
  url: string,
  home: string,
  since: number,
  facts: DropFacts,
): Promise<{ readonly transactions: number; readonly blocksChecked: number }> {
  const drops = contractInterface('IDrop')
  const data = drops.encodeFunctionData('dropOf', [facts.drop])
  const answer = String(await askNode(url, 'eth_call', [{ to: facts.collection, data }, 'latest']))
  const [info] = drops.decodeFunctionResult('dropOf', answer)
  const published = await publishedRoot(home, facts)
  // announced, drawn, committed, closed
  expect(Number(info.state), 'the drop is not closed').to.equal(4)
  expect(Number(info.minted)).to.equal(COLLECTOR_CALLS.length)
  expect(info.root, 'the chain has another root than the directory').to.equal(published.root)
  expect(facts.root).to.equal(published.root)
  expect(info.masterSeed).to.equal(published.masterSeed)
  expect(info.directoryDigest).to.equal(digestOfCid(facts.directory))
  expect(facts.steps.map(({ state }) => state)).to.deep.equal(facts.steps.map(() => 'done'))
  expect(new Set(facts.transactions.map(({ state }) => state))).to.deep.equal(new Set(['final']))
  return {
    transactions: await checkTransactions(url, since),
    blocksChecked: await checkStores(home, facts.directory),
  }
}
