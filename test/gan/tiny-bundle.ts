import {
  discriminatorShapes,
  featureCount,
  generatorShapes,
  MersenneTwister,
  type Bundle,
  type BundleDescription,
  type Weights,
  type WeightShapes,
} from '../../gan/index.ts'

/** A description of the smallest model that has every kind of layer; with names of classes, a conditional one. */
export function tinyDescription(classes: readonly string[] = []): BundleDescription {
  return {
    name: 'tiny',
    G: {
      z_dim: 8,
      c_dim: classes.length,
      w_dim: 8,
      img_resolution: 8,
      img_channels: 3,
      mapping_kwargs: { num_layers: 2 },
      synthesis_kwargs: { channel_base: 64, channel_max: 8 },
    },
    D: {
      c_dim: classes.length,
      img_resolution: 8,
      img_channels: 3,
      channel_base: 64,
      channel_max: 8,
      epilogue_kwargs: { mbstd_group_size: 4, mbstd_num_channels: 1 },
    },
    kimg: 0,
    datasetRoot: `0x${'00'.repeat(32)}`,
    licence: 'CC0-1.0',
    contact: 'nobody',
    ...(classes.length > 0 && { classes }),
  }
}

/** A bundle with random weights; not a good artist, but whole. */
export function tinyBundle(classes: readonly string[] = []): Bundle {
  return randomBundle(tinyDescription(classes))
}

/** The same with so many channels that its filters are above four mebibytes each, which engines need not hold. */
export function wideBundle(): Bundle {
  const { G, D, ...rest } = tinyDescription()
  const channels = { channel_base: 16_384, channel_max: 400 }
  return randomBundle({ ...rest, G: { ...G, synthesis_kwargs: channels }, D: { ...D, ...channels } })
}

function randomBundle(description: BundleDescription): Bundle {
  const random = new MersenneTwister(7)
  const features = featureCount(description.D)
  return {
    description,
    generator: randomWeights(random, generatorShapes(description.G)),
    discriminator: randomWeights(random, discriminatorShapes(description.D)),
    calibration: {
      logits: [Float32Array.of(-1, 0, 0, 2.5)],
      featureMean: new Float32Array(features),
      featureStd: new Float32Array(features).fill(1),
    },
  }
}

/** Standard normal, whatever the layer. */
export function randomWeights(random: MersenneTwister, shapes: WeightShapes): Weights {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1)
      return [name, { shape, data: Float32Array.from({ length }, () => random.nextGaussian()) }]
    }),
  )
}
