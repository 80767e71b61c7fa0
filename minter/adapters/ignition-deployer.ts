import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Artifact,
  type ArtifactResolver,
  deploy,
  type DeploymentResult,
  DeploymentResultType,
  type EIP1193Provider,
  getVerificationInformation,
  trackTransaction,
  wipe,
} from '@nomicfoundation/ignition-core'
import { keccak256, Transaction, type TransactionRequest } from 'ethers'
import house from '../../ignition/modules/house.ts'
import { buildInfo, contractArtifact, type ContractName, isContractName } from '../artifacts.ts'
import { type Hex, lowerCaseHex } from '../domain/digest.ts'
import { ConfigInvalid, DeploymentDiffers, DeploymentStopped, Interrupted, MinterError } from '../errors.ts'
import { askNode, RpcRefused } from '../json-rpc.ts'
import type { Address } from '../ports.ts'

/** What signs a deployment; an ethers wallet is one. */
export interface DeploymentSigner {
  readonly address: string
  signTransaction(transaction: TransactionRequest): Promise<string>
}

/** Where the contracts are put, and how. */
export interface DeploymentOptions {
  readonly url: string
  readonly chainId: bigint
  readonly signer: DeploymentSigner
  /** Ignition's journal; the same folder goes on where an earlier run stopped. */
  readonly folder: string
  /** Blocks from a transaction's own on, until the next contract counts on it. */
  readonly confirmations: number
  /** Milliseconds between looks at the chain. */
  readonly pollMs: number
  readonly signal: AbortSignal
  /** Called for each transaction that goes out. */
  readonly onSent: (hash: Hex) => void
}

/** A contract that is there. */
export interface DeployedContract {
  readonly name: string
  readonly address: Address
  /** The transaction that made it. */
  readonly transaction: Hex
  /** What its constructor was told. */
  readonly constructorArguments: readonly unknown[]
  /** As it was when it was deployed. */
  readonly artifact: Artifact
}

const artifacts: ArtifactResolver = {
  loadArtifact: async (name) => contractArtifact(ourName(name)),
  getBuildInfo: async (name) => buildInfo(contractArtifact(ourName(name))),
}

function ourName(name: string): ContractName {
  if (isContractName(name)) return name
  throw new ConfigInvalid(`there is no contract ${name}`, 'ignition/modules/house.ts')
}

/** What was signed, a line each, written down before it is sent; Ignition's journal has it only afterwards. */
function signedFile(folder: string): string {
  return join(folder, 'signed.txt')
}

function linesOf(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
}

/** The node, with our signature where Ignition asks it for one: no node has to hold a key. */
function signingProvider({ url, chainId, signer, folder, signal, onSent }: DeploymentOptions): EIP1193Provider {
  async function sendSigned({ gas, nonce, ...rest }: Readonly<Record<string, string>>): Promise<unknown> {
    if (signal.aborted) throw new Interrupted('stopped between two contracts', url)
    const raw = await signer.signTransaction({ ...rest, gasLimit: gas ?? null, nonce: Number(nonce), chainId })
    appendFileSync(signedFile(folder), `${raw}\n`)
    onSent(lowerCaseHex(keccak256(raw)))
    return askNode(url, 'eth_sendRawTransaction', [raw])
  }
  return {
    request: async ({ method, params }) => {
      const list: readonly unknown[] = Array.isArray(params) ? params : []
      return method === 'eth_sendTransaction' ? sendSigned(Object(list[0])) : askNode(url, method, list)
    },
  }
}

/** A transaction that Ignition was about to send when its journal ends. */
interface Intended {
  readonly futureId: string
  readonly nonce: number
}

function intendedOnly(folder: string): readonly Intended[] {
  const open = new Map<string, Intended>()
  for (const line of linesOf(join(folder, 'journal.jsonl'))) {
    const { type, futureId, nonce }: Intended & { readonly type: string } = JSON.parse(line)
    if (type === 'TRANSACTION_PREPARE_SEND') open.set(futureId, { futureId, nonce })
    if (type === 'TRANSACTION_SEND' || type === 'WIPE_APPLY') open.delete(futureId)
  }
  return [...open.values()]
}

/**
 * Settles what a killed run left open, where Ignition would stop and ask for the transaction's hash: what was signed is sent,
 * unless the chain has it already, and what was not signed is forgotten.
 */
