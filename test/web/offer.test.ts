import { expect } from 'chai'
import * as fc from 'fast-check'
import type { Eligibility, Phase, Reason } from '../../web/gallery/answers.ts'
import { type MintFacts, mintOffer, type MintStep, phaseToMintIn } from '../../web/mint/offer.ts'

const WALLET = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const HASH = `0x${'ab'.repeat(32)}`
const INFO = { uuid: '1', name: 'Purse', icon: '', rdns: 'org.purse' }
const ETHER = 10n ** 18n
const COUNTED = { rule: 'confirmations', have: 1, wanted: 3 } as const
const BLOCK = { hash: HASH, block: 812, owner: WALLET, standing: COUNTED } as const

function phase(changes: Partial<Phase> = {}): Phase {
  return {
    phase: 0,
    name: 'Everyone',
    kind: 'public',
    state: 'open',
    startsAt: 1000,
    endsAt: 2000,
    limit: 0,
    price: { startWei: String(ETHER), endWei: String(ETHER) },
    priceWei: String(ETHER),
    ...changes,
  }
}

function eligibility(reasons: readonly Reason[] = [], balanceWei: bigint = 2n * ETHER): Eligibility {
  const verdict = { phase: 0, eligible: reasons.length === 0, priceWei: String(ETHER), reasons }
  return { wallet: WALLET, rank: 3, balanceWei: String(balanceWei), head: { number: 1, time: 1500 }, phases: [verdict] }
}

function facts(changes: Partial<MintFacts> = {}): MintFacts {
  const network = {
    chainId: 31_337,
    name: 'Loom',
    rpcUrl: 'http://127.0.0.1:8545',
    currency: 'ETH',
    explorerUrl: null,
    gateways: [],
    confirmations: 3,
    unlocked: false,
  }
  return {
    rank: 3,
    owner: null,
    drop: { network, phases: [phase()], stage: 'live', liveAt: 0 },
    wallet: { offered: [INFO], chosen: INFO, account: WALLET, chainId: 31_337 },
    eligibility: eligibility(),
    problem: null,
    gasWei: null,
    step: { at: 'start' },
    time: 1500,
    ...changes,
  }
}

const KINDS = ['public', 'allowlist', 'voucher'] as const
const CODES = [
  'DROP_NOT_COMMITTED',
  'CHALLENGE_WINDOW',
  'SALES_PAUSED',
  'QUESTION_OPEN',
  'DROP_CLOSED',
  'DROP_VOIDED',
  'PHASE_NOT_OPEN',
  'PHASE_OVER',
  'SOLD_OUT',
  'PIECE_TAKEN',
  'PIECE_HELD',
  'PIECE_NOT_FOR_SALE',
  'NOT_ON_LIST',
  'NOT_INVITED',
  'LIMIT_REACHED',
  'FUNDS_MISSING',
] as const

const sale = (...phases: Phase[]) => ({ ...facts().drop, phases })
const firstNote = (step: MintStep) => mintOffer(facts({ step })).notes[0]

const disconnected = { offered: [INFO], chosen: null, account: null, chainId: null }

