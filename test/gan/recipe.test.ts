import { expect } from 'chai'
import { composePiece, parseRecipe, RecipeInvalid, type Recipe, upscaleTile } from '../../gan/index.ts'
import { weaveSett } from '../../gan/weave.ts'

function exampleRecipe(): Recipe {
  return {
    version: 1,
    engine: { name: 'tfjs-backend-wasm', version: '4.22.0', wasmDigest: `0x${'ab'.repeat(32)}` },
    psi: '0.8',
    cutoff: null,
    noiseMode: 'const',
    mirror: 'quadrant',
    upscale: { factor: 4, kernel: 'catmull-rom' },
    png: 1,
  }
}

describe('gan/recipe', () => {
  describe('parseRecipe', () => {
    it('accepts a recipe that was written as JSON', () => {
      expect(parseRecipe(JSON.parse(JSON.stringify(exampleRecipe())))).to.deep.equal(exampleRecipe())
    })

    for (const psi of ['0', '1', '0.75', '-0.5', '1.2']) {
      it(`accepts psi ${psi}`, () => {
        expect(parseRecipe({ ...exampleRecipe(), psi }).psi).to.equal(psi)
      })
    }

    for (const [what, change, field] of [
      ['psi as a number', { psi: 0.8 }, 'psi'],
      ['psi with a zero that says nothing', { psi: '0.80' }, 'psi'],
      ['psi as an exponent', { psi: '8e-1' }, 'psi'],
      ['another version', { version: 2 }, 'version'],
      ['a cutoff of half a layer', { cutoff: 1.5 }, 'cutoff'],
      ['no cutoff at all', { cutoff: undefined }, 'cutoff'],
      ['random noise, which nobody could repeat', { noiseMode: 'random' }, 'noiseMode'],
      ['an unknown way of mirroring', { mirror: 'kaleidoscope' }, 'mirror'],
      ['an enlargement without end', { upscale: { factor: 17, kernel: 'catmull-rom' } }, 'upscale.factor'],
      ['another kernel', { upscale: { factor: 4, kernel: 'lanczos' } }, 'upscale.kernel'],
      [
        'an upper-case digest',
        { engine: { ...exampleRecipe().engine, wasmDigest: `0x${'AB'.repeat(32)}` } },
        'engine.wasmDigest',
      ],
      ['no engine', { engine: null }, 'engine'],
      ['a key that nobody knows', { sharpen: true }, 'sharpen'],
    ] as const) {
      it(`refuses ${what} with GAN_RECIPE_INVALID, naming ${field}`, () => {
        expect(() => parseRecipe({ ...exampleRecipe(), ...change }))
          .to.throw(RecipeInvalid)
          .with.property('field', field)
      })
    }

    for (const value of [null, 'recipe', 7]) {
      it(`refuses ${JSON.stringify(value)}`, () => {
        expect(() => parseRecipe(value)).to.throw(RecipeInvalid)
      })
    }
  })

  describe('composePiece', () => {
    const quadrant = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => i * 5)

    it('doubles the side by mirroring and multiplies it by the factor', () => {
      const piece = composePiece(quadrant, 4, exampleRecipe())
      expect([piece.width, piece.height, piece.rgb.length]).to.deep.equal([32, 32, 32 * 32 * 3])
    })

    it('gives the outermost pixels the colours of those inside them where the recipe says so', () => {
      const rimless = composePiece(quadrant, 4, { ...exampleRecipe(), mirror: 'rimless-quadrant' })
      const inside = [5, 5, 6, 6, 5, 5, 6, 6, 9, 9, 10, 10, 9, 9, 10, 10]
      const replaced = Uint8Array.from(
        { length: 4 * 4 * 3 },
        (_, i) => quadrant[(inside[Math.floor(i / 3)] ?? 0) * 3 + (i % 3)] ?? 0,
      )
      expect(rimless.rgb).to.deep.equal(composePiece(replaced, 4, exampleRecipe()).rgb)
    })

    it('weaves half a sett where the recipe says so', () => {
      const piece = composePiece(quadrant, 4, { ...exampleRecipe(), mirror: 'woven-sett' })
      expect(piece.rgb).to.deep.equal(upscaleTile(weaveSett(quadrant, 4), 8, 4))
      expect([piece.width, piece.height]).to.deep.equal([32, 32])
    })

    it('leaves the picture alone when nothing is mirrored or enlarged', () => {
      const recipe: Recipe = { ...exampleRecipe(), mirror: 'none', upscale: { factor: 1, kernel: 'catmull-rom' } }
      expect(composePiece(quadrant, 4, recipe).rgb).to.deep.equal(quadrant)
    })
  })
})
