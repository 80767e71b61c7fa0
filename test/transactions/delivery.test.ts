import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keccak256, Transaction } from 'ethers'
import { connectChain } from '../../minter/adapters/ethers-access.ts'
import { type EmbeddedChain, startEmbeddedChain } from '../../minter/adapters/hardhat-chain.ts'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { lowerCaseHex } from '../../minter/domain/digest.ts'
import { askNode } from '../../minter/json-rpc.ts'
import { createOutbox, transactionsOnTheirWay } from '../../minter/pipeline/outbox.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { Address, ChainAccess, Database, OutboxEntry, TransactionState } from '../../minter/ports.ts'
import type { SendingLimits } from '../../minter/transactions/delivery.ts'

const GWEI = 10n ** 9n
const SOMEBODY: Address = `0x${'33'.repeat(20)}`
const NEVER = new AbortController().signal

const pay = { intent: 'pay', to: SOMEBODY, data: '0x', valueWei: 7n } as const

/** Waits for something to be seen while a sending goes on; fails when that does. */
async function until(sent: Promise<unknown>, seen: () => Promise<boolean>): Promise<void> {
  const failed = sent.then(() => new Promise<never>(() => {}))
  while (!(await seen())) {
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 20))])
  }
}

/** The code of the error that keeps a request from being sent. */
async function refusal(access: ChainAccess, request: object): Promise<unknown> {
  const error: unknown = await access.send({ ...pay, ...request }).catch((failure: unknown) => failure)
  return Reflect.get(Object(error), 'code')
}

