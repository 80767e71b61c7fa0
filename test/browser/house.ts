import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Contract, type InterfaceAbi, JsonRpcProvider } from 'ethers'
import { build } from 'vite'
import type { IDrop } from '../../types/ethers-contracts/index.ts'
import { type Manifest, manifestEdition, manifestTree, parseManifest } from '../../minter/domain/manifest.ts'
import { readPolicy } from '../../minter/domain/policy-json.ts'
import { createApp } from '../../minter/http/app.ts'
import { allowlistTree } from '../../minter/domain/allowlist.ts'
import type { Hex } from '../../minter/domain/digest.ts'
import { describeFunnel } from '../../minter/domain/funnel.ts'
import type { Phase } from '../../minter/domain/policy.ts'
import { type Voucher, voucherDomain, voucherTypes } from '../../minter/domain/voucher.ts'
import type {
  Allowance,
  BlockReader,
  ChainReader,
  DropReader,
  DropRecord,
  HttpDeps,
  VoucherSigner,
} from '../../minter/http/deps.ts'
import { plainSite } from '../http/exhibit.ts'
import { type Exhibition, stageExhibition } from '../audit/exhibition.ts'
import { listenOn } from '../local-server.ts'
import { developmentWallet } from './wallet.ts'

/** Where the built pages are. */
export const PAGES = fileURLToPath(new URL('../../build/web', import.meta.url))
const ARTIFACT = new URL('../../artifacts/contracts/interfaces/IDrop.sol/IDrop.json', import.meta.url)
const PUBLIC_PHASE = 0
/** Who may mint in the phase for invited wallets: an account of the development chain. */
export const INVITED = 10
/** Who is on the list. */
export const LISTED = 9

/** In IDrop.sol's DropState. */
const CLOSED = 4
const ALICE: Hex = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'

let clock = 0

/** A drop on a real chain, with the site in front of it. */
export interface House {
  readonly url: string
  /** The node, as a browser may ask it from any page. */
  readonly rpc: string
  readonly exhibition: Exhibition
  readonly provider: JsonRpcProvider
  /** Blocks that the gateway serves in place of the true ones. */
  readonly altered: Map<string, Uint8Array>
  /** Hex that the node puts in place of the true one, wherever it answers with it. */
  readonly lies: Map<string, string>
  /** What the chain itself says. */
  readonly dropInfo: () => Promise<{ readonly masterSeed: string; readonly root: string }>
  /**
   * Somebody mints a piece from elsewhere. Returns once it is sent, and in a block where the chain makes one at once.
   *
   * @param tip gwei for the block's maker: where blocks wait, the highest goes first
   */
  mintElsewhere(rank: number, account: number, phase?: number, tip?: bigint): Promise<void>
  close(): Promise<void>
}

let built: Promise<unknown> | undefined

/** Builds the pages from their sources as they are now, once for all suites of a run. */
export async function buildPages(): Promise<void> {
  built ??= build({
    configFile: fileURLToPath(new URL('../../web/vite.config.ts', import.meta.url)),
    logLevel: 'silent',
  })
  await built
}

export async function openHouse(): Promise<House> {
  const exhibition = await stageExhibition()
  const provider = new JsonRpcProvider(exhibition.rpc, undefined, { cacheTimeout: -1, batchMaxCount: 1 })
  const altered = new Map<string, Uint8Array>()
  const lies = new Map<string, string>()
  const node = await listenOn(
    createServer((request, response) => void forward({ to: exhibition.rpc, lies }, request, response)),
  )
  const blocks: BlockReader = {
    get: (cid) => Promise.resolve(altered.get(cid) ?? exhibition.blocks.find(cid) ?? null),
  }
  let app: ReturnType<typeof createApp> | undefined
  const site = await listenOn(createServer((request, response) => void app?.(request, response)))
  app = createApp(await depsOf(exhibition, provider, blocks, { url: site.url, rpc: node.url }))
  return {
    url: site.url,
    rpc: node.url,
    exhibition,
    provider,
    altered,
    lies,
    dropInfo: async () => (await contractOf(exhibition, provider)).dropOf(1),
    mintElsewhere: async (rank, account, phase = PUBLIC_PHASE, tip = 1n) => {
      const wallet = developmentWallet(account).connect(provider)
      const order = { wallet: wallet.address, rank, phase }
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify(order)
      const response = await fetch(`${site.url}/api/v1/drops/1/mints`, { method: 'POST', headers, body })
      const { to, data, value } = (await response.json()) as { to: string; data: string; value: string }
      const fees = { maxFeePerGas: (100n + tip) * 10n ** 9n, maxPriorityFeePerGas: tip * 10n ** 9n, gasLimit: 400_000n }
      await wallet.sendTransaction({ to, data, value, ...fees })
    },
    close: async () => {
      provider.destroy()
      await Promise.all([site.close(), node.close()])
      await exhibition.close()
    },
  }
}

