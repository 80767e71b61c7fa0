import { expect } from 'chai'
import { CheckpointUnsupported } from '../../../gan/index.ts'
import { mergeKwargs, withFacts } from '../../../gan/import/facts.ts'
import type { Kwargs, SourceNetwork } from '../../../gan/import/networks.ts'

/** A network of which only two layers are known. */
function networkOf(kwargs: Kwargs, ...clamps: readonly (number | null)[]): SourceNetwork {
  const modules = clamps.map((clamp, i) => ({
    path: `synthesis.b${4 << i}.conv1`,
    className: 'SynthesisLayer',
    state: new Map<unknown, unknown>([['conv_clamp', clamp]]),
  }))
  return { tensors: new Map(), kwargs, modules }
}

describe('gan/import/facts withFacts', () => {
  it('takes a default of the class from its instances, since the class is not read', () => {
    expect(withFacts(networkOf({ synthesis_kwargs: {} }, 256, 256), 'G')).to.deep.equal({
      synthesis_kwargs: { conv_clamp: 256 },
    })
  })

  it('puts the arguments of the synthesis network into a group, where a later edition has none', () => {
    const kwargs = { z_dim: 512, channel_base: 32768, mapping_kwargs: {}, fused_modconv_default: 'inference_only' }
    expect(withFacts(networkOf(kwargs, 256), 'G')).to.deep.equal({
      z_dim: 512,
      mapping_kwargs: {},
      synthesis_kwargs: { channel_base: 32768, conv_clamp: 256 },
    })
  })

  it('refuses instances that differ from the arguments', () => {
    const kwargs = { synthesis_kwargs: { conv_clamp: null } }
    expect(() => withFacts(networkOf(kwargs, 256), 'G')).to.throw(CheckpointUnsupported, 'synthesis.b4.conv1 has 256')
  })

  it('refuses instances that differ from each other', () => {
    expect(() => withFacts(networkOf({ synthesis_kwargs: {} }, 256, null), 'G')).to.throw(
      CheckpointUnsupported,
      'synthesis.b8.conv1 has null',
    )
  })
})

describe('gan/import/facts mergeKwargs', () => {
  it('keeps what only one side says, in every group', () => {
    expect(mergeKwargs({ a: 1, g: { b: 1, c: 1 } }, { g: { c: 2 }, d: null })).to.deep.equal({
      a: 1,
      g: { b: 1, c: 2 },
      d: null,
    })
  })
})
