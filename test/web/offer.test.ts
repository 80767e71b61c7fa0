import { expect } from 'chai'
import type { Eligibility, Phase, Reason } from '../../web/gallery/answers.ts'
import { type MintFacts, mintOffer, type MintStep, phaseToMintIn } from '../../web/mint/offer.ts'

const WALLET = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const HASH = `0x${'ab'.repeat(32)}`
const INFO = { uuid: '1', name: 'Purse', icon: '', rdns: 'org.purse' }
const ETHER = 10n ** 18n

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
  }
  return {
    rank: 3,
    owner: null,
    drop: { network, phases: [phase()], stage: 'live' },
    wallet: { offered: [INFO], chosen: INFO, account: WALLET, chainId: 31_337 },
    eligibility: eligibility(),
    gasWei: null,
    step: { at: 'start' },
    time: 1500,
    ...changes,
  }
}

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
    expect([action, notes]).to.deep.equal([null, ["0.01 ETH are missing, the network's fee included."]])
  })

  const codes = [
    ['PIECE_TAKEN', 'Taken a moment ago'],
    ['SOLD_OUT', 'Sold out'],
    ['LIMIT_REACHED', 'You have your share'],
    ['NOT_ON_LIST', 'Not on the list'],
    ['SALES_PAUSED', 'The sale is paused'],
  ] as const
  for (const [code, label] of codes) {
    it(`can't be pressed for ${code}, and says “${label}”`, () => {
      const offer = mintOffer(facts({ eligibility: eligibility([{ code, message: 'Because.' }]) }))
      expect([offer.label, offer.action]).to.deep.equal([label, null])
    })
  }

  it('calls a piece taken when another has it, and yours when you have it', () => {
    expect(mintOffer(facts({ owner: '0x12' })).label).to.equal('Taken')
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
    [{ at: 'included', hash: HASH, block: 812, confirmations: 1 }, 'In block 812, 1 of 3 confirmations', true],
    [{ at: 'final', hash: HASH }, 'No. 4 is yours', false],
    [{ at: 'cancelled' }, 'Start again', false],
    [{ at: 'failed', message: 'No.', hash: null }, 'Try again', false],
  ]
  for (const [step, label, busy] of steps) {
    it(`says “${label}” while a mint is ${step.at}`, () => {
      const offer = mintOffer(facts({ step }))
      expect([offer.label, offer.busy]).to.deep.equal([label, busy])
    })
  }

  it('is final only when the chain says so, and busy until then', () => {
    const step = { at: 'included', hash: HASH, block: 1, confirmations: 2 } as const
    expect(mintOffer(facts({ step })).busy).to.equal(true)
  })
})

describe('web/mint/offer: phaseToMintIn', () => {
  const list = phase({ phase: 0, kind: 'allowlist' })
  const open = phase({ phase: 1 })
  const later = phase({ phase: 2, startsAt: 3000, endsAt: 4000 })

  it('takes the open phase that lets the wallet in', () => {
    expect(phaseToMintIn([list, open], eligibility(), 1500)).to.equal(list)
  })

  it('takes the cheapest of those that let the wallet in', () => {
    const verdicts = [open, list].map(({ phase: number }) => {
      return { phase: number, eligible: true, priceWei: number === 0 ? '5' : '3', reasons: [] }
    })
    expect(phaseToMintIn([list, open], { ...eligibility(), phases: verdicts }, 1500)).to.equal(open)
  })

  it('takes the public one for a wallet that is on no list', () => {
    const refused = eligibility([{ code: 'NOT_ON_LIST', message: '' }])
    expect(phaseToMintIn([list, open], refused, 1500)).to.equal(open)
  })

  it('waits for the next one when none is open, and has none when all are over', () => {
    expect(phaseToMintIn([open, later], null, 2500)).to.equal(later)
    expect(phaseToMintIn([open, later], null, 4000)).to.equal(undefined)
  })
})
