import { expect } from 'chai'
import { Interface } from 'ethers'
import { MINT_ERRORS } from '../../web/mint/contract-errors.ts'
import { type AskChain, look, type Seen, type Sent } from '../../web/mint/follow.ts'
import type { MintStep } from '../../web/mint/offer.ts'

const FROM = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const COLLECTION = `0x${'c0'.repeat(20)}`
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
const SENT: Sent = { hash: '0x01', from: FROM, nonce: 5, input: '0xaa', unseen: 0 }
const WAITING: MintStep = { at: 'sent', hash: '0x01', spedUp: false, reorganised: false }
const WANTED = { collection: COLLECTION, tokenId: '65538', confirmations: 3, currency: 'ETH' }

const word = (value: string | number) => `0x${BigInt(value).toString(16).padStart(64, '0')}`

/** A chain that answers from a table; a function may throw, as a node that says no does. */
function chain(answers: Readonly<Record<string, unknown>>): AskChain {
  return async <T>(method: string) => {
    const answer = answers[method] ?? null
    return (typeof answer === 'function' ? (answer as () => unknown)() : answer) as T
  }
}

const refuse = (error: unknown) => () => {
  throw error
}

/** The receipt of a mint in block 10. */
function receipt(changes: { tokenId?: string; collection?: string; status?: string } = {}) {
  const { tokenId = WANTED.tokenId, collection = COLLECTION, status = '0x1' } = changes
  return {
    blockNumber: '0xa',
    status,
    gasUsed: '0x186a0',
    effectiveGasPrice: '0x3b9aca00',
    logs: [{ address: collection, topics: [TRANSFER, word(0), word(FROM), word(tokenId)] }],
  }
}

/** A chain that has finalised its blocks up to a number. */
const finalising = (number: string) =>
  chain({ eth_getTransactionReceipt: receipt(), eth_getBlockByNumber: { number }, eth_blockNumber: '0xff' })

/** A chain that knows nothing of finality, and has come to a number. */
const counting = (head: string) =>
  chain({
    eth_getTransactionReceipt: receipt(),
    eth_getBlockByNumber: refuse(new Error('finalized block not found')),
    eth_blockNumber: head,
  })

/** The nonce was used by another transaction. */
const replacedBy = (transaction: { input: string; to: string }) =>
  chain({
    eth_getTransactionCount: '0x6',
    eth_blockNumber: '0x3',
    eth_getBlockByNumber: { transactions: [{ hash: '0x02', from: FROM, nonce: '0x5', ...transaction }] },
  })

describe('web/mint/follow: look', () => {
  it('waits while no node has a receipt, and learns the nonce', async () => {
    const shown = { hash: '0x01', from: FROM, to: COLLECTION, nonce: '0x7', input: '0xaa' }
    const seen = await look(chain({ eth_getTransactionByHash: shown }), { ...SENT, nonce: null }, WAITING, WANTED)
    expect([seen.step, seen.sent.nonce]).to.deep.equal([WAITING, 7])
  })

  it('believes the chain’s finalised block where it names one', async () => {
    const early = await look(finalising('0x9'), SENT, WAITING, WANTED)
    const late = await look(finalising('0xa'), SENT, WAITING, WANTED)
    expect([early.step.at, late.step.at]).to.deep.equal(['included', 'final'])
    expect(late.step).to.deep.include({ block: 10, owner: FROM, standing: { rule: 'finalized', upTo: 10 } })
  })

  it('counts confirmations where the chain knows no finalised block, and calls it final at the last of them', async () => {
    const early = await look(counting('0xa'), SENT, WAITING, WANTED)
    const late = await look(counting('0xc'), SENT, WAITING, WANTED)
    expect(early.step).to.deep.include({ at: 'included', standing: { rule: 'confirmations', have: 1, wanted: 3 } })
    expect(late.step.at).to.equal('final')
  })

  const strangers = [
    ['another piece', receipt({ tokenId: '65539' })],
    ['another collection', receipt({ collection: `0x${'dd'.repeat(20)}` })],
    ['nothing at all', { ...receipt(), logs: [] }],
  ] as const
  for (const [what, other] of strangers) {
    it(`does not take a transaction that minted ${what} for this piece’s`, async () => {
      const { step } = await look(chain({ eth_getTransactionReceipt: other }), SENT, WAITING, WANTED)
      expect(step).to.deep.include({ at: 'failed', message: 'This transaction did not mint this piece.' })
    })
  }

  it('says why the chain turned it down, and what that cost', async () => {
    const data = new Interface(MINT_ERRORS).encodeErrorResult('TokenAlreadyExists', [])
    const ask = chain({
      eth_getTransactionReceipt: receipt({ status: '0x0' }),
      eth_getTransactionByHash: { hash: '0x01', from: FROM, to: COLLECTION, nonce: '0x5', input: '0xaa' },
      eth_call: refuse({ code: 3, data }),
    })
    const { step } = await look(ask, SENT, WAITING, WANTED)
    expect(step).to.deep.include({
      at: 'failed',
      message: 'Someone else has minted this piece a moment ago. You paid 0.0001 ETH of network fee, nothing else.',
    })
  })

  it('follows a transaction that was sped up', async () => {
    const { step, sent } = await look(replacedBy({ input: '0xaa', to: COLLECTION }), SENT, WAITING, WANTED)
    expect([step, sent.hash]).to.deep.equal([{ at: 'sent', hash: '0x02', spedUp: true, reorganised: false }, '0x02'])
  })

  it('follows it also on a page that was opened anew and knows the hash only', async () => {
    const { step } = await look(replacedBy({ input: '0xaa', to: COLLECTION }), { ...SENT, input: '' }, WAITING, WANTED)
    expect(step).to.deep.include({ at: 'sent', hash: '0x02', spedUp: true })
  })

  it('calls it cancelled when the wallet put an empty call in its place, and otherwise when it put another', async () => {
    const empty = await look(replacedBy({ input: '0x', to: FROM }), SENT, WAITING, WANTED)
    const other = await look(replacedBy({ input: '0xbb', to: COLLECTION }), SENT, WAITING, WANTED)
    expect([empty.step, other.step]).to.deep.equal([
      { at: 'cancelled', by: 'cancel' },
      { at: 'cancelled', by: 'other' },
    ])
  })

  it('says so when the block that held it is gone', async () => {
    const standing = { rule: 'confirmations', have: 1, wanted: 3 } as const
    const before: MintStep = { at: 'included', hash: '0x01', block: 10, owner: FROM, standing }
    const { step } = await look(chain({ eth_getTransactionCount: '0x5' }), SENT, before, WANTED)
    expect(step).to.deep.equal({ at: 'sent', hash: '0x01', spedUp: false, reorganised: true })
  })

  it('gives it up as lost when no node has seen it for a while, and finds it again when one does', async () => {
    let seen: Seen = { step: WAITING, sent: SENT }
    const steps: string[] = []
    for (let i = 0; i < 8; i++) {
      seen = await look(chain({ eth_getTransactionCount: '0x5' }), seen.sent, seen.step, WANTED)
      steps.push(seen.step.at)
    }
    expect(steps).to.deep.equal([...Array<string>(7).fill('sent'), 'lost'])
    const back = await look(chain({ eth_getTransactionReceipt: receipt() }), seen.sent, seen.step, WANTED)
    expect([back.step.at, back.sent.unseen]).to.deep.equal(['included', 0])
  })
})
