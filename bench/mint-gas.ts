// For the types that they add to a chain.
// oxlint-disable import/no-unassigned-import
import '@nomicfoundation/hardhat-ethers'
import '@nomicfoundation/hardhat-network-helpers'
// oxlint-enable import/no-unassigned-import
import { readFileSync, writeFileSync } from 'node:fs'
import { network } from 'hardhat'
import { format } from 'prettier'
import type { TransactionReceipt, TransactionResponse } from 'ethers'
import type { PieceStruct } from '../types/ethers-contracts/interfaces/IDrop.ts'
import * as reference from '../test/contracts/commitment-reference.ts'
import {
  announcement,
  BOND,
  type Chain,
  type Committed,
  committed,
  DAY,
  deployStudio,
  digest,
  ETH,
  Kind,
  live,
  order,
  PRICE,
  publicPhase,
  SALT,
  type Studio,
} from '../test/contracts/collection.ts'

// What a mint, and everything around it, costs: gas of whole transactions, 21,000 included, on prague. The drop has 1,024
// candidates (proofs of depth 10); "first" is a wallet's first piece of the collection, "next" its second.
// Run: npx hardhat build && node bench/mint-gas.ts [--write | --check]; it fails when one of them is above its limit.

const CANDIDATES = 1024
const SIZE = 256
const TERMS = { candidates: CANDIDATES, size: SIZE }

interface Row {
  readonly what: string
  readonly gas: readonly number[]
  readonly atMost: readonly number[]
}

/** What others ask for one paid mint, or the nearest they have. */
const PEERS = [
  ['Zora ERC721Drop, purchase', '108,471', '91,371', 'nothing'],
  ['SeaDrop, mintPublic', '118,386', '101,286', 'nothing'],
  ['SeaDrop, mintSigned', '150,579', '133,467', 'nothing'],
  ['Manifold LazyPayableClaimV2', '143,507', '109,307', 'claim and number'],
  ['Art Blocks V3 Engine, SetPriceV5', '152,264', '135,164', '12-byte seed, script reference'],
  ['Art Blocks, MerkleV5, depth 10', '172,183', '155,083', 'the same'],
  ['thirdweb DropERC721', '159,468', '125,268', 'nothing'],
  ['thirdweb, allowlist of depth 10, free', '154,605', '120,405', 'nothing'],
  ['ERC-7007 zkML reference, mock verifier', '262,057', '244,957', 'strings'],
] as const

const rows: Row[] = []

function record(what: string, gas: readonly number[], atMost: readonly number[] = []): void {
  rows.push({ what, gas, atMost })
}

async function gasOf(sent: Promise<TransactionResponse>): Promise<number> {
  const receipt: TransactionReceipt | null = await (await sent).wait()
  return Number(receipt?.gasUsed)
}

async function freshStudio(): Promise<Studio> {
  const chain: Chain = await network.create()
  return deployStudio(chain)
}

/** Puts the implementation's code where the clone is: the same collection without the proxy. */
async function withoutClone(studio: Studio): Promise<void> {
  const implementation = await studio.factory.implementation()
  const code = await studio.ethers.provider.getCode(implementation)
  await studio.networkHelpers.setCode(await studio.collection.getAddress(), code)
}

async function publicMints(clone: boolean): Promise<void> {
  const studio = await freshStudio()
  const { collection, alice, bob } = studio
  const { drop, pieces } = await live(studio, { ...TERMS, phases: [await publicPhase(studio, { walletLimit: 20 })] })
  if (!clone) await withoutClone(studio)
  const mint = (wallet: typeof alice, first: number, count: number, price = PRICE) => {
    const chosen: PieceStruct[] = pieces.slice(first, first + count)
    return gasOf(collection.connect(wallet).mintPublic(order(drop, wallet), chosen, { value: price * BigInt(count) }))
  }
  await mint(studio.carol, 0, 1)
  const extra = clone ? 2800 : 0
  const name = clone ? 'public, paid, wallet limit, as a clone' : 'public, paid, wallet limit'
  record(name, [await mint(alice, 1, 1), await mint(alice, 2, 1)], [115_000 + extra, 98_000 + extra])
  const batch = [await mint(bob, 3, 5), await mint(bob, 8, 5)]
  record(
    `five in one transaction, each${clone ? ', as a clone' : ''}`,
    batch.map((gas) => Math.round(gas / 5)),
    clone ? [] : [73_000, 73_000],
  )
  if (clone) record('public, with change returned, as a clone', [await mint(studio.guardian, 13, 1, PRICE * 2n)])
}