describe('web/mint/offer: mintOffer', () => {
  it('names the piece and its price when everything is fine', () => {
    const { label, action } = mintOffer(facts())
    expect([label, action]).to.deep.equal(['Mint no. 4 for 1 ETH', 'mint'])
  })

  it('tells the network’s fee once it is known', () => {
    expect(mintOffer(facts({ gasWei: ETHER / 1000n })).notes).to.deep.equal(['1 ETH + about 0.001 ETH network fee'])
  })

  it('offers the wallets of the browser when none is chosen', () => {
    expect(mintOffer(facts({ wallet: disconnected })).action).to.equal('choose-wallet')
  })

  it('says that there is no wallet, and what would be one', () => {
    const offer = mintOffer(facts({ wallet: { ...disconnected, offered: [] } }))
    expect([offer.label, offer.action]).to.deep.equal(['No wallet in this browser', null])
  })

  it('says that the sale is over before it asks for a wallet', () => {
    const { drop } = facts()
    expect(mintOffer(facts({ wallet: disconnected, time: 5000 })).label).to.equal('The sale is over')
    expect(mintOffer(facts({ drop: { ...drop, stage: 'closed' } })).label).to.equal('The sale is over')
    expect(mintOffer(facts({ drop: { ...drop, stage: 'voided' } })).label).to.equal('The drop was voided')
  })

  it('switches the network before anything else', () => {
    const wallet = { offered: [INFO], chosen: INFO, account: WALLET, chainId: 1 }
    expect(mintOffer(facts({ wallet })).label).to.equal('Switch to Loom')
  })

  it('counts down to the opening, with every reason below', () => {
    const reasons: Reason[] = [
      { code: 'PHASE_NOT_OPEN', message: 'Not open.', until: 1541 },
      { code: 'NOT_ON_LIST', message: 'Not on the list.' },
    ]
    const { label, notes } = mintOffer(facts({ eligibility: eligibility(reasons) }))
    expect([label, notes]).to.deep.equal(['Opens in 41 s', ['Not open. In 41 s.', 'Not on the list.']])
  })

  it('says by how much the wallet falls short, the fee included', () => {
    const { action, notes } = mintOffer(facts({ eligibility: eligibility([], ETHER), gasWei: ETHER / 100n }))
    expect([action, notes]).to.deep.equal([
      null,
      ['0.01 ETH are missing, the network’s fee included: 1 ETH and about 0.01 ETH for the network.'],
    ])
  })

  const codes = [
    ['PIECE_TAKEN', 'Taken a moment ago'],
    ['PIECE_HELD', 'Someone is minting it'],
    ['SOLD_OUT', 'Sold out'],
    ['LIMIT_REACHED', 'Limit reached'],
    ['NOT_ON_LIST', 'Not on the list'],
    ['SALES_PAUSED', 'The sale is paused'],
    ['QUESTION_OPEN', 'Waits for an answer'],
  ] as const
  for (const [code, label] of codes) {
    it(`can't be pressed for ${code}, and says “${label}”`, () => {
      const offer = mintOffer(facts({ eligibility: eligibility([{ code, message: 'Because.' }]) }))
      expect([offer.label, offer.action]).to.deep.equal([label, null])
    })
  }

  it('calls a piece taken when another has it, and yours when you have it', () => {
    expect(mintOffer(facts({ owner: '0x12' })).label).to.equal('Taken a moment ago')
    expect(mintOffer(facts({ owner: WALLET })).label).to.equal('No. 4 is yours')
  })

  const steps: readonly (readonly [step: MintStep, label: string, busy: boolean])[] = [
    [{ at: 'connecting' }, 'Open Purse to connect…', true],
    [{ at: 'signing' }, 'Confirm in Purse…', true],
    [
      { at: 'sent', hash: HASH, spedUp: false, reorganised: false },
      'Sent, waiting for a block (0xababab…ababab)',
      true,
    ],
    [{ at: 'lost', hash: HASH }, 'Start again', false],
    [{ at: 'included', ...BLOCK }, 'In block 812, not final yet', true],
    [{ at: 'final', ...BLOCK }, 'No. 4 is yours', false],
    [{ at: 'cancelled', by: 'cancel' }, 'Start again', false],
    [{ at: 'failed', message: 'No.', hash: null }, 'Try again', false],
  ]
  for (const [step, label, busy] of steps) {
    it(`says “${label}” while a mint is ${step.at}`, () => {
      const offer = mintOffer(facts({ step }))
      expect([offer.label, offer.busy]).to.deep.equal([label, busy])
    })
  }

  it('tells by which rule it will be final, and by which it is', () => {
    const finalized = { ...BLOCK, standing: { rule: 'finalized', upTo: 800 } } as const
    expect(firstNote({ at: 'included', ...BLOCK })).to.equal('1 of 3 confirmations.')
    expect(firstNote({ at: 'included', ...finalized })).to.include('finalised its blocks up to 800')
    expect(firstNote({ at: 'final', ...BLOCK })).to.equal('Final: 3 blocks confirm it.')
    expect(firstNote({ at: 'final', ...finalized })).to.equal('Final: the chain has finalised block 812.')
  })

  it('does not tell a visitor that another’s piece is theirs', () => {
    const step = { at: 'final', ...BLOCK } as const
    const wallet = { ...disconnected, account: '0x12' }
    expect(mintOffer(facts({ step, wallet })).label).to.equal('No. 4 went to 0x709979…dc79c8')
  })

  it('says that the site gives no answer, instead of waiting for ever', () => {
    const offer = mintOffer(facts({ eligibility: null, problem: 'Failed to fetch' }))
    expect([offer.label, offer.busy]).to.deep.equal(['The site gives no answer', false])
    expect(mintOffer(facts({ eligibility: null })).busy).to.equal(true)
  })

  it('opens no earlier than the challenge window ends', () => {
    const { drop } = facts()
    const offer = mintOffer(facts({ wallet: disconnected, drop: { ...drop, liveAt: 1541 } }))
    expect(offer.notes).to.deep.equal(['“Everyone” opens in 41 s.'])
  })
})

