import { expect } from 'chai'
import * as fc from 'fast-check'
import type { Phase } from '../../web/gallery/answers.ts'
import { nextPhase, openPhases, opensAt, priceAt, stateAt } from '../../web/gallery/sale.ts'

function phase(changes: Partial<Phase> = {}): Phase {
  return {
    phase: 0,
    name: 'Everyone',
    kind: 'public',
    state: 'open',
    startsAt: 1000,
    endsAt: 2000,
    limit: 0,
    price: { startWei: '400', endWei: '200' },
    priceWei: null,
    ...changes,
  }
}

const sale = (...phases: Phase[]) => ({ phases, stage: 'live' as const, liveAt: 1200 })

describe('web/gallery/sale', () => {
  it('opens a phase when the selection can no longer be challenged, if that is later', () => {
    expect(opensAt({ liveAt: 1200 }, phase())).to.equal(1200)
    expect(opensAt({ liveAt: 900 }, phase())).to.equal(1000)
    expect(opensAt({ liveAt: null }, phase())).to.equal(1000)
  })

  it('takes the end as the first second after', () => {
    expect(stateAt({ liveAt: null }, phase(), 1999)).to.equal('open')
    expect(stateAt({ liveAt: null }, phase(), 2000)).to.equal('over')
  })

  it('knows what is open, and what opens next', () => {
    const later = phase({ phase: 1, startsAt: 3000, endsAt: 4000 })
    expect(openPhases(sale(phase(), later), 1100)).to.deep.equal([])
    expect(nextPhase(sale(later, phase()), 1100)?.phase).to.equal(0)
    expect(openPhases(sale(phase(), later), 1500).map((one) => one.phase)).to.deep.equal([0])
    expect(nextPhase(sale(phase(), later), 4000)).to.equal(undefined)
  })

  it('falls evenly, and stays at its ends outside of the phase', () => {
    const prices = [0, 1000, 1500, 2000, 9999].map((time) => priceAt(phase(), time))
    expect(prices).to.deep.equal([400n, 400n, 300n, 200n, 200n])
  })

  it('never rises, and never leaves the announced range', () => {
    const wei = fc.bigInt(0n, 10n ** 20n)
    fc.assert(
      fc.property(wei, wei, fc.nat(3000), fc.nat(3000), (a, b, earlier, wait) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        const falling = phase({ price: { startWei: String(high), endWei: String(low) } })
        const [first, second] = [priceAt(falling, earlier), priceAt(falling, earlier + wait)]
        expect(first >= second && second >= low && first <= high).to.equal(true)
      }),
    )
  })
})
