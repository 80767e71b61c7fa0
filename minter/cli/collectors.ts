import { type HDNodeWallet, type Interface, isCallException, JsonRpcProvider } from 'ethers'
import { contractInterface } from '../artifacts.ts'
import type { Hex } from '../domain/digest.ts'
import type { Manifest, ManifestRow } from '../domain/manifest.ts'
import type { RankTree } from '../domain/merkle.ts'
import type { Phase } from '../domain/policy.ts'
import { rankClass } from '../domain/ranking.ts'
import { MinterError } from '../errors.ts'
import { pollReceipt } from '../json-rpc.ts'
import { encodeMint } from '../http/mint-call.ts'
import type { Address } from '../ports.ts'

/** How long a collector waits for the chain, and how patiently. */
const MINING = { everyMs: 50, forMs: 120_000 }

/** The site answered a collector with a problem. */
class ApiRefused extends MinterError {
  readonly code = 'API_REFUSED'
}

/** What a collector wants, and through which door. */
export interface Wish {
  readonly wallet: HDNodeWallet
  readonly kind: Phase['kind']
  readonly phase: number
  readonly rank: number
}

/** A token that a collector got. */
export interface MintedToken {
  readonly kind: Phase['kind']
  readonly rank: number
  readonly tokenId: string
  readonly wallet: string
  readonly priceWei: bigint
}

interface MintAnswer {
  readonly to: Address
  readonly data: Hex
  readonly value: string
  readonly chainId: number
  readonly priceWei: string
}

async function askSite(site: string, path: string, body: object): Promise<MintAnswer> {
  const response = await fetch(`${site}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new ApiRefused(`${response.status}: ${text}`, site + path)
  const answer: MintAnswer = JSON.parse(text)
  return answer
}

/** A node as a collector's wallet sees it. */
export function collectorProvider(rpc: string, chainId: bigint): JsonRpcProvider {
  return new JsonRpcProvider(rpc, chainId, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 50 })
}

/**
 * Mints as a visitor does: asks the site what to sign, signs it, sends it to the chain.
 *
 * @throws {ApiRefused} when the site says no
 */
export async function mintThroughSite(
  site: string,
  provider: JsonRpcProvider,
  drop: number,
  wish: Wish,
): Promise<MintedToken> {
  const wallet = wish.wallet.connect(provider)
  const { rank, phase, kind } = wish
  const order = await askSite(site, `/drops/${drop}/mints`, { wallet: wallet.address, rank, phase })
  const sent = await wallet.sendTransaction({ to: order.to, data: order.data, value: BigInt(order.value) })
  const receipt = await pollReceipt(() => provider.getTransactionReceipt(sent.hash), MINING)
  if (receipt?.status !== 1) throw new ApiRefused('the transaction was mined, but reverted', sent.hash)
  const tokenId = ((BigInt(drop) << 16n) | BigInt(rank)).toString()
  return { kind, rank, tokenId, wallet: wallet.address, priceWei: BigInt(order.priceWei) }
}

/** Something that the contract must refuse, and did. */
export interface Refusal {
  readonly attempt: string
  readonly error: string
}

/** What an attempt to cheat needs to know. */
export interface CheatTerms {
  readonly collection: Address
  readonly drop: number
  /** Of the public phase, which anyone may try. */
  readonly phase: number
  readonly priceWei: bigint
  readonly manifest: Manifest
  readonly tree: RankTree
  readonly thresholds: Parameters<typeof rankClass>[1]
  /** A rank of the edition that nobody has minted. */
  readonly unsold: number
}

async function expectRevert(
  provider: JsonRpcProvider,
  decoder: Interface,
  call: { from: string; to: string; data: string; value: bigint },
): Promise<string> {
  try {
    await provider.call(call)
  } catch (error) {
    if (!isCallException(error) || error.data === null) throw error
    const parsed = decoder.parseError(error.data)
    return parsed === null ? error.data.slice(0, 10) : `${parsed.name}(${parsed.args.map(readable).join(', ')})`
  }
  throw new ApiRefused('the contract accepted what it must refuse', call.to)
}

/** A metric's name out of its bytes32; anything else as it is. */
function readable(value: unknown): string {
  const text = String(value)
  if (!/^0x[0-9a-f]{64}$/u.test(text)) return text
  const letters = Buffer.from(text.slice(2), 'hex').toString('latin1').replaceAll('\0', '')
  return /^[a-z]+$/u.test(letters) ? letters : text
}

/** Turns over the last bit of the first sibling. */
function forge(proof: readonly Hex[]): readonly Hex[] {
  return proof.map((sibling, height): Hex => {
    if (height > 0) return sibling
    const last = Number.parseInt(sibling.slice(-1), 16) ^ 1
    return `0x${sibling.slice(2, -1)}${last.toString(16)}`
  })
}

/**
 * Tries what must fail: a candidate below the announced thresholds with its true proof, and a piece for sale with a forged one.
 *
 * @throws {ApiRefused} when the contract lets one through
 */
export async function showRefusals(
  provider: JsonRpcProvider,
  wallet: HDNodeWallet,
  terms: CheatTerms,
): Promise<readonly Refusal[]> {
  const decoder = contractInterface('IDrop')
  const from = wallet.address
  const attempt = async (row: ManifestRow, proof: readonly Hex[]): Promise<string> => {
    const { drop, phase, collection, priceWei } = terms
    const data = encodeMint({ drop, phase, wallet: lowerCase(from), piece: row, proof, allowance: null, voucher: null })
    return expectRevert(provider, decoder, { from, to: collection, data, value: priceWei })
  }
  const refusals: Refusal[] = []
  const { candidates } = terms.manifest
  const below = candidates.find((row) => rankClass(row, terms.thresholds) === 1)
  if (below !== undefined) {
    const error = await attempt(below, terms.tree.proof(below.rank))
    refusals.push({ attempt: `rank ${below.rank}, below a threshold, with its true proof`, error })
  }
  const forSale = candidates[terms.unsold]
  if (forSale !== undefined) {
    const error = await attempt(forSale, forge(terms.tree.proof(forSale.rank)))
    refusals.push({ attempt: `rank ${forSale.rank} with a forged proof`, error })
  }
  return refusals
}

function lowerCase(address: string): Address {
  return `0x${address.slice(2).toLowerCase()}`
}
