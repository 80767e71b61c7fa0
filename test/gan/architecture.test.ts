import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import {
  blockResolutions,
  channelsAt,
  discriminatorShapes,
  generatorShapes,
  readSafetensors,
  type DiscriminatorKwargs,
  type GeneratorKwargs,
  type WeightShapes,
} from '../../gan/index.ts'

const vectors = new URL('../vectors/gan/', import.meta.url)

interface OfficialConfig {
  readonly G_kwargs: GeneratorKwargs
  readonly D_kwargs: DiscriminatorKwargs
}

/** Shapes in a file of official weights, without the constant filters. */
function officialShapes(url: URL): WeightShapes {
  const { tensors } = readSafetensors(readFileSync(url))
  const weights = [...tensors].filter(([name]) => !name.endsWith('resample_filter'))
  return new Map(weights.map(([name, { shape }]) => [name, shape]))
}

describe('gan/architecture', () => {
  for (const set of readdirSync(vectors)) {
    const config = new URL(`${set}/config.json`, vectors)
    if (!existsSync(config)) continue
    const { G_kwargs, D_kwargs } = JSON.parse(readFileSync(config, 'utf8')) as OfficialConfig

    it(`names and shapes every weight of the official generator of ${set}`, () => {
      const weights = new URL(`${set}/G.safetensors`, vectors)
      expect([...generatorShapes(G_kwargs)]).to.deep.equal([...officialShapes(weights)])
    })

    it(`names and shapes every weight of the official discriminator of ${set}`, () => {
      const weights = new URL(`${set}/D.safetensors`, vectors)
      expect([...discriminatorShapes(D_kwargs)]).to.deep.equal([...officialShapes(weights)])
    })
  }

  it('shares the channel base out between resolutions, up to the maximum', () => {
    const kwargs = { channel_base: 2048, channel_max: 64 }
    expect(blockResolutions(64).map((resolution) => channelsAt(resolution, kwargs))).to.deep.equal([64, 64, 64, 64, 32])
  })
})