describe('minter/transactions/delivery Delivery', function () {
  this.timeout(180_000)
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  let chain: EmbeddedChain
  let database: Database
  let account = 10

  before(async () => {
    const settings = { folder: join(folder, 'chain'), port: 0, genesisTime: 1_800_000_000, fixedClock: true }
    chain = await startEmbeddedChain(settings)
    database = await openPglite(join(folder, 'database'))
    await prepareSchema(database)
  })

  after(async () => {
    await database.close()
    await chain.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (method: string, ...params: unknown[]): Promise<unknown> => askNode(chain.url, method, params)

  /** Another sender for every test, so that none sees another's nonces. */
  async function withSender(
    work: (sender: {
      access: ChainAccess
      again: () => Promise<ChainAccess>
      rows: () => Promise<readonly (OutboxEntry & { readonly state: TransactionState })[]>
      foreign: (transaction: { to: Address; value: bigint; nonce: number; gwei: bigint }) => Promise<unknown>
    }) => Promise<void>,
    limits: Partial<SendingLimits> = {},
    more: { codeHash?: (contract: Address) => `0x${string}` | null } = {},
  ): Promise<void> {
    const wallet = developmentWallet(account++)
    await ask('hardhat_setBalance', wallet.address, '0x56bc75e2d63100000')
    const connect = (): Promise<ChainAccess> =>
      connectChain({
        url: chain.url,
        signer: wallet,
        interfaces: [],
        outbox: (scope) => createOutbox(database, scope, () => Math.floor(Date.now() / 1000)),
        embedded: true,
        limits,
        ...more,
      })
    const access = await connect()
    const genesis = Reflect.get(Object(await ask('eth_getBlockByNumber', '0x0', false)), 'hash')
    const outbox = createOutbox(database, `${genesis}/${wallet.address.toLowerCase()}`, () => 0)
    const foreign = async ({ to, value, nonce, gwei }: Parameters<Parameters<typeof work>[0]['foreign']>[0]) => {
      const fees = { maxFeePerGas: gwei * GWEI, maxPriorityFeePerGas: gwei * GWEI }
      const raw = await wallet.signTransaction({
        to,
        value,
        nonce,
        gasLimit: 30_000,
        chainId: 31_337,
        type: 2,
        ...fees,
      })
      return ask('eth_sendRawTransaction', raw)
    }
    try {
      const rows = async () => {
        const found = await database.query<{ intent: string }>('select intent from transactions order by id')
        const entries = await Promise.all(found.map(({ intent }) => outbox.find(intent)))
        return entries.filter((entry) => entry !== null)
      }
      await work({ access, again: connect, rows, foreign })
    } finally {
      await ask('evm_setAutomine', true)
      await access.close()
    }
  }

  const paid = async (): Promise<bigint> => BigInt(String(await ask('eth_getBalance', SOMEBODY, 'latest')))

  it('gives two processes that send at the same time different nonces, and each intent one', async () => {
    await withSender(async ({ access, again, rows }) => {
      const other = await again()
      const before = await paid()
      const wishes = [0, 1, 2, 3, 4, 5].map((i) => ({ ...pay, intent: `pay:${i}` }))
      const outcomes = await Promise.all(wishes.flatMap((wish) => [access.send(wish), other.send(wish)]))
      expect(new Set(outcomes.map(({ hash }) => hash)).size).to.equal(wishes.length)
      expect((await rows()).map(({ nonce }) => nonce)).to.have.members([0, 1, 2, 3, 4, 5])
      expect((await paid()) - before).to.equal(42n)
      await other.close()
    })
  })

  it('sends again, as the same intent, what a reorganisation took away', async () => {
    await withSender(
      async ({ access, rows }) => {
        const before = await paid()
        const snapshot = await ask('evm_snapshot')
        const first = await access.send(pay)
        expect((await rows())[0]).to.include({ state: 'mined', block: first.block })
        await ask('evm_revert', snapshot)
        expect(await paid()).to.equal(before)
        await ask('hardhat_mine', '0x2')

        const again = await access.send(pay)
        expect(again.hash).to.equal(first.hash)
        expect(again.block).to.equal(first.block + 2)
        await ask('hardhat_mine', '0x3')
        await access.settle(NEVER)
        expect((await rows())[0]).to.include({ state: 'final', nonce: 0, block: again.block })
        expect((await paid()) - before).to.equal(7n)
      },
      { finality: 3 },
    )
  })

  it('waits for finality in settle, and brings back what falls out of the chain meanwhile', async () => {
    await withSender(
      async ({ access, rows }) => {
        const before = await paid()
        const snapshot = await ask('evm_snapshot')
        await access.send(pay)
        const settled = access.settle(NEVER)
        await new Promise((resolve) => setTimeout(resolve, 200))
        await ask('evm_revert', snapshot)
        while ((await paid()) === before) await new Promise((resolve) => setTimeout(resolve, 50))
        expect((await rows())[0]?.reason).to.match(/reorganised|not in the chain/u)
        await ask('hardhat_mine', '0x3')
        await settled
        expect((await rows())[0]).to.include({ state: 'final' })
      },
      { finality: 3 },
    )
  })

  it('prices what is stuck higher, both fees by an eighth, and has it mined once', async () => {
    await withSender(
      async ({ access, rows }) => {
        const before = await paid()
        await ask('evm_setAutomine', false)
        const sent = access.send(pay)
        await until(sent, async () => ((await rows())[0]?.attempts.length ?? 0) >= 3)
        const [waiting] = await transactionsOnTheirWay(database)
        expect(waiting).to.include({ intent: 'pay', nonce: 0, state: 'sent' })
        expect(waiting?.forms).to.be.greaterThan(2)
        await ask('evm_setAutomine', true)
        await ask('hardhat_mine', '0x1')
        const { hash } = await sent
        const [entry] = await rows()
        // Waiting for blocks on a chain that makes none by itself may have sent something of its own.
        const left = (await transactionsOnTheirWay(database)).filter(({ intent }) => !intent.startsWith('wake:'))
        expect(left).to.deep.equal([])
        expect(entry?.attempts.map((one) => one.hash)).to.include(hash)
        for (const [i, one] of entry!.attempts.slice(1).entries()) {
          expect(one.maxFeeWei * 1000n >= entry!.attempts[i]!.maxFeeWei * 1125n).to.equal(true)
          expect(one.tipWei * 1000n >= entry!.attempts[i]!.tipWei * 1125n).to.equal(true)
          expect(Transaction.from(one.raw!).nonce).to.equal(entry!.nonce)
        }
        expect((await paid()) - before).to.equal(7n)
      },
      { stuckAfterMs: 100 },
    )
  })

  it('follows a base fee that more than doubles', async () => {
    await withSender(async ({ access, rows }) => {
      await ask('evm_setAutomine', false)
      const sent = access.send(pay)
      await until(sent, async () => (await rows())[0]?.state === 'sent')
      const { maxFeeWei } = (await rows())[0]!.attempts[0]!
      await ask('hardhat_setNextBlockBaseFeePerGas', `0x${(maxFeeWei * 3n).toString(16)}`)
      await ask('hardhat_mine', '0x1')
      await until(sent, async () => ((await rows())[0]?.attempts.length ?? 0) >= 2)
      await until(sent, async () => {
        await ask('hardhat_mine', '0x1')
        return (await rows())[0]?.state === 'final'
      })
      await sent
      expect((await rows())[0]!.attempts.at(-1)!.maxFeeWei > maxFeeWei * 3n).to.equal(true)
    })
  })

  it('stops with TRANSACTION_STUCK at the cap, and goes on with the same nonce once the cap is raised', async () => {
    await ask('hardhat_setNextBlockBaseFeePerGas', `0x${GWEI.toString(16)}`)
    await ask('hardhat_mine', '0x1')
    const limits = { stuckAfterMs: 50, minedWithinMs: 500, maxFeeWei: 4n * GWEI }
    await withSender(async ({ access, rows }) => {
      await ask('evm_setAutomine', false)
      expect(await access.send(pay).catch((error: unknown) => error)).to.have.property('code', 'TRANSACTION_STUCK')
      const [entry] = await rows()
      expect(entry?.state).to.equal('sent')
      expect(entry!.attempts.every(({ maxFeeWei }) => maxFeeWei <= limits.maxFeeWei)).to.equal(true)
      await ask('hardhat_mine', '0x1')
      expect((await access.send(pay)).hash).to.equal(entry!.attempts.at(-1)!.hash)
    }, limits)
  })

  it('follows the same change under another hash, as a wallet speeds it up', async () => {
    await withSender(async ({ access, rows, foreign }) => {
      const before = await paid()
      await ask('evm_setAutomine', false)
      const sent = access.send(pay)
      await until(sent, async () => (await rows())[0]?.state === 'sent')
      const hash = await foreign({ to: SOMEBODY, value: 7n, nonce: 0, gwei: 50n })
      await ask('hardhat_mine', '0x1')
      expect((await sent).hash).to.equal(hash)
      expect((await rows())[0]!.attempts.at(-1)).to.include({ hash, raw: null })
      expect((await paid()) - before).to.equal(7n)
    })
  })

  it('sends its own form again when the one that a wallet had sped up falls out of the chain', async () => {
    await withSender(
      async ({ access, rows, foreign }) => {
        const before = await paid()
        await ask('evm_setAutomine', false)
        const snapshot = await ask('evm_snapshot')
        const sent = access.send(pay)
        await until(sent, async () => (await rows())[0]?.state === 'sent')
        const hash = await foreign({ to: SOMEBODY, value: 7n, nonce: 0, gwei: 50n })
        await ask('hardhat_mine', '0x1')
        expect((await sent).hash).to.equal(hash)
        await ask('evm_revert', snapshot)
        await ask('evm_setAutomine', true)
        expect((await access.send(pay)).hash).to.equal((await rows())[0]!.attempts[0]!.hash)
        expect((await paid()) - before).to.equal(7n)
      },
      { finality: 3 },
    )
  })

  it('sends the intent under the next nonce when something else took its own', async () => {
    await withSender(async ({ access, rows, foreign }) => {
      const before = await paid()
      await ask('evm_setAutomine', false)
      const sent = access.send(pay)
      await until(sent, async () => (await rows())[0]?.state === 'sent')
      await foreign({ to: `0x${'44'.repeat(20)}`, value: 1n, nonce: 0, gwei: 50n })
      await ask('evm_setAutomine', true)
      await ask('hardhat_mine', '0x1')
      await sent
      expect((await rows())[0]).to.include({ nonce: 1, intent: 'pay' })
      const [old] = await database.query("select nonce, reason from transactions where state = 'replaced'")
      expect(Reflect.get(old!, 'reason')).to.match(/took nonce 0/u)
      expect((await paid()) - before).to.equal(7n)
    })
  })

  it('signs nothing for a contract that is missing or has other code, or that it may not pay for', async () => {
    const code = lowerCaseHex(keccak256('0x6001'))
    await ask('hardhat_setCode', `0x${'55'.repeat(20)}`, '0x6000')
    await withSender(
      async ({ access, rows }) => {
        expect(await refusal(access, { to: `0x${'66'.repeat(20)}`, data: '0x12345678' })).to.equal('CHAIN_MISMATCH')
        expect(await refusal(access, { to: `0x${'55'.repeat(20)}`, data: '0x12345678' })).to.equal('DEPLOYMENT_DIFFERS')
        expect(await refusal(access, { valueWei: 10n ** 21n })).to.equal('FUNDS_MISSING')
        expect(await rows()).to.deep.equal([])
      },
      {},
      { codeHash: () => code },
    )
    for (const [limits, wanted] of [
      [{ maxFeeWei: 1n }, 'FEE_ABOVE_CAP'],
      [{ maxSpendWei: 1n }, 'SPENDING_CAP_REACHED'],
    ] as const) {
      await withSender(async ({ access, rows }) => {
        expect(await refusal(access, {})).to.equal(wanted)
        expect(await rows()).to.deep.equal([])
      }, limits)
    }
  })
})
