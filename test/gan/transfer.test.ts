import { expect } from 'chai'
import { BundleInvalid, generatorShapes, type GeneratorKwargs, MersenneTwister, type Weights } from '../../gan/index.ts'
import { transferWeights } from '../../gan/training/transfer.ts'
import { randomWeights, tinyDescription } from './tiny-bundle.ts'

const { G } = tinyDescription()

function weightsOf(kwargs: GeneratorKwargs, seed: number): Weights {
  return randomWeights(new MersenneTwister(seed), generatorShapes(kwargs))
}

describe('gan/training/transfer transferWeights', () => {
  it('takes over a whole network of the same shape', () => {
    const from = weightsOf(G, 2)
    const { weights, drawnAnew } = transferWeights(weightsOf(G, 1), from, 'G')
    expect(drawnAnew).to.deep.equal([])
    expect([...weights]).to.have.deep.members([...from])
  })

  it('leaves what has no counterpart as it was drawn, and names it with both shapes', () => {
    const drawn = weightsOf({ ...G, c_dim: 3 }, 1)
    const from = weightsOf(G, 2)
    const { weights, drawnAnew } = transferWeights(drawn, from, 'G')
    expect(drawnAnew).to.deep.equal([
      'G.mapping.embed.weight [8, 3], there missing',
      'G.mapping.embed.bias [8], there missing',
      'G.mapping.fc0.weight [8, 16], there [8, 8]',
    ])
    expect(weights.get('mapping.fc0.weight')).to.equal(drawn.get('mapping.fc0.weight'))
    expect(weights.get('synthesis.b8.conv1.weight')).to.equal(from.get('synthesis.b8.conv1.weight'))
  })

  it('refuses a model of which not one convolution fits', () => {
    const from = weightsOf({ ...G, synthesis_kwargs: { channel_base: 128, channel_max: 16 } }, 2)
    expect(() => transferWeights(weightsOf(G, 1), from, 'G')).to.throw(BundleInvalid, 'G.synthesis.b4.conv1.weight')
  })
})
