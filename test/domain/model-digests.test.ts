import { expect } from 'chai'
import * as fc from 'fast-check'
import { writeBundle } from '../../gan/index.ts'
import {
  alteredParts,
  differingParts,
  digestModel,
  modelParts,
  ModelDigestsInvalid,
  parseModelDigests,
} from '../../minter/domain/model-digests.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'

const FILE = writeBundle(tinyBundle())
const DIGESTS = digestModel(FILE)

function withByte(at: number, change: number): Uint8Array {
  const file = FILE.slice()
  file[at]! ^= change
  return file
}

describe('minter/domain/model-digests', () => {
  it('covers the whole file, header first', () => {
    expect(DIGESTS.parts[0]).to.include({ name: 'header', begin: 0 })
    expect(parseModelDigests(JSON.parse(JSON.stringify(DIGESTS)))).to.deep.equal(DIGESTS)
  })

  it('finds nothing in a file that is unchanged', () => {
    expect(alteredParts(FILE, DIGESTS)).to.deep.equal([])
    expect(differingParts(FILE, FILE.slice())).to.deep.equal([])
  })

  it('names the tensor of any byte that was changed, and by a copy the byte', () => {
    fc.assert(
      fc.property(fc.nat(FILE.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = withByte(at, change)
        const { name } = modelParts(FILE).find(({ begin, end }) => at >= begin && at < end)!
        expect(alteredParts(altered, DIGESTS).map((part) => part.name)).to.deep.equal([name])
        expect(differingParts(altered, FILE)).to.have.lengthOf(1)
        expect(differingParts(altered, FILE)[0]).to.include({ name, firstByte: at, changed: 1 })
      }),
      { numRuns: 100 },
    )
  })

  it('names every tensor that was cut off, and the bytes that were added', () => {
    const [last] = modelParts(FILE).slice(-1)
    expect(alteredParts(FILE.subarray(0, -1), DIGESTS).map(({ name }) => name)).to.deep.equal([last!.name])
    expect(alteredParts(FILE.subarray(0, 3), DIGESTS)[0]!.name).to.equal('header')
    expect(alteredParts(Uint8Array.from([...FILE, 0]), DIGESTS)[0]).to.include({ begin: FILE.length, changed: 1 })
  })

  for (const [what, change] of [
    ['a part that does not follow', { parts: DIGESTS.parts.toSpliced(2, 1) }],
    ['parts that are not the file', { bytes: FILE.length + 1 }],
    ['a digest that is none', { digest: '0x' }],
    ['another version', { version: 2 }],
    ['a key that is not known', { more: 1 }],
  ] as const) {
    it(`refuses digests with ${what}`, () => {
      expect(() => parseModelDigests({ ...DIGESTS, ...change })).to.throw(ModelDigestsInvalid)
    })
  }

  it('refuses digests of which the whole is not that of the parts', () => {
    const digest = digestModel(withByte(FILE.length - 1, 1)).digest
    expect(() => alteredParts(FILE, { ...DIGESTS, digest })).to.throw(ModelDigestsInvalid)
  })
})
