import { expect } from 'chai'
import * as fc from 'fast-check'
import { renderIkat } from '../../minter/dataset/ikat.ts'
import { createHashIndex, differenceHash, hashDistance } from '../../minter/dataset/similarity.ts'

const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint32Array(bytes.slice().buffer))

function hashOf(rgb: Uint8Array): Uint32Array {
  return differenceHash({ width: 64, height: 64, rgb })
}

describe('minter/dataset/similarity', () => {
  it('hardly changes a hash when a picture gets darker, and much when it is another', () => {
    const ikat = renderIkat(11)
    const darker = ikat.map((value) => Math.floor(value * 0.9))
    expect(hashDistance(hashOf(ikat), hashOf(darker))).to.be.lessThan(8)
    expect(hashDistance(hashOf(ikat), hashOf(renderIkat(12)))).to.be.greaterThan(20)
  })

  it('has a bit for each cell that is brighter than its right neighbour', () => {
    const ramp = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => 4 * (Math.floor(i / 3) % 64))
    expect([...hashOf(ramp)]).to.deep.equal(Array(8).fill(0))
    expect([...hashOf(ramp.map((value) => 252 - value))]).to.deep.equal(Array(8).fill(0xffffffff))
  })

  it('counts differing bits one by one', () => {
    fc.assert(
      fc.property(hashes, hashes, (a, b) => {
        const bits = [...a]
          .map((word, i) => (word ^ b[i]!) >>> 0)
          .map((word) => word.toString(2).replaceAll('0', '').length)
        expect(hashDistance(a, b)).to.equal(bits.reduce((sum, count) => sum + count, 0))
      }),
    )
  })

  it('finds every hash within reach, and none beyond', () => {
    const flips = fc.uniqueArray(fc.nat(255), { maxLength: 24 })
    fc.assert(
      fc.property(hashes, flips, fc.nat(20), (hash, bits, reach) => {
        const index = createHashIndex(reach)
        index.add('known', hash)
        const changed = hash.slice()
        for (const bit of bits) changed[bit >> 5]! ^= 1 << (bit & 31)
        const expected = bits.length <= reach ? { name: 'known', distance: bits.length } : null
        expect(index.find(changed)).to.deep.equal(expected)
      }),
    )
  })
})
