import { expect } from 'chai'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { sha256, ZERO_DIGEST } from '../../minter/domain/digest.ts'
import {
  newVeto,
  readVetoes,
  type Veto,
  vetoDigest,
  VetoesInvalid,
  vetoesJson,
  VetoInvalid,
} from '../../minter/domain/vetoes.ts'

const vetoes = [
  { index: 7, reason: 'looks like a trademark', curator: 'Ada' },
  { index: 3, reason: 'a seam', curator: 'Ada' },
]

function vetoOf24(index: number, reason: string): Veto {
  return newVeto({ index, reason, curator: 'Ada' }, 24)
}

describe('minter/domain/vetoes', () => {
  it('reads back what it wrote, by candidate', () => {
    expect(readVetoes(vetoesJson(vetoes))).to.deep.equal(vetoes.toReversed())
  })

  it('gives the same bytes in whatever order the curator worked', () => {
    expect(vetoesJson(vetoes.toReversed())).to.deep.equal(vetoesJson(vetoes))
  })

  it('digests to zero when there is none, as the chain records it', () => {
    expect(vetoDigest([])).to.equal(ZERO_DIGEST)
    expect(vetoDigest(vetoes)).to.equal(sha256(vetoesJson(vetoes)))
  })

  it('throws VETOES_INVALID for a candidate vetoed twice, a veto without reason, or something else', () => {
    expect(() => readVetoes(vetoesJson([vetoes[0]!, vetoes[0]!]))).to.throw(VetoesInvalid)
    expect(() => readVetoes(vetoesJson([{ index: 1, reason: '', curator: 'Ada' }]))).to.throw(VetoesInvalid)
    expect(() => readVetoes(canonicalJson([]))).to.throw(VetoesInvalid)
  })

  it('throws VETO_INVALID for a candidate that there is not, and for a reason that is blank or endless', () => {
    expect(vetoOf24(23, ' a seam\n')).to.deep.equal({ index: 23, reason: 'a seam', curator: 'Ada' })
    for (const index of [24, -1, 0.5]) expect(() => vetoOf24(index, 'a seam')).to.throw(VetoInvalid)
    for (const reason of ['', ' \n', 'x'.repeat(2001)]) expect(() => vetoOf24(3, reason)).to.throw(VetoInvalid)
  })
})
