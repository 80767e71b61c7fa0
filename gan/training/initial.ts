import {
  type DiscriminatorKwargs,
  discriminatorShapes,
  type GeneratorKwargs,
  generatorShapes,
  planDiscriminator,
  planGenerator,
  type WeightShapes,
} from '../architecture.ts'
import type { Weights } from '../bundle.ts'
import type { MersenneTwister } from '../random.ts'

/** The untrained generator: standard normal weights, since learning rates are equalised at run time. */
export function initialGenerator(kwargs: GeneratorKwargs, random: MersenneTwister): Weights {
  return draw(generatorShapes(kwargs), planGenerator(kwargs).mapping_kwargs.lr_multiplier, random)
}

/** The untrained discriminator. */
export function initialDiscriminator(kwargs: DiscriminatorKwargs, random: MersenneTwister): Weights {
  return draw(discriminatorShapes(kwargs), planDiscriminator(kwargs).mapping_kwargs.lr_multiplier, random)
}

/** Where the mapping learns slower, what is stored is as much larger. */
function draw(shapes: WeightShapes, mappingRate: number, random: MersenneTwister): Weights {
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>()
  for (const [name, shape] of shapes) {
    const data = new Float32Array(shape.reduce((product, length) => product * length, 1))
    const std = /mapping\.fc\d+\.weight$/.test(name) ? 1 / mappingRate : 1
    if (/\.(?:weight|const|noise_const)$/.test(name)) {
      for (let i = 0; i < data.length; i++) data[i] = random.nextGaussian() * std
    } else if (name.endsWith('.affine.bias')) {
      data.fill(1)
    }
    weights.set(name, { shape, data })
  }
  return weights
}