async function allowlistMints(clone: boolean): Promise<void> {
  const studio = await freshStudio()
  const { collection, alice } = studio
  const others = Array.from({ length: 1023 }, (_, i) => reference.allowlistLeaf(digest(`${i}`).slice(0, 42), 2, PRICE))
  const leaf = reference.allowlistLeaf(alice.address, 5, PRICE)
  const list = reference.allowlistTree([leaf, ...others])
  const phase = await publicPhase(studio, { kind: Kind.Allowlist, gate: list.root, priceStart: 0, priceEnd: 0 })
  const { drop, pieces } = await live(studio, { ...TERMS, phases: [phase] })
  if (!clone) await withoutClone(studio)
  const gas: number[] = []
  for (const rank of [0, 1]) {
    const proof = [...list.proof(leaf)]
    gas.push(
      await gasOf(
        collection.connect(alice).mintAllowlist(order(drop, alice), 5, PRICE, proof, [pieces[rank]!], { value: PRICE }),
      ),
    )
  }
  const extra = clone ? 2800 : 0
  record(`allowlist, depth 10${clone ? ', as a clone' : ''}`, gas, [127_000 + extra, 110_000 + extra])
}

async function voucherMints(clone: boolean): Promise<void> {
  const studio = await freshStudio()
  const { collection, alice, curator, ethers } = studio
  const gate = ethers.zeroPadValue(curator.address, 32)
  const phase = await publicPhase(studio, { kind: Kind.Voucher, gate, priceStart: 0, priceEnd: 0 })
  const { drop, pieces } = await live(studio, { ...TERMS, phases: [phase] })
  if (!clone) await withoutClone(studio)
  const { chainId } = await ethers.provider.getNetwork()
  const domain = reference.eip712Domain(Number(chainId), await collection.getAddress())
  const gas: number[] = []
  for (const rank of [0, 1]) {
    const voucher = { to: alice.address, drop, phase: 0, rank, priceWei: PRICE, deadline: 2 ** 40 }
    const signature = await curator.signTypedData(domain, reference.voucherTypes, voucher)
    gas.push(
      await gasOf(
        collection
          .connect(alice)
          .mintVoucher(voucher, signature, pieces[rank]!, alice.address, false, { value: PRICE }),
      ),
    )
  }
  const extra = clone ? 2800 : 0
  record(`voucher${clone ? ', as a clone' : ''}`, gas, [127_000 + extra, 110_000 + extra])
}

async function stages(): Promise<void> {
  const studio = await freshStudio()
  const { collection, operator, factory, lineage, registrant } = studio
  const terms = await announcement(studio, TERMS)
  record('register a model', [
    await gasOf(lineage.connect(registrant).registerModel({ ...(await modelOf(studio)), uri: 'ipfs://another' })),
  ])
  record('create a collection', [await gasOf(factory.createCollection(await termsOf(studio), digest('another')))])
  record('announce, one phase', [await gasOf(collection.connect(operator).announce(terms, { value: BOND }))])
  await studio.networkHelpers.mine(3)
  record('draw', [await gasOf(collection.draw(1, SALT))])
  record('commit', [
    await gasOf(collection.connect(operator).commit(1, digest('root'), digest('directory'), reference.ZERO)),
  ])
  await studio.networkHelpers.time.increase(11 * DAY)
  record('close, nothing sold', [await gasOf(collection.close(1))])
}

async function modelOf({ lineage, model }: Studio) {
  const { bundleDigest, recipeDigest, dataset, parent, sharesRoot, cap, licence, uri } = await lineage.modelOf(model)
  return { bundleDigest, recipeDigest, dataset, parent, sharesRoot, cap, licence, uri }
}

async function termsOf({ admin, operator, curator, guardian }: Studio) {
  const addresses = { admin: admin.address, operator: operator.address, curator: curator.address }
  return { name: 'Ikat', symbol: 'IKAT', ...addresses, guardian: guardian.address, royaltyBps: 500 }
}

async function swapped(): Promise<readonly [Studio, Committed]> {
  const studio = await freshStudio()
  const commitment = await committed(studio, TERMS, (honest) => honest.with(3, honest[700]!).with(700, honest[3]!))
  return [studio, commitment]
}

async function challenges(): Promise<void> {
  const [studio, { drop, pieces }] = await swapped()
  const { collection, alice } = studio
  const [better, worse] = [pieces[700]!, pieces[3]!]
  record(
    'challenge: order, as a clone',
    [await gasOf(collection.connect(alice).challengeOrder(drop, better, worse))],
    [65_000 + 2800],
  )
  record('settle the bond of a void drop', [await gasOf(collection.settle(drop))])
  const [direct, commitment] = await swapped()
  await withoutClone(direct)
  record(
    'challenge: order',
    [await gasOf(direct.collection.connect(direct.alice).challengeOrder(commitment.drop, better, worse))],
    [65_000],
  )
}

