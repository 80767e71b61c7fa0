import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { formatEther, formatUnits, type Signer } from 'ethers'
import { lowerCaseHex } from '../domain/digest.ts'
import { ChainMismatch, ChainUnreachable, ConfigInvalid, FundsMissing } from '../errors.ts'
import { askNode, isDeveloperChain } from '../json-rpc.ts'
import { type DeploymentGas, gasPrice, rehearseDeployment } from './deploy-estimate.ts'
import {
  checkDeployment,
  deployByIgnition,
  deploymentSigner,
  type DeploymentRecord,
  journalFolder,
  readDeployment,
  recordOf,
  writeDeployment,
} from './house.ts'
import { requireOperator } from './operator.ts'
import { parseChainId, parseCount } from './options.ts'
import type { Session } from './session.ts'
import { writeVerificationInputs } from './verification-input.ts'

/** Blocks until a contract is taken to stay; a chain that one person runs has no reorganisations. */
const CONFIRMATIONS = 5
const POLL_MS = 1000
const DEVELOPER_POLL_MS = 100

interface DeployOptions {
  readonly rpc?: string
  readonly chainId?: bigint
  readonly estimate: boolean
  readonly confirmations?: number
  readonly folder: string
  readonly json: boolean
}

/** Never guessed from the node: contracts on the wrong chain are paid for all the same. */
function wantedChain({ chainId }: { readonly chainId?: bigint }): bigint {
  if (chainId === undefined) throw new ConfigInvalid('say which chain is meant: --chain-id N', 'command line')
  return chainId
}

/** Adds `deploy` and `deploy verify-input`. */
export function registerDeploy(program: Command, session: Session): void {
  const deployment = program
    .command('deploy')
    .description('put the contracts on a chain, once; says first what it costs')
    .option('--rpc <url>', 'a node of the chain; LATENTMINT_RPC when left out')
    .option('--chain-id <n>', 'the chain that is meant; any other is refused', parseChainId)
    .option('--estimate', 'only say what it would cost', false)
    .option(
      '--confirmations <n>',
      `blocks before the next contract; ${CONFIRMATIONS} when left out, 1 on 1337 and 31337`,
      parseCount,
    )
    .option('--folder <folder>', 'where addresses.json and the journals are', session.config.deployments)
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      `\nExample:\n  LATENTMINT_KEYSTORE=key.json LATENTMINT_KEYSTORE_PASSWORD_FILE=password.txt \\\n    latentmint deploy --rpc https://rpc.example --chain-id 11155111`,
    )
    .action(async (options: DeployOptions) => deployCommand(session, options))
  deployment
    .command('verify-input')
    .description('write what Etherscan, Sourcify and Blockscout need to verify the sources')
    .option('--out <folder>', 'where to write', 'verify')
    .addHelpText('after', '\nExample:\n  latentmint deploy verify-input --chain-id 11155111 --out verify')
    .action(async (_: object, command: Command) => verifyInput(session, command.optsWithGlobals<VerifyOptions>()))
}

/** A chain that was asked for and answers. */
interface Target {
  readonly url: string
  readonly chainId: bigint
  readonly folder: string
}

async function openTarget(session: Session, options: DeployOptions): Promise<Target> {
  const { rpc, folder } = options
  const chainId = wantedChain(options)
  const { url, found } = await firstThatAnswers(rpc === undefined ? session.config.rpcs : [rpc])
  if (found !== chainId) throw new ChainMismatch(`the RPC serves chain ${found}, expected ${chainId}`, url)
  return { url, chainId, folder }
}

/**
 * A deployment keeps to one node from beginning to end, since what is pending at one is not yet known to another.
 *
 * @throws {ConfigInvalid} when no node is named
 * @throws {ChainUnreachable} when none answers
 */
async function firstThatAnswers(urls: readonly string[]): Promise<{ readonly url: string; readonly found: bigint }> {
  const [url, ...others] = urls
  if (url === undefined) throw new ConfigInvalid('name a node with --rpc or LATENTMINT_RPC', 'command line')
  try {
    return { url, found: BigInt(String(await askNode(url, 'eth_chainId'))) }
  } catch (error) {
    if (others.length === 0 || !(error instanceof ChainUnreachable)) throw error
    return firstThatAnswers(others)
  }
}

async function deployCommand(session: Session, options: DeployOptions): Promise<void> {
  const target = await openTarget(session, options)
  const known = readDeployment(target.folder, target.chainId)
  if (known !== null) {
    await checkDeployment(target.url, target.chainId, known)
    return report(session, options, target, {
      fresh: false,
      record: known,
      file: join(target.folder, 'addresses.json'),
    })
  }
  const signer = await requireOperator(session.config)
  const costs = await quote(session, options, target, signer)
  if (options.estimate) return
  const record = await deployNow(session, options, target, { signer, contracts: costs.length })
  const file = writeDeployment(target.folder, target.chainId, record)
  report(session, options, target, { fresh: true, record, file })
}

