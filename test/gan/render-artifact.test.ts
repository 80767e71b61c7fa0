import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import {
  ArtifactTooLarge,
  decodePng,
  MersenneTwister,
  MOST_ARTIFACT_BYTES,
  provenanceXmp,
  renderArtifact,
  composePiece,
  type Recipe,
} from '../../gan/index.ts'

/** Twin of the browser's known answers: pixels drawn from a seed, the recipe, and the digests that must come out. */
interface ArtifactVectors {
  readonly recipe: Recipe
  readonly provenance: { readonly model: `0x${string}`; readonly recipeDigest: `0x${string}`; readonly seed: string }
  readonly cases: readonly {
    readonly pixelSeed: number
    readonly size: number
    readonly pixelDigest: string
    readonly artifactDigest: string
    readonly bytes: number
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/artifact.json', import.meta.url), 'utf8'),
) as ArtifactVectors

/** Neither flat nor noise: a walk in which each byte stays near the one to its left. */
function walkPixels(seed: number, size: number): Uint8Array {
  const random = new MersenneTwister(seed)
  const rgb = new Uint8Array(size * size * 3)
  for (let i = 0; i < rgb.length; i++) rgb[i] = (i < 3 ? 128 : rgb[i - 3]!) + random.nextBelow(13) - 6
  return rgb
}

function digestOf(bytes: Uint8Array): string {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`
}

describe('gan/render-artifact', () => {
  describe('renderArtifact', () => {
    for (const { pixelSeed, size, pixelDigest, artifactDigest, bytes } of vectors.cases) {
      it(`gives the known file for pixels ${pixelSeed}`, () => {
        const rgb = walkPixels(pixelSeed, size)
        const file = renderArtifact(rgb, size, vectors.recipe, vectors.provenance)
        expect([digestOf(rgb), digestOf(file), file.length]).to.deep.equal([pixelDigest, artifactDigest, bytes])
      })
    }

    it('holds the composed piece and says where it came from', () => {
      const rgb = walkPixels(1, 8)
      const { width, height, rgb: pixels, xmp } = decodePng(renderArtifact(rgb, 8, vectors.recipe, vectors.provenance))
      expect({ width, height, rgb: pixels }).to.deep.equal(composePiece(rgb, 8, vectors.recipe))
      expect(xmp).to.include('digitalsourcetype/trainedAlgorithmicMedia')
      expect(xmp).to.include(vectors.provenance.model).and.include(vectors.provenance.recipeDigest)
      expect(xmp).to.include(`<latentmint:seed>${vectors.provenance.seed}</latentmint:seed>`)
    })

    it('refuses a file that would not fit into one block with GAN_ARTIFACT_TOO_LARGE', () => {
      const random = new MersenneTwister(3)
      const noise = Uint8Array.from({ length: 320 * 320 * 3 }, () => random.nextUint32() & 255)
      const recipe: Recipe = { ...vectors.recipe, upscale: { factor: 1, kernel: 'catmull-rom' } }
      const act = () => renderArtifact(noise, 320, recipe, vectors.provenance)
      expect(act).to.throw(ArtifactTooLarge).with.property('bytes').that.is.above(MOST_ARTIFACT_BYTES)
    })
  })

  describe('provenanceXmp', () => {
    it('cannot be broken out of', () => {
      const xmp = provenanceXmp({ model: '<b>&', recipe: ']]>', seed: '0' })
      expect(xmp).to.include('&lt;b&gt;&amp;').and.include(']]&gt;')
    })
  })
})