async function claims(): Promise<void> {
  const studio = await freshStudio()
  const { attribution, lineage, alice, registrant, dataset } = studio
  const others = Array.from({ length: 1023 }, (_, i) => ({ account: digest(`${i}`).slice(0, 42), shares: 900 }))
  const mine = { account: alice.address.toLowerCase(), shares: 1_000_000 - 1023 * 900 }
  const entries = [mine, ...others].toSorted((a, b) => (a.account < b.account ? -1 : 1))
  const tree = reference.sumTree(entries)
  const model = { ...(await modelOf(studio)), sharesRoot: tree.root, dataset }
  await lineage.connect(registrant).registerModel(model)
  const modelId = reference.modelId({ ...model, cap: Number(model.cap) }, registrant.address)
  const position = entries.indexOf(mine)
  const gas: number[] = []
  for (let i = 0; i < 2; i++) {
    await attribution.deposit(modelId, { value: PRICE })
    gas.push(
      await gasOf(
        attribution.connect(alice).claim(modelId, ETH, alice.address, mine.shares, position, [...tree.proof(position)]),
      ),
    )
  }
  record('claim, one of 1,024 contributors', gas, [80_000, 80_000])
  record('deposit, later', [await gasOf(attribution.deposit(modelId, { value: PRICE }))])
}

function cell(value: number | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en-US')
}

await publicMints(false)
await publicMints(true)
await allowlistMints(false)
await allowlistMints(true)
await voucherMints(false)
await voucherMints(true)
await challenges()
await claims()
await stages()

/** The table of a document, or of what was measured now: the cells of each row, by its first. */
type Table = ReadonlyMap<string, readonly string[]>

function measured(): Table {
  return new Map(
    rows.map(({ what, gas, atMost }) => [
      what,
      [cell(gas[0]), cell(gas[1]), cell(atMost[0]), gas.length > 1 ? cell(atMost[1]) : ''],
    ]),
  )
}

function tableIn(markdown: string): Table {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'))
  const cells = lines.map((line) => line.split('|').map((text) => text.trim()))
  return new Map(cells.map(([, what = '', ...rest]) => [what, rest]))
}

function toNumber(text: string | undefined): number {
  return Number((text ?? '').replaceAll(',', ''))
}

/** What is above its limit, or more than 1 % above what is on record. */
function regressions(recorded: Table): readonly string[] {
  return [...measured()].flatMap(([what, [first, next, mostFirst, mostNext]]) => {
    const [oldFirst, oldNext] = recorded.get(what) ?? []
    return [
      [first, mostFirst, oldFirst],
      [next, mostNext, oldNext],
    ].flatMap(([now, most, old]) => {
      const limit = Math.min(toNumber(most) || Infinity, 1.01 * toNumber(old) || Infinity)
      return toNumber(now) > limit ? [`${what}: ${now}, at most ${Math.floor(limit)}`] : []
    })
  })
}

function markdownOf(table: Table): string {
  const ours = [...table].map(([what, cells]) => `| ${what} | ${cells.join(' | ')} |`)
  const peers = PEERS.map((cells) => `| ${cells.join(' | ')} |`)
  return [
    '# Gas',
    'Whole transactions, 21,000 included, on prague; solc 0.8.37, optimizer 200 runs. The drop has 1,024 candidates, so ' +
      'proofs of depth 10. "First" is a wallet\'s first piece of the collection, "next" its second. A collection is a clone; ' +
      'the rows that do not say so leave the proxy out. Made by `node bench/mint-gas.ts --write`; `--check` fails when a ' +
      'figure is above its limit, or 1 % above this table.',
    ['| transaction | first | next | at most, first | at most, next |', '|---|---:|---:|---:|---:|', ...ours].join(
      '\n',
    ),
    '## One paid mint elsewhere',
    'Measured with the same method, each with its own settings; within a few percent.',
    ['| system | first | next | kept on chain for each token |', '|---|---:|---:|---|', ...peers].join('\n'),
    'Here a token keeps its artifact digest, candidate index, score, rarity, demand and price; its seed, model, dataset and ' +
      'policy follow from the drop.',
  ].join('\n\n')
}

const markdown = await format(markdownOf(measured()), { parser: 'markdown', printWidth: 120 })
const document = new URL('../docs/gas.md', import.meta.url)
const mode = process.argv[2]
if (mode === '--write') writeFileSync(document, markdown)
const worse = regressions(mode === '--check' ? tableIn(readFileSync(document, 'utf8')) : new Map())
if (mode !== '--check') process.stdout.write(markdown)
for (const each of worse) process.stderr.write(`${each}\n`)
if (worse.length > 0) process.exitCode = 1