async function depsOf(
  exhibition: Exhibition,
  provider: JsonRpcProvider,
  blocks: BlockReader,
  addresses: { readonly url: string; readonly rpc: string },
): Promise<HttpDeps> {
  const manifest = parseManifest(fileOf(exhibition, 'manifest.json'))
  return {
    ...plainSite(addresses.url),
    network: {
      chainId: Number((await provider.getNetwork()).chainId),
      name: 'Small chain',
      rpcUrl: addresses.rpc,
      currency: 'ETH',
      explorerUrl: null,
      gateways: [],
      confirmations: 2,
      unlocked: false,
    },
    drops: await dropsOf(exhibition, provider, manifest),
    chain: await chainOf(exhibition, provider),
    vouchers: {
      priceWei: async (drop, phase, to) =>
        (await signVoucher(exhibition, { drop, phase, to, rank: 0 }))?.priceWei ?? null,
      sign: (drop, phase, to, rank) => signVoucher(exhibition, { drop, phase, to, rank }),
    },
    blocks,
    engagement: { count: () => Promise.resolve() },
    holds: { list: () => Promise.resolve([]), take: () => Promise.resolve(null) },
    pagesDir: PAGES,
    // Every question is a new one to the server: tests turn the chain back, and nothing may be remembered over that.
    now: () => (clock += 60_000),
  }
}

async function dropsOf(exhibition: Exhibition, provider: JsonRpcProvider, manifest: Manifest): Promise<DropReader> {
  const contract = await contractOf(exhibition, provider)
  const phases = await contract.phasesOf(1)
  const { seedBlock } = await contract.dropOf(1)
  const policy = readPolicy(fileOf(exhibition, 'policy.json'), 'policy.json')
  const tree = manifestTree(manifest.candidates, 1)
  const drop: DropRecord = {
    drop: 1,
    collection: manifest.collection,
    name: policy.name,
    story: policy.story,
    candidates: policy.candidates,
    edition: manifestEdition(manifest),
    thresholds: policy.thresholds,
    weights: policy.weights,
    phases: phases.map(({ start, end, walletLimit, priceStart, priceEnd }, phase) => ({
      phase,
      name: policy.phases[phase]!.name,
      kind: policy.phases[phase]!.kind,
      startsAt: Number(start),
      endsAt: Number(end),
      limit: Number(walletLimit),
      price: { startWei: priceStart, endWei: priceEnd },
    })),
    royaltyBps: 500,
    licence: 'CC0-1.0',
    contributors: [{ name: 'Alice', account: ALICE, files: 1, shares: 1_000_000 }],
    model: { ...manifest.model, name: 'tiny', cid: exhibition.bundleCid },
    dataset: { id: manifest.root, root: manifest.root, files: 1, name: 'Test cloth' },
    policyDigest: manifest.policyDigest,
    masterSeed: manifest.masterSeed,
    seedBlock: Number(seedBlock),
    root: manifest.root,
    directory: exhibition.directory,
    funnel: describeFunnel(manifest.candidates, policy, manifestEdition(manifest)),
    pieceSize: { width: 64, height: 64 },
  }
  return {
    list: () => Promise.resolve([drop]),
    find: (number) => Promise.resolve(number === 1 ? drop : null),
    candidates: () => Promise.resolve(manifest.candidates),
    proof: (_drop, rank) => Promise.resolve(tree.proof(rank)),
    allowance: (_drop, phase, wallet) => Promise.resolve(allowanceOf(policy.phases[phase]!, wallet)),
  }
}

