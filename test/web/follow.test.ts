import { expect } from 'chai'
import { type AskChain, look, type Sent } from '../../web/mint/follow.ts'
import type { MintStep } from '../../web/mint/offer.ts'

const FROM = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const SENT: Sent = { hash: '0x01', from: FROM, nonce: 5, input: '0xaa' }
const WAITING: MintStep = { at: 'sent', hash: '0x01', spedUp: false, reorganised: false }

/** A chain that answers from a table. */
function chain(answers: Readonly<Record<string, unknown>>): AskChain {
  return <T>(method: string) => Promise.resolve((answers[method] ?? null) as T)
}

/** The nonce was used by another transaction. */
const replacedBy = (input: string) =>
  chain({
    eth_getTransactionCount: '0x6',
    eth_blockNumber: '0x3',
    eth_getBlockByNumber: { transactions: [{ hash: '0x02', from: FROM, nonce: '0x5', input }] },
  })

describe('web/mint/follow: look', () => {
  it('waits while no node has a receipt, and learns the nonce', async () => {
    const shown = { hash: '0x01', from: FROM, nonce: '0x7', input: '0xaa' }
    const { step, sent } = await look(chain({ eth_getTransactionByHash: shown }), { ...SENT, nonce: null }, WAITING, 3)
    expect([step, sent.nonce]).to.deep.equal([WAITING, 7])
  })

  it('counts confirmations, and calls it final at the last of them', async () => {
    const receipt = { blockNumber: '0xa', status: '0x1' }
    const at = (head: string) => chain({ eth_getTransactionReceipt: receipt, eth_blockNumber: head })
    const early = await look(at('0xa'), SENT, WAITING, 3)
    const late = await look(at('0xc'), SENT, WAITING, 3)
    expect(early.step).to.deep.equal({ at: 'included', hash: '0x01', block: 10, confirmations: 1 })
    expect(late.step).to.deep.equal({ at: 'final', hash: '0x01' })
  })

  it('says that only the fee was paid when the chain turned it down', async () => {
    const receipt = { blockNumber: '0xa', status: '0x0' }
    const { step } = await look(chain({ eth_getTransactionReceipt: receipt }), SENT, WAITING, 3)
    expect(step.at).to.equal('failed')
  })

  it('follows a transaction that was sped up', async () => {
    const { step, sent } = await look(replacedBy('0xaa'), SENT, WAITING, 3)
    expect([step, sent.hash]).to.deep.equal([{ at: 'sent', hash: '0x02', spedUp: true, reorganised: false }, '0x02'])
  })

  it('calls it cancelled when the wallet put an empty call in its place', async () => {
    expect((await look(replacedBy('0x'), SENT, WAITING, 3)).step).to.deep.equal({ at: 'cancelled' })
  })

  it('says so when the block that held it is gone', async () => {
    const before: MintStep = { at: 'included', hash: '0x01', block: 10, confirmations: 1 }
    const { step } = await look(chain({ eth_getTransactionCount: '0x5' }), SENT, before, 3)
    expect(step).to.deep.equal({ at: 'sent', hash: '0x01', spedUp: false, reorganised: true })
  })
})
