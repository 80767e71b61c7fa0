import { expect } from 'chai'
import { toInternalLayout, toOfficialLayout } from '../../gan/layout.ts'
import { openVectors } from './vectors.ts'

describe('the layout of weights', () => {
  for (const set of ['cond32', 'var16_resnetG_skipD']) {
    for (const file of ['G.safetensors', 'D.safetensors']) {
      it(`comes back from the internal form as it was (${set}/${file})`, () => {
        for (const [name, weight] of openVectors(set).read(file)) {
          const back = toOfficialLayout(name, toInternalLayout(name, weight))
          expect(back.shape, name).to.deep.equal(weight.shape)
          expect(back.data, name).to.deep.equal(weight.data)
        }
      })
    }
  }

  it('puts the channels of a filter last', () => {
    const filter = { shape: [2, 1, 1, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }
    const internal = toInternalLayout('b8.conv0.weight', filter)
    expect(internal.shape).to.deep.equal([1, 3, 1, 2])
    expect([...internal.data]).to.deep.equal([1, 4, 2, 5, 3, 6])
  })
})
