import { join } from 'node:path'
import { expect } from 'chai'
import { startEmbeddedChain } from '../../minter/adapters/hardhat-chain.ts'
import { type DeployedContract, deployHouse, type DeploymentSigner } from '../../minter/adapters/ignition-deployer.ts'
import { contractArtifact, isCodeOf, isContractName } from '../../minter/artifacts.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { askNode } from '../../minter/json-rpc.ts'
import { withFolder } from '../pipeline/tiny-studio.ts'
import { startFailingNode } from './failing-node.ts'

const CONTRACTS = ['Lineage', 'Attribution', 'DropDesk', 'Drop', 'DropFactory']

/** A chain for the length of `work`. */
async function withChain(work: (url: string, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const chain = await startEmbeddedChain({
      folder: join(folder, 'chain'),
      port: 0,
      genesisTime: 1_800_000_000,
      fixedClock: true,
    })
    try {
      await work(chain.url, join(folder, 'deployment'))
    } finally {
      await chain.stop()
    }
  })
}

const wallet = developmentWallet(0)

function deploy(
  url: string,
  folder: string,
  onSent = (): void => {},
  signTransaction: DeploymentSigner['signTransaction'] = (transaction) => wallet.signTransaction(transaction),
): Promise<readonly DeployedContract[]> {
  const { signal } = new AbortController()
  const place = { url, chainId: 31_337n, signer: { address: wallet.address, signTransaction }, folder }
  return deployHouse({ ...place, confirmations: 1, pollMs: 20, signal, onSent })
}

async function transactions(url: string): Promise<number> {
  return Number(await askNode(url, 'eth_getTransactionCount', [wallet.address, 'latest']))
}

describe('minter/adapters/ignition-deployer deployHouse', () => {
  it('puts there what was built, and sends nothing the second time', async () => {
    await withChain(async (url, folder) => {
      const contracts = await deploy(url, folder)
      expect(contracts.map(({ name }) => name)).to.deep.equal(CONTRACTS)
      for (const { name, address } of contracts) {
        const code = String(await askNode(url, 'eth_getCode', [address, 'latest']))
        expect(isContractName(name) && isCodeOf(contractArtifact(name), code), name).to.equal(true)
      }
      expect(await deploy(url, folder)).to.deep.equal(contracts)
      expect(await transactions(url)).to.equal(CONTRACTS.length)
    })
  })

  it('pays for no contract twice, when it is killed after the transaction went out and before its journal says so', async () => {
    await withChain(async (url, folder) => {
      const node = await startFailingNode(url, 3)
      const failure = await deploy(node.url, folder).catch((error: unknown) => error)
      await node.close()
      expect(failure).to.have.property('code', 'CHAIN_UNREACHABLE')
      expect(await transactions(url)).to.equal(3)
      const contracts = await deploy(url, folder)
      expect(contracts.map(({ name }) => name)).to.deep.equal(CONTRACTS)
      expect(await transactions(url)).to.equal(CONTRACTS.length)
    })
  })

  it('goes on when it is killed before the transaction goes out, signed or not', async () => {
    await withChain(async (url, folder) => {
      let sent = 0
      const stopped = deploy(url, folder, () => {
        sent += 1
        if (sent === 2) throw new Error('killed')
      })
      expect(await stopped.catch((error: unknown) => error)).to.have.property('code', 'DEPLOYMENT_STOPPED')
      const unsigned = deploy(url, folder, undefined, async () => {
        throw new Error('killed')
      })
      expect(await unsigned.catch((error: unknown) => error)).to.have.property('code', 'DEPLOYMENT_STOPPED')
      expect(await transactions(url)).to.equal(2)
      expect(await deploy(url, folder)).to.have.lengthOf(CONTRACTS.length)
      expect(await transactions(url)).to.equal(CONTRACTS.length)
    })
  })
})
