import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keccak256, type Signer } from 'ethers'
import { z } from 'zod'
import type { DeployedContract, DeploymentOptions, DeploymentSigner } from '../adapters/ignition-deployer.ts'
import { buildInfo, contractArtifact, isCodeOf, isContractName } from '../artifacts.ts'
import { type Hex, lowerCaseHex } from '../domain/digest.ts'
import { hex } from '../domain/policy-schema.ts'
import { ConfigInvalid, DeploymentDiffers, HouseMissing } from '../errors.ts'
import { askNode } from '../json-rpc.ts'
import type { ChainAccess, House } from '../ports.ts'
import { writeWhole } from './report-files.ts'

const ADDRESSES = 'addresses.json'
const EMBEDDED_POLL_MS = 20

const contractRecord = z.strictObject({
  address: hex(20),
  /** keccak-256 of the code on the chain, as EXTCODEHASH gives it. */
  codeHash: hex(32),
  transaction: hex(32),
  block: z.int().min(0),
})
const deploymentRecord = z.strictObject({
  /** Tells developers' chains of one id apart. */
  genesis: hex(32),
  deployer: hex(20),
  compiler: z.strictObject({ version: z.string(), settings: z.record(z.string(), z.unknown()) }),
  contracts: z.record(z.string(), contractRecord),
})

/** What addresses.json says of one chain. */
export type DeploymentRecord = z.infer<typeof deploymentRecord>

const addressesFile = z.record(z.string().regex(/^\d+$/u), deploymentRecord)

/**
 * The chain's entry, or null.
 *
 * @throws {ConfigInvalid} when the file has not its form
 */
export function readDeployment(folder: string, chainId: bigint): DeploymentRecord | null {
  return readAddresses(folder)[String(chainId)] ?? null
}

function readAddresses(folder: string): Record<string, DeploymentRecord> {
  const file = join(folder, ADDRESSES)
  if (!existsSync(file)) return {}
  try {
    return addressesFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new ConfigInvalid('this is not a file of deployments', file, error)
  }
}

/** Puts a chain's entry beside those of other chains; returns the file. */
export function writeDeployment(folder: string, chainId: bigint, record: DeploymentRecord): string {
  const entries = Object.entries({ ...readAddresses(folder), [String(chainId)]: record })
  const sorted = Object.fromEntries(entries.toSorted(([a], [b]) => Number(a) - Number(b)))
  return writeWhole(folder, ADDRESSES, `${JSON.stringify(sorted, null, 2)}\n`)
}

/** Where Ignition keeps its journal of a chain; the same place as `hardhat ignition deploy`. */
export function journalFolder(folder: string, chainId: bigint): string {
  return join(folder, `chain-${chainId}`)
}

/** The hash of the first block: chains of the same id differ in it. */
async function genesisOf(url: string): Promise<Hex> {
  return lowerCaseHex(String(Reflect.get(Object(await askNode(url, 'eth_getBlockByNumber', ['0x0', false])), 'hash')))
}

/**
 * Compares a record with the chain.
 *
 * @throws {DeploymentDiffers} when the chain is another one of the same id, or has other code there
 */
export async function checkDeployment(url: string, chainId: bigint, record: DeploymentRecord): Promise<void> {
  const genesis = await genesisOf(url)
  if (genesis !== record.genesis) {
    throw new DeploymentDiffers(
      `the record for chain ${chainId} is of a chain that began with ${record.genesis}, this one with ${genesis}`,
      url,
    )
  }
  for (const [name, { address, codeHash }] of Object.entries(record.contracts)) {
    const found = keccak256(String(await askNode(url, 'eth_getCode', [address, 'latest'])))
    if (found !== codeHash)
      throw new DeploymentDiffers(`${name} at ${address} has the code hash ${found}, recorded is ${codeHash}`, url)
  }
}

/**
 * The contracts of a chain that is not ours, as recorded.
 *
 * @throws {HouseMissing} when nothing is recorded
 */
export async function recordedHouse(folder: string, { url, chainId }: ChainAccess): Promise<House> {
  const record = readDeployment(folder, chainId)
  if (record === null) throw new HouseMissing(`no contracts are recorded for chain ${chainId}`, join(folder, ADDRESSES))
  await checkDeployment(url, chainId, record)
  return houseOf(Object.entries(record.contracts).map(([name, { address }]) => ({ name, address })))
}