async function recover(folder: string, provider: EIP1193Provider, confirmations: number): Promise<void> {
  const signed = linesOf(signedFile(folder)).map((raw) => Transaction.from(raw))
  for (const { futureId, nonce } of intendedOnly(folder)) {
    const transaction = signed.findLast((one) => one.nonce === nonce)
    const hash = transaction === undefined ? null : await settle(transaction, provider)
    if (hash === null) await wipe(folder, artifacts, futureId)
    else await trackTransaction(folder, hash, provider, confirmations)
  }
}

/** The hash under which the chain knows a transaction now; null when its nonce went to another one. */
async function settle({ hash, serialized }: Transaction, provider: EIP1193Provider): Promise<string | null> {
  const known: unknown = await provider.request({ method: 'eth_getTransactionByHash', params: [hash] })
  if (known !== null) return hash
  try {
    await provider.request({ method: 'eth_sendRawTransaction', params: [serialized] })
    return hash
  } catch (error) {
    if (error instanceof RpcRefused && /nonce/iu.test(error.message)) return null
    throw error
  }
}

function complaints(result: Exclude<DeploymentResult, { type: DeploymentResultType.SUCCESSFUL_DEPLOYMENT }>): string {
  if (result.type !== DeploymentResultType.EXECUTION_ERROR) {
    return Object.entries(result.errors)
      .map(([contract, problems]) => `${contract}: ${problems.join(', ')}`)
      .join('; ')
  }
  const failed = result.failed.map(({ futureId, error }) => `${futureId}: ${error}`)
  return [...failed, ...result.timedOut.map(({ futureId }) => `${futureId}: not mined in time`)].join('; ')
}

async function deployOnce(options: DeploymentOptions, provider: EIP1193Provider): Promise<DeploymentResult> {
  const { folder, confirmations, pollMs, signer } = options
  try {
    await recover(folder, provider, confirmations)
    return await deploy({
      config: { requiredConfirmations: confirmations, blockPollingInterval: pollMs, retryInterval: pollMs },
      artifactResolver: artifacts,
      provider,
      deploymentDir: folder,
      ignitionModule: house,
      deploymentParameters: {},
      accounts: [signer.address],
    })
  } catch (error) {
    if (error instanceof MinterError) throw error
    throw new DeploymentStopped(error instanceof Error ? error.message : String(error), folder, error)
  }
}

/**
 * Deploys what is not there yet, by Hardhat Ignition. Called again it does nothing; after an interruption it goes on.
 *
 * @throws {DeploymentDiffers} when the folder's deployment was of other code
 * @throws {DeploymentStopped} when a transaction fails or is not mined
 * @throws {Interrupted} between two contracts
 */
export async function deployHouse(options: DeploymentOptions): Promise<readonly DeployedContract[]> {
  const { folder } = options
  mkdirSync(folder, { recursive: true })
  const provider = signingProvider(options)
  let result = await deployOnce(options, provider)
  if (result.type === DeploymentResultType.PREVIOUS_RUN_ERROR) {
    // What failed in an earlier run is tried again, since that is what was asked for.
    for (const contract of Object.keys(result.errors)) await wipe(folder, artifacts, contract)
    result = await deployOnce(options, provider)
  }
  if (result.type === DeploymentResultType.RECONCILIATION_ERROR) {
    throw new DeploymentDiffers(`the contracts built here are not those deployed before: ${complaints(result)}`, folder)
  }
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT)
    throw new DeploymentStopped(complaints(result), folder)
  return deployedContracts(folder)
}

/** What a finished deployment's folder says. */
export async function deployedContracts(folder: string): Promise<readonly DeployedContract[]> {
  const contracts: DeployedContract[] = []
  for await (const found of getVerificationInformation(folder)) {
    if (typeof found === 'string') throw new DeploymentDiffers(`${found} has no artifact`, folder)
    const { contract, address, creationTxHash = '', constructorArgs } = found
    const name = contract.split(':').at(-1) ?? contract
    const artifact: Artifact = JSON.parse(readFileSync(join(folder, 'artifacts', `${house.id}#${name}.json`), 'utf8'))
    contracts.push({
      name,
      artifact,
      address: lowerCaseHex(address),
      transaction: lowerCaseHex(creationTxHash),
      constructorArguments: constructorArgs,
    })
  }
  return contracts
}