async function chainOf(exhibition: Exhibition, provider: JsonRpcProvider): Promise<ChainReader> {
  const contract = await contractOf(exhibition, provider)
  const owners = async () => {
    const bitmap = await contract.mintedBitmap(1, 0)
    const ranks = Array.from({ length: 16 }, (_, rank) => rank).filter((rank) => (bitmap >> BigInt(rank)) & 1n)
    return Promise.all(
      ranks.map(async (rank) => {
        const tokenId = (1n << 16n) | BigInt(rank)
        const owner = await provider.call({
          to: exhibition.contract,
          data: `0x6352211e${tokenId.toString(16).padStart(64, '0')}`,
        })
        const { priceWei } = await contract.provenanceOf(tokenId)
        return { rank, owner: `0x${owner.slice(-40)}` as const, priceWei }
      }),
    )
  }
  return {
    head: async () => {
      const pending = (await provider.send('eth_getBlockByNumber', ['pending', false])) as { timestamp: string }
      return { number: await provider.getBlockNumber(), time: Number(pending.timestamp) }
    },
    drop: async () => {
      const { minted, liveAt, paused, questions, state } = await contract.dropOf(1)
      return {
        stage: Number(state) === CLOSED ? 'closed' : 'live',
        minted: Number(minted),
        liveAt: Number(liveAt),
        paused,
        questions: Number(questions),
      }
    },
    tokens: owners,
    wallet: async (_drop, wallet) => ({
      balanceWei: await provider.getBalance(wallet),
      mintedInPhase: await Promise.all([0, 1, 2, 3].map(async (p) => Number(await contract.walletCount(1, p, wallet)))),
    }),
    priceWei: (_drop, phase) => contract.currentPrice(1, phase),
    history: () => Promise.resolve([]),
  }
}

function allowanceOf(phase: Phase, wallet: Hex): Allowance | null {
  const entries = phase.allowlist.map((entry) => ({ ...entry, priceWei: BigInt(entry.priceWei) }))
  const entry = entries.find((one) => one.wallet === wallet)
  return entry === undefined ? null : { ...entry, proof: allowlistTree(entries).proof(entry) ?? [] }
}

type Request = Pick<Voucher, 'drop' | 'phase' | 'rank'> & { readonly to: Hex }

async function signVoucher({ contract }: Exhibition, request: Request): ReturnType<VoucherSigner['sign']> {
  if (request.to !== developmentWallet(INVITED).address.toLowerCase()) return null
  const voucher = { ...request, priceWei: 7n * 10n ** 15n, deadline: 2 ** 40 }
  const domain = voucherDomain(31_337n, contract)
  const signature = await developmentWallet(0).signTypedData(domain, { Voucher: [...voucherTypes.Voucher] }, voucher)
  return { ...voucher, signature: signature as Hex }
}

async function contractOf({ contract }: Exhibition, provider: JsonRpcProvider): Promise<IDrop> {
  const { abi } = JSON.parse(await readFile(ARTIFACT, 'utf8')) as { abi: InterfaceAbi }
  return new Contract(contract, abi, provider) as unknown as IDrop
}

function fileOf({ files }: Exhibition, path: string): Uint8Array {
  const content = files.get(path)
  if (content === undefined) throw new Error(`the exhibition has no ${path}`)
  return content
}

/** A node as public ones are: any page may ask it, and has to believe it. */
async function forward(
  { to, lies }: { readonly to: string; readonly lies: ReadonlyMap<string, string> },
  request: Parameters<Parameters<typeof createServer>[1] & object>[0],
  response: Parameters<Parameters<typeof createServer>[1] & object>[1],
): Promise<void> {
  response.setHeader('Access-Control-Allow-Origin', '*').setHeader('Access-Control-Allow-Headers', 'content-type')
  if (request.method === 'OPTIONS') {
    response.end()
    return
  }
  const parts: Uint8Array[] = []
  for await (const part of request) parts.push(part as Uint8Array)
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(to, { method: 'POST', headers, body: Buffer.concat(parts) })
  const told = [...lies].reduce((text, [truth, lie]) => text.replaceAll(truth, lie), await answer.text())
  response.setHeader('content-type', 'application/json').end(told)
}
