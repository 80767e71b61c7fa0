import {
  type Bundle,
  discriminatorShapes,
  fitPicture,
  generatorShapes,
  MersenneTwister,
  type TrainingSet,
} from '../../../gan/index.ts'
import { renderIkat } from '../../../minter/dataset/ikat.ts'
import { randomWeights, tinyBundle } from '../tiny-bundle.ts'

/** Side of its pictures. */
export const SIZE = 32

/** A model of two classes that was never trained. */
export function model(): Bundle {
  const tiny = tinyBundle()
  const change = { img_resolution: SIZE, c_dim: 2 }
  const { G, D } = tiny.description
  const description = { ...tiny.description, G: { ...G, ...change }, D: { ...D, ...change }, classes: ['even', 'odd'] }
  const random = new MersenneTwister(3)
  const generator = randomWeights(random, generatorShapes(description.G))
  return { ...tiny, description, generator, discriminator: randomWeights(random, discriminatorShapes(description.D)) }
}

/** Cloths of the two classes in turn. */
export function cloth(count: number): TrainingSet {
  const images = new Uint8Array(count * 3 * SIZE * SIZE)
  for (let i = 0; i < count; i++) {
    const picture = { width: 64, height: 64, rgb: renderIkat(i) }
    images.set(fitPicture(picture, SIZE, 'centre').rgb, i * 3 * SIZE * SIZE)
  }
  return { images, labels: Uint8Array.from({ length: count }, (_, i) => i % 2), classes: ['even', 'odd'], size: SIZE }
}
