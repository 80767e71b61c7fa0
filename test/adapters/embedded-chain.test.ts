import { join } from 'node:path'
import { expect } from 'chai'
import { keccak256 } from 'ethers'
import { connectChain } from '../../minter/adapters/ethers-access.ts'
import { openDropChain } from '../../minter/adapters/ethers-chain.ts'
import { type EmbeddedChain, startEmbeddedChain } from '../../minter/adapters/hardhat-chain.ts'
import { contractInterface } from '../../minter/artifacts.ts'
import { embeddedHouse } from '../../minter/cli/house.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { lowerCaseHex, ZERO_DIGEST } from '../../minter/domain/digest.ts'
import type { ChainAccess, Outbox } from '../../minter/ports.ts'
import { memoryOutbox } from '../transactions/memory-outbox.ts'
import { withFolder } from '../pipeline/tiny-studio.ts'

const CLOCK = 1_800_000_000

function connect(chain: EmbeddedChain, outbox: Outbox = memoryOutbox()): Promise<ChainAccess> {
  return connectChain({
    url: chain.url,
    signer: developmentWallet(0),
    interfaces: [contractInterface('IDrop'), contractInterface('Lineage')],
    outbox: () => outbox,
    embedded: true,
  })
}

function start(folder: string, fixedClock = true): Promise<EmbeddedChain> {
  return startEmbeddedChain({ folder, port: 0, genesisTime: CLOCK, fixedClock })
}

async function lastBlock(chain: EmbeddedChain): Promise<string> {
  const response = await fetch(chain.url, {
    method: 'POST',
    body: '{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]}',
  })
  const answer: unknown = await response.json()
  return String(Reflect.get(Object(Reflect.get(Object(answer), 'result')), 'hash'))
}

/** A few changes of each kind; what block do they lead to? */
async function doSomething(chain: EmbeddedChain): Promise<string> {
  const access = await connect(chain)
  const signal = AbortSignal.timeout(10_000)
  await access.send({ intent: 'one', to: `0x${'11'.repeat(20)}`, data: '0x', valueWei: 5n })
  await access.waitForBlock(4, signal)
  await access.waitForTime(CLOCK + 1000, signal)
  await access.send({ intent: 'two', to: `0x${'22'.repeat(20)}`, data: '0x', valueWei: 5n })
  await access.close()
  return lastBlock(chain)
}

describe('minter/adapters/hardhat-chain startEmbeddedChain', () => {
  it('makes the same blocks from the same calls under a fixed clock', async () => {
    await withFolder(async (folder) => {
      const chains = [await start(join(folder, 'a')), await start(join(folder, 'b'))]
      const blocks = [await doSomething(chains[0]!), await doSomething(chains[1]!)]
      expect(blocks[0]).to.equal(blocks[1])
      await Promise.all(chains.map((chain) => chain.stop()))
    })
  })

  it('comes back block for block after kill -9', async () => {
    await withFolder(async (folder) => {
      const first = await start(folder, false)
      const block = await doSomething(first)
      process.kill(first.pid, 'SIGKILL')
      await first.stop()
      const second = await start(folder, false)
      expect(await lastBlock(second)).to.equal(block)
      await second.stop()
    })
  })
})

describe('minter/adapters/ethers-access connectChain', () => {
  it('answers a repeated intent with the first outcome, and sends what was signed but never arrived', async () => {
    await withFolder(async (folder) => {
      const chain = await start(folder)
      const outbox = memoryOutbox()
      const access = await connect(chain, outbox)
      const request = { intent: 'pay', to: `0x${'33'.repeat(20)}`, data: '0x', valueWei: 7n } as const
      const first = await access.send(request)
      expect((await access.send(request)).hash).to.equal(first.hash)
      expect(await access.balanceWei(request.to)).to.equal(7n)

      // As after a crash between writing down and sending: the row is there, the chain knows nothing.
      const draft = { ...request, intent: 'lost', valueWei: 1n, gasLimit: 21_000n }
      const entry = await outbox.allot(draft, 0, async (nonce) => {
        const fees = { maxFeeWei: 10n ** 10n, tipWei: 1n }
        const raw = await developmentWallet(0).signTransaction({
          to: request.to,
          value: 1n,
          nonce,
          gasLimit: 21_000,
          maxFeePerGas: fees.maxFeeWei,
          maxPriorityFeePerGas: fees.tipWei,
          chainId: 31_337,
          type: 2,
        })
        return { hash: lowerCaseHex(keccak256(raw)), raw, ...fees }
      })
      expect((await access.send({ ...request, intent: 'lost' })).hash).to.equal(entry.attempts[0]?.hash)
      expect(await access.balanceWei(request.to)).to.equal(8n)
      await access.close()
      await chain.stop()
    })
  })

  it('throws CHAIN_UNREACHABLE when nothing listens, and names the address', async () => {
    const error = await connectChain({
      url: 'http://127.0.0.1:9',
      signer: developmentWallet(0),
      interfaces: [],
      outbox: () => memoryOutbox(),
      embedded: false,
    }).catch((failure: unknown) => failure)
    expect(error).to.include({ code: 'CHAIN_UNREACHABLE', where: 'http://127.0.0.1:9' })
  })

  it('throws CHAIN_UNREACHABLE when the node dies in between', async () => {
    await withFolder(async (folder) => {
      const chain = await start(folder)
      const access = await connect(chain)
      await chain.stop()
      expect(await access.head().catch((error: unknown) => error)).to.have.property('code', 'CHAIN_UNREACHABLE')
      await access.close()
    })
  })
})

describe('minter/adapters/ethers-chain openDropChain', () => {
  it('deploys once, and names the custom error of a call that the contract refuses', async () => {
    await withFolder(async (folder) => {
      const chain = await start(folder)
      const access = await connect(chain)
      const drops = openDropChain(access)
      const house = await embeddedHouse(folder, access, developmentWallet(0))
      const { number } = await access.head()
      expect(await embeddedHouse(folder, access, developmentWallet(0))).to.deep.equal(house)
      expect((await access.head()).number).to.equal(number)
      const model = { bundleDigest: ZERO_DIGEST, recipeDigest: ZERO_DIGEST, dataset: ZERO_DIGEST, parent: ZERO_DIGEST }
      const refused = drops.registerModel(house, {
        ...model,
        bundleDigest: `0x${'01'.repeat(32)}`,
        recipeDigest: `0x${'02'.repeat(32)}`,
        sharesRoot: ZERO_DIGEST,
        cap: 1,
        licence: 'CC0-1.0',
        uri: 'ipfs://x',
      })
      const error = await refused.catch((failure: unknown) => failure)
      expect(error).to.include({ code: 'CALL_REVERTED', reason: 'UnknownDataset' })
      await access.close()
      await chain.stop()
    })
  })
})
