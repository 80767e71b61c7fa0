import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedChain } from '../adapters/hardhat-chain.ts'
import { askNode, RpcRefused } from '../json-rpc.ts'
import { deployToEmbedded } from './house.ts'
import { developmentWallet } from './operator.ts'

/** What Ignition offers where a node doesn't name a tip. */
const DEFAULT_TIP_WEI = 10n ** 9n
const EMBEDDED_CHAIN = 31_337n
/** Any second will do. */
const GENESIS_TIME = 1_800_000_000

/** Gas of a contract's deployment. */
export interface DeploymentGas {
  readonly name: string
  readonly gas: bigint
}

/**
 * Deploys to a chain of our own that is thrown away, and reads off what each contract took: the same bytes under the same
 * rules take the same gas, but for a few bytes of addresses.
 */
export async function rehearseDeployment(): Promise<readonly DeploymentGas[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-deploy-'))
  try {
    const chain = await startEmbeddedChain({ folder, port: 0, genesisTime: GENESIS_TIME, fixedClock: true })
    try {
      const place = { url: chain.url, chainId: EMBEDDED_CHAIN }
      const contracts = await deployToEmbedded(folder, place, developmentWallet(0))
      return await Promise.all(
        contracts.map(async ({ name, transaction }) => {
          const receipt = Object(await askNode(chain.url, 'eth_getTransactionReceipt', [transaction]))
          return { name, gas: BigInt(String(Reflect.get(receipt, 'gasUsed'))) }
        }),
      )
    } finally {
      await chain.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Wei for one unit of gas: as things stand, and at most. */
export interface GasPrice {
  readonly nowWei: bigint
  /** With a base fee twice as high, which is what Ignition lets a transaction pay. */
  readonly mostWei: bigint
}

/** What the chain asks for gas. */
export async function gasPrice(url: string): Promise<GasPrice> {
  const block = Object(await askNode(url, 'eth_getBlockByNumber', ['latest', false]))
  const baseFee: unknown = Reflect.get(block, 'baseFeePerGas')
  if (typeof baseFee !== 'string') {
    const flat = BigInt(String(await askNode(url, 'eth_gasPrice')))
    return { nowWei: flat, mostWei: flat }
  }
  const tip = await askNode(url, 'eth_maxPriorityFeePerGas').then(
    (wei) => BigInt(String(wei)),
    (error: unknown) => {
      if (error instanceof RpcRefused) return DEFAULT_TIP_WEI
      throw error
    },
  )
  return { nowWei: BigInt(baseFee) + tip, mostWei: 2n * BigInt(baseFee) + tip }
}