/** A collection is an EIP-1167 clone of `Drop`, whose code is known with the address that it points to. */
function cloneCodeHash(implementation: Hex): Hex {
  const code = `0x363d3d373d3d3d363d73${implementation.slice(2)}5af43d82803e903d91602b57fd5bf3`
  return lowerCaseHex(keccak256(code))
}

/**
 * The hash of the code that a contract must have before anything is sent to it: as recorded, and that of a clone for what is no
 * contract of the house. Null when nothing is recorded for the chain.
 */
export function recordedCodeHash(folder: string, chainId: bigint, contract: Hex): Hex | null {
  const record = readDeployment(folder, chainId)
  if (record === null) return null
  const known = Object.values(record.contracts).find(({ address }) => address === contract)
  const drop = record.contracts['Drop']
  return known?.codeHash ?? (drop === undefined ? null : cloneCodeHash(drop.address))
}

function houseOf(contracts: readonly Pick<DeployedContract, 'name' | 'address'>[]): House {
  const addressOf = (wanted: string): Hex => {
    const found = contracts.find(({ name }) => name === wanted)
    if (found === undefined) throw new HouseMissing(`${wanted} is not among the deployed contracts`)
    return found.address
  }
  return { lineage: addressOf('Lineage'), attribution: addressOf('Attribution'), factory: addressOf('DropFactory') }
}

/** Deploys by Ignition, which is loaded only when there is something to deploy. */
export async function deployByIgnition(options: DeploymentOptions): Promise<readonly DeployedContract[]> {
  const { deployHouse } = await import('../adapters/ignition-deployer.ts')
  return deployHouse(options)
}

/**
 * Deploys to a chain of our own, where time costs nothing.
 *
 * @param folder of the chain: who throws it away throws away what was deployed on it
 */
export async function deployToEmbedded(
  folder: string,
  { url, chainId }: Pick<ChainAccess, 'url' | 'chainId'>,
  signer: Signer,
): Promise<readonly DeployedContract[]> {
  return deployByIgnition({
    url,
    chainId,
    signer: await deploymentSigner(signer),
    folder: join(folder, 'deployment'),
    confirmations: 1,
    pollMs: EMBEDDED_POLL_MS,
    signal: new AbortController().signal,
    onSent: () => {},
  })
}

/** A signer whose address is known. */
export async function deploymentSigner(signer: Signer): Promise<DeploymentSigner> {
  return { address: await signer.getAddress(), signTransaction: (transaction) => signer.signTransaction(transaction) }
}

/** The contracts of our own chain, deployed when first asked for. */
export async function embeddedHouse(folder: string, access: ChainAccess, signer: Signer): Promise<House> {
  const contracts = await deployToEmbedded(folder, access, signer)
  return houseOf(contracts)
}

/**
 * Reads back what was deployed, and compares it with what was built.
 *
 * @throws {DeploymentDiffers} when the chain has other code than the artifacts
 */
export async function recordOf(
  url: string,
  deployer: Hex,
  contracts: readonly DeployedContract[],
): Promise<DeploymentRecord> {
  const records: Record<string, unknown> = {}
  for (const { name, address, transaction } of contracts) {
    const code = String(await askNode(url, 'eth_getCode', [address, 'latest']))
    if (!isContractName(name) || !isCodeOf(contractArtifact(name), code)) {
      throw new DeploymentDiffers(`the code of ${name} at ${address} is not what was built`, url)
    }
    const receipt = Object(await askNode(url, 'eth_getTransactionReceipt', [transaction]))
    const block = Number(Reflect.get(receipt, 'blockNumber'))
    records[name] = { address, codeHash: keccak256(code), transaction, block }
  }
  const { solcLongVersion, input } = buildInfo(contractArtifact('Drop'))
  const { optimizer, evmVersion, viaIR = false } = input.settings
  const compiler = { version: solcLongVersion, settings: { optimizer, evmVersion, viaIR } }
  return deploymentRecord.parse({ genesis: await genesisOf(url), deployer, compiler, contracts: records })
}
