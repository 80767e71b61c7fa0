import { expect } from 'chai'
import { mirrorQuadrant } from '../../gan/index.ts'
import { quarterTurn, SIDE, softStep, wave } from '../../minter/dataset/cloth.ts'
import { LOOM_CLASSES, LOOM_COUNT, loomOf, renderLoom } from '../../minter/dataset/looms.ts'
import { sha256 } from '../../minter/domain/digest.ts'

/** Of the first, the second and a later cloth of each class. */
const DIGESTS: Readonly<Record<string, readonly string[]>> = {
  Ikat: [
    '0x42ca468d329e0e2a65f9c329b25a6e9952d4324e4341fe26d5181ea13155d9d1',
    '0x2485cce70884eb466ce3b68de9b5a94f35b763ef159731b615e5ea20695370a2',
    '0xc8e8efc2af10b411044d998d1a782dd68d3b26c05918be38d882906416777eda',
  ],
  Suzani: [
    '0x1fe2733ad5d8d1f9dfb02a8e6110c319bf0139e7d25e2fa7054e5bc00c9e34fb',
    '0x9290c3844434a3d1a2319490ffd53d02c53ff9fd7f4f5dd1aff2849ad92eec49',
    '0xd5fb67773d6bf29217f1c3f715b1f4837bbd41f6a8b9c70155f3ec0ea6e043da',
  ],
  Batik: [
    '0x0547e64385fa667de3e62005df90ef3ea37ecad8aa82e291b812bbaae8a230a2',
    '0x1d46607861634fd69888bd1d9378db4d726fa307cb542bb9f172fd47f40df5a7',
    '0x60ab2f407d346d73911339f2fe510aadc8de563480dc3dd624939d9de55fff4a',
  ],
  Kilim: [
    '0x35f98e784989ad3685d94b0647e0395fe708aebfa8b724c1a4ff4cf99dafe843',
    '0xa748cb841a09eead64c72be9a354e315ecf20c491045b83c341e5c3d6546cb90',
    '0xd73c23a3b1858a3424cfa48d6bc5e6223cff76dc104ce5c65641bff4151ded41',
  ],
  Shibori: [
    '0x6c0ec450845354225fd7fbacc59a6bd010b916a9bcd50c4dc9d0296ba5011ebc',
    '0x8c4ae3615bafbf6bd118fd56b0dc0972b493efe96762ae70edca8ccde68b3dfb',
    '0x536851d0ca9f050c62ec8ebf5212d9693a0a9d881d9eaf03c6fcdc61b12ae403',
  ],
}

const SEEDS = [0, 1, 4_000_000_000]

/** Mean absolute difference between each pixel of a column and its neighbour. */
function stepBeside(rgb: Uint8Array, side: number, column: number): number {
  let sum = 0
  for (let y = 0; y < side; y++) {
    for (let c = 0; c < 3; c++)
      sum += Math.abs(rgb[3 * (y * side + column) + c]! - rgb[3 * (y * side + column + 1) + c]!)
  }
  return sum / (3 * side)
}

describe('minter/dataset/looms', () => {
  describe('renderLoom', () => {
    for (const [loom, name] of LOOM_CLASSES.entries()) {
      it(`draws the same ${name} from the same seed on every machine`, () => {
        expect(SEEDS.map((seed) => sha256(renderLoom(loom, seed)))).to.deep.equal(DIGESTS[name])
      })

      it(`draws another ${name} from another seed`, () => {
        const drawn = Array.from({ length: 24 }, (_, seed) => sha256(renderLoom(loom, seed)))
        expect(new Set(drawn).size).to.equal(24)
      })

      it(`draws ${name} that mirrors without a seam: over many cloths, no rougher there than elsewhere`, () => {
        let seam = 0
        let elsewhere = 0
        for (let seed = 0; seed < 16; seed++) {
          const quadrant = renderLoom(loom, seed)
          seam += stepBeside(mirrorQuadrant(quadrant, SIDE), 2 * SIDE, SIDE - 1)
          for (let column = 0; column < SIDE - 1; column++) elsewhere += stepBeside(quadrant, SIDE, column) / (SIDE - 1)
        }
        expect(seam).to.equal(0)
        expect(elsewhere).to.be.within(16, 16 * 60)
      })
    }

    it('says that there is no such class', () => {
      expect(() => renderLoom(5, 0)).to.throw(RangeError, 'there is no loom 5, expected 0 to 4')
    })
  })

  describe('loomOf', () => {
    it('gives every class as many images of the dataset', () => {
      const counts = LOOM_CLASSES.map(
        (_, loom) => Array.from({ length: LOOM_COUNT }, (__, i) => loomOf(i)).filter((it) => it === loom).length,
      )
      expect(counts).to.deep.equal([2048, 2048, 2048, 2048, 2048])
    })
  })
})

describe('minter/dataset/cloth', () => {
  describe('quarterTurn', () => {
    it('is within half a degree of the arc tangent', () => {
      for (let degrees = 0; degrees <= 90; degrees++) {
        const angle = (degrees * Math.PI) / 180
        expect(90 * quarterTurn(Math.cos(angle), Math.max(0, Math.sin(angle)))).to.be.closeTo(degrees, 0.5)
      }
    })
  })

  describe('wave', () => {
    it('is 0 at whole turns, 1 half-way, and the same on both sides', () => {
      expect([wave(0), wave(3), wave(-2), wave(0.5)]).to.deep.equal([0, 0, 0, 1])
      expect(wave(0.3)).to.be.closeTo(wave(0.7), 1e-12)
    })
  })

  describe('softStep', () => {
    it('goes from 0 to 1 between -1/2 and 1/2', () => {
      expect([softStep(-0.5), softStep(0), softStep(0.5), softStep(-9), softStep(9)]).to.deep.equal([0, 0.5, 1, 0, 1])
    })
  })
})
