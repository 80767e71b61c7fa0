import { expect } from 'chai'
import { allowlistTree } from '../../minter/domain/allowlist.ts'
import { ZERO_DIGEST } from '../../minter/domain/digest.ts'
import { phaseTerms, type PhaseTerms } from '../../minter/domain/phase-terms.ts'
import { makePolicy } from './policy-fixture.ts'

const operator = `0x${'0e'.repeat(20)}`

/** The fixture's phases as they would be announced at second 1000. */
function announced(): readonly PhaseTerms[] {
  return makePolicy().phases.map((phase) => phaseTerms(phase, 1000, operator))
}

describe('minter/domain/phase-terms', () => {
  it('counts relative times from the announcement', () => {
    expect(announced().map(({ start, end }) => [start, end])).to.deep.equal([
      [1060, 4600],
      [4600, 6400],
      [6400, 87_400],
    ])
  })

  it('gates an allowlist phase by the root of its list, and floors it at its lowest price', () => {
    const [friends] = announced()
    const entries = makePolicy().phases[0]!.allowlist.map((entry) => ({ ...entry, priceWei: BigInt(entry.priceWei) }))
    expect(friends).to.include({ kind: 1, walletLimit: 2, gate: allowlistTree(entries).root })
    expect(friends?.priceEndWei).to.equal(5_000_000_000_000_000n)
  })

  it('gates a voucher phase by its signer, or by the operator where the policy names none', () => {
    const [, voucher] = makePolicy().phases
    expect(phaseTerms(voucher!, 0, operator).gate).to.equal(
      `0x${'0'.repeat(24)}70997970c51812dc3a010c7d01b50e0d17dc79c8`,
    )
    expect(phaseTerms({ ...voucher!, signer: null }, 0, operator).gate).to.equal(
      `0x${'0'.repeat(24)}${'0e'.repeat(20)}`,
    )
  })

  it('leaves a public phase open', () => {
    expect(announced()[2]).to.include({ kind: 0, gate: ZERO_DIGEST, priceStartWei: 50_000_000_000_000_000n })
  })
})