describe('web/mint/offer: mintOffer, whatever happens', () => {
  const phases = fc.array(
    fc.record({ startsAt: fc.nat(3000), length: fc.integer({ min: 1, max: 3000 }), kind: fc.constantFrom(...KINDS) }),
    { maxLength: 3 },
  )
  const reason = fc.record(
    { code: fc.constantFrom(...CODES), message: fc.constant('Because.'), until: fc.nat(4000) },
    { requiredKeys: ['code', 'message'] },
  )
  const steps = fc.constantFrom<MintStep>(
    { at: 'start' },
    { at: 'connecting' },
    { at: 'switching' },
    { at: 'checking' },
    { at: 'signing' },
    { at: 'sent', hash: HASH, spedUp: true, reorganised: true },
    { at: 'lost', hash: HASH },
    { at: 'included', ...BLOCK },
    { at: 'final', ...BLOCK },
    { at: 'cancelled', by: 'other' },
    { at: 'failed', message: 'No.', hash: null },
  )
  const anything = fc
    .record({
      phases,
      reasons: fc.array(reason, { maxLength: 3 }),
      step: steps,
      stage: fc.constantFrom('announced', 'drawn', 'committed', 'live', 'closed', 'voided'),
      liveAt: fc.option(fc.nat(4000)),
      owner: fc.constantFrom(null, WALLET, '0x12'),
      account: fc.constantFrom(null, WALLET),
      chainId: fc.constantFrom(1, 31_337),
      balance: fc.bigInt(0n, 3n * ETHER),
      gas: fc.option(fc.bigInt(0n, ETHER)),
      known: fc.boolean(),
      time: fc.nat(7000),
    })
    .map((any): MintFacts => {
      const list = any.phases.map(({ startsAt, length, kind }, number) =>
        phase({ phase: number, startsAt, endsAt: startsAt + length, kind }),
      )
      const verdicts = list.map(({ phase: number }) => {
        return { phase: number, eligible: any.reasons.length === 0, priceWei: String(ETHER), reasons: any.reasons }
      })
      const { drop } = facts()
      return facts({
        drop: { ...drop, phases: list, stage: any.stage, liveAt: any.liveAt },
        eligibility: any.known ? { ...eligibility([], any.balance), phases: verdicts } : null,
        wallet: { offered: [INFO], chosen: null, account: any.account, chainId: any.chainId },
        owner: any.owner,
        gasWei: any.gas,
        step: any.step,
        time: any.time,
      })
    })

  it('has one label, waits only for what ends by itself, and never offers to press what is busy', () => {
    fc.assert(
      fc.property(anything, (any) => {
        const { label, action, busy, notes } = mintOffer(any)
        expect(label).not.to.equal('')
        expect(busy && action !== null).to.equal(false)
        expect(notes).to.not.include('')
        expect([label, ...notes].join(' ')).not.to.match(/undefined|null|NaN/u)
      }),
    )
  })

  it('offers to mint only what is free, open, allowed and paid for, on the right chain', () => {
    fc.assert(
      fc.property(anything, (any) => {
        if (mintOffer(any).action !== 'mint') return
        const { drop, wallet, owner, eligibility: verdicts, time, step, gasWei } = any
        const chosen = phaseToMintIn(drop, verdicts, time)!
        expect([owner, wallet.account, wallet.chainId, step.at]).to.deep.equal([null, WALLET, 31_337, 'start'])
        expect(verdicts!.phases.find((verdict) => verdict.phase === chosen.phase)!.reasons).to.deep.equal([])
        expect(BigInt(verdicts!.balanceWei) >= ETHER + (gasWei ?? 0n)).to.equal(true)
        expect(drop.stage).not.to.be.oneOf(['closed', 'voided'])
      }),
      { numRuns: 1000 },
    )
  })

  it('never forgets a transaction that is under way, whatever the site says meanwhile', () => {
    fc.assert(
      fc.property(anything, (any) => {
        const step: MintStep = { at: 'sent', hash: HASH, spedUp: false, reorganised: false }
        expect(mintOffer({ ...any, step }).label).to.match(/^Sent, waiting for a block/u)
      }),
    )
  })
})

describe('web/mint/offer: phaseToMintIn', () => {
  const list = phase({ phase: 0, kind: 'allowlist' })
  const open = phase({ phase: 1 })
  const later = phase({ phase: 2, startsAt: 3000, endsAt: 4000 })

  it('takes the open phase that lets the wallet in', () => {
    expect(phaseToMintIn(sale(list, open), eligibility(), 1500)).to.equal(list)
  })

  it('takes the cheapest of those that let the wallet in', () => {
    const verdicts = [open, list].map(({ phase: number }) => {
      return { phase: number, eligible: true, priceWei: number === 0 ? '5' : '3', reasons: [] }
    })
    expect(phaseToMintIn(sale(list, open), { ...eligibility(), phases: verdicts }, 1500)).to.equal(open)
  })

  it('takes the public one for a wallet that is on no list', () => {
    const refused = eligibility([{ code: 'NOT_ON_LIST', message: '' }])
    expect(phaseToMintIn(sale(list, open), refused, 1500)).to.equal(open)
  })

  it('waits for the next one when none is open, and has none when all are over', () => {
    expect(phaseToMintIn(sale(open, later), null, 2500)).to.equal(later)
    expect(phaseToMintIn(sale(open, later), null, 4000)).to.equal(undefined)
  })
})