/** Contracts that an interrupted run left to be deployed. */
async function missing(target: Target, costs: readonly DeploymentGas[]): Promise<readonly DeploymentGas[]> {
  const folder = journalFolder(target.folder, target.chainId)
  if (!existsSync(join(folder, 'deployed_addresses.json'))) return costs
  const { deployedContracts } = await import('../adapters/ignition-deployer.ts')
  const there = new Set((await deployedContracts(folder)).map(({ name }) => name))
  return costs.filter(({ name }) => !there.has(name))
}

/**
 * Says what is still to be paid.
 *
 * @throws {FundsMissing} when the account has less than it may come to
 */
async function quote(
  session: Session,
  options: DeployOptions,
  target: Target,
  signer: Signer,
): Promise<readonly DeploymentGas[]> {
  const { url, chainId } = target
  const costs = await missing(target, await rehearseDeployment())
  const price = await gasPrice(url)
  const account = await signer.getAddress()
  const balanceWei = BigInt(String(await askNode(url, 'eth_getBalance', [account, 'latest'])))
  const gas = costs.reduce((sum, one) => sum + one.gas, 0n)
  const [nowWei, mostWei] = [gas * price.nowWei, gas * price.mostWei]
  if (!options.json) {
    session.print(`chain      ${chainId} at ${url}`)
    session.print(`account    ${account}, has ${formatEther(balanceWei)} ETH`)
    for (const one of costs) session.print(`  ${one.name.padEnd(12)} ${grouped(one.gas).padStart(11)} gas`)
    session.print(
      `  ${'together'.padEnd(12)} ${grouped(gas).padStart(11)} gas, ${formatEther(nowWei)} ETH at ${formatUnits(price.nowWei, 'gwei')} gwei`,
    )
    session.print(`  ${'at most'.padEnd(12)} ${formatEther(mostWei)} ETH, should the base fee double`)
  } else if (options.estimate) {
    const contracts = Object.fromEntries(costs.map((one) => [one.name, Number(one.gas)]))
    session.print(
      JSON.stringify({
        chainId: Number(chainId),
        account,
        contracts,
        gas: Number(gas),
        nowWei: String(nowWei),
        mostWei: String(mostWei),
      }),
    )
  }
  if (!options.estimate && balanceWei < mostWei) {
    throw new FundsMissing(
      `${account} has ${formatEther(balanceWei)} ETH, and it may come to ${formatEther(mostWei)} ETH`,
      url,
    )
  }
  return costs
}

function grouped(value: bigint): string {
  return value.toLocaleString('en')
}

async function deployNow(
  session: Session,
  options: DeployOptions,
  { url, chainId, folder }: Target,
  { signer, contracts }: { readonly signer: Signer; readonly contracts: number },
): Promise<DeploymentRecord> {
  const developer = isDeveloperChain(chainId)
  const step = session.progress(options.json).step('deploy', contracts)
  const deployed = await deployByIgnition({
    url,
    chainId,
    signer: await deploymentSigner(signer),
    folder: journalFolder(folder, chainId),
    confirmations: options.confirmations ?? (developer ? 1 : CONFIRMATIONS),
    pollMs: developer ? DEVELOPER_POLL_MS : POLL_MS,
    signal: session.signal,
    onSent: () => step.advance(),
  })
  step.done(`${deployed.length} contracts on chain ${chainId}`)
  return recordOf(url, lowerCaseHex(await signer.getAddress()), deployed)
}

function report(
  session: Session,
  { json }: DeployOptions,
  { chainId }: Target,
  outcome: { readonly fresh: boolean; readonly record: DeploymentRecord; readonly file: string },
): void {
  const { fresh, record, file } = outcome
  if (json) return session.print(JSON.stringify({ chainId: Number(chainId), ...outcome }))
  session.print(fresh ? `deployed, and written to ${file}` : `already deployed, as ${file} says; nothing was sent`)
  for (const [name, { address, block }] of Object.entries(record.contracts)) {
    session.print(`  ${name.padEnd(12)} ${address}  block ${block}`)
  }
  session.print(`to verify the sources: latentmint deploy verify-input --chain-id ${chainId}`)
}

interface VerifyOptions {
  readonly chainId?: bigint
  readonly out: string
  readonly folder: string
  readonly json: boolean
}

async function verifyInput(session: Session, options: VerifyOptions): Promise<void> {
  const { out, folder, json } = options
  const chainId = wantedChain(options)
  const journal = journalFolder(folder, chainId)
  if (!existsSync(join(journal, 'journal.jsonl')))
    throw new ConfigInvalid(`nothing was deployed to chain ${chainId} from here`, journal)
  const inputs = await writeVerificationInputs(journal, out)
  if (json) return session.print(JSON.stringify({ chainId: Number(chainId), contracts: inputs }))
  for (const { name, address, contract, compiler, constructorArguments, file } of inputs) {
    session.print(`${name} at ${address}`)
    session.print(`  contract     ${contract}`)
    session.print(`  compiler     v${compiler}`)
    session.print(`  input        ${file}`)
    session.print(`  constructor  ${constructorArguments === '' ? 'no arguments' : constructorArguments}`)
  }
  session.print(
    `Upload each input as "Solidity (Standard-Json-Input)", with the contract's name, the compiler and the arguments above.`,
  )
}
