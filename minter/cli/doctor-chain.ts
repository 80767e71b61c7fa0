import { statSync } from 'node:fs'
import type { Config } from '../config.ts'
import { etherFromWei } from '../domain/amounts.ts'
import { RpcPool } from '../rpc-pool.ts'
import { ail, type Check } from './doctor-finding.ts'
import { readDeployment } from './house.ts'
import { openOperator, requireOperator } from './operator.ts'
import type { Session } from './session.ts'

/** Hardhat's and geth's chains for developers, on which time and balance mean nothing. */
const DEVELOPERS_CHAINS: ReadonlySet<number> = new Set([1337, 31_337])
const CLOCK_TOLERANCE_SECONDS = 30
/** A chain whose newest block is older stands still, or the node does not follow it. */
const STALE_SECONDS = 600
/** What announcing, drawing, committing and closing a drop needs at the very least, at one gwei. */
const DROP_GAS = 2_000_000n
/** Others may read or write a file with these bits. */
const NOT_PRIVATE = 0o077

const EMBEDDED = 'embedded, started when needed'

/** Everything that has to do with a chain of one's own choosing; short where the embedded one is used. */
export function chainChecks(session: Pick<Session, 'config' | 'now'>): readonly Check[] {
  const { config } = session
  const pool = new RpcPool({ urls: config.rpcs })
  const onChain = (name: string, look: () => Promise<string>): Check => {
    return { name, look: () => (config.rpc === undefined ? EMBEDDED : look()) }
  }
  return [
    onChain('rpc', () => checkNodes(config, pool)),
    onChain('chain', () => checkHouse(config, pool)),
    onChain('clock', () => checkClock(pool, session.now)),
    { name: 'key', look: () => checkKey(config) },
    onChain('balance', () => checkBalance(config, pool)),
  ]
}

async function checkNodes({ rpcs }: Config, pool: RpcPool): Promise<string> {
  if (rpcs.length > 1) await pool.survey()
  const block = Number(await pool.ask('eth_blockNumber'))
  const bad = pool.health().filter(({ state }) => state !== 'healthy')
  if (bad.length > 0) {
    const faults = bad.map(({ name, state, detail }) => `${name} is ${state}: ${detail}`)
    ail(faults.join('; '), 'Take it out of LATENTMINT_RPC, or see that it follows the chain.')
  }
  return rpcs.length > 1 ? `block ${block}, ${rpcs.length} nodes agree` : `block ${block}`
}

async function checkHouse({ deployments }: Config, pool: RpcPool): Promise<string> {
  const chainId = BigInt(String(await pool.ask('eth_chainId')))
  const record = readDeployment(deployments, chainId)
  if (record !== null) return `${chainId}, contracts recorded in ${deployments}`
  return ail(
    `${chainId}, and no contracts are recorded for it in ${deployments}`,
    'Another chain was meant: correct LATENTMINT_RPC. This one: latentmint deploy --rpc URL --chain-id N',
  )
}

async function checkClock(pool: RpcPool, now: () => number): Promise<string> {
  const chainId = Number(await pool.ask('eth_chainId'))
  const block: unknown = await pool.ask('eth_getBlockByNumber', ['latest', false])
  const behind = now() - Number(Reflect.get(Object(block), 'timestamp'))
  if (DEVELOPERS_CHAINS.has(chainId)) return `chain ${chainId} keeps a time of its own`
  if (behind < -CLOCK_TOLERANCE_SECONDS) {
    ail(`this machine is ${-behind} s behind the newest block`, 'Set the clock, by NTP best: phases open by the chain.')
  }
  if (behind > STALE_SECONDS) {
    ail(
      `the newest block is ${behind} s old`,
      'See that the node follows its chain; if it does, this machine is ahead: set the clock, by NTP best.',
    )
  }
  return `the newest block is ${Math.max(0, behind)} s old`
}

async function checkKey(config: Config): Promise<string> {
  const { keystore, passwordFile, signer, rpc } = config
  const open = [keystore, passwordFile].filter((file) => file !== undefined).find(isOpenToOthers)
  if (open !== undefined) ail(`others on this machine can read ${open}`, `chmod 600 ${open}`)
  const operator = await openOperator(config)
  if (operator === null && rpc !== undefined) await requireOperator(config)
  if (operator === null) return "the embedded chain's first account, which everybody knows"
  const source =
    keystore !== undefined ? `keystore ${keystore}` : signer !== undefined ? `signer ${signer}` : 'LATENTMINT_KEY'
  return `${await operator.getAddress()}, from ${source}`
}

function isOpenToOthers(file: string): boolean {
  return ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & NOT_PRIVATE) !== 0
}

async function checkBalance(config: Config, pool: RpcPool): Promise<string> {
  const account = await (await requireOperator(config)).getAddress()
  const wei = BigInt(String(await pool.ask('eth_getBalance', [account, 'latest'])))
  const gasPrice = BigInt(String(await pool.ask('eth_gasPrice')))
  const least = DROP_GAS * gasPrice
  const detail = `${etherFromWei(wei)} ETH; a drop takes about ${etherFromWei(least)} at the gas price of now`
  return wei >= least ? detail : ail(detail, `Send at least ${etherFromWei(least - wei)} ETH to ${account}.`)
}
