import { expect } from 'chai'
import { discriminatorShapes, type DiscriminatorKwargs } from '../../gan/index.ts'
import { frozenWeights } from '../../gan/training/freeze.ts'

const KWARGS: DiscriminatorKwargs = { c_dim: 0, img_resolution: 16, img_channels: 3, channel_base: 64, channel_max: 8 }

function frozenOf(kwargs: DiscriminatorKwargs, layers: number): readonly string[] {
  const isFrozen = frozenWeights({ ...kwargs, block_kwargs: { freeze_layers: layers } })
  return [...discriminatorShapes(kwargs).keys()].filter(isFrozen).filter((name) => name.endsWith('.weight'))
}

describe('gan/training/freeze frozenWeights', () => {
  it('counts layers from the image on, the shortcut of a block last', () => {
    expect(frozenOf(KWARGS, 0)).to.deep.equal([])
    expect(frozenOf(KWARGS, 2)).to.deep.equal(['b16.fromrgb.weight', 'b16.conv0.weight'])
    expect(frozenOf(KWARGS, 5)).to.have.members([
      'b16.fromrgb.weight',
      'b16.conv0.weight',
      'b16.conv1.weight',
      'b16.skip.weight',
      'b8.conv0.weight',
    ])
  })

  it('freezes the biases with the weights', () => {
    const isFrozen = frozenWeights({ ...KWARGS, block_kwargs: { freeze_layers: 1 } })
    expect([isFrozen('b16.fromrgb.bias'), isFrozen('b16.conv0.bias')]).to.deep.equal([true, false])
  })

  it('counts a layer that reads the image in every block of a network of skips, which has no shortcuts', () => {
    expect(frozenOf({ ...KWARGS, architecture: 'skip' }, 4)).to.have.members([
      'b16.fromrgb.weight',
      'b16.conv0.weight',
      'b16.conv1.weight',
      'b8.fromrgb.weight',
    ])
  })

  it('never freezes the epilogue', () => {
    expect(frozenOf(KWARGS, 64).filter((name) => name.startsWith('b4.'))).to.deep.equal([])
  })
})
