import { expect } from 'chai'
import { BundleInvalid, parseDiscriminator, parseGenerator, planDiscriminator, planGenerator } from '../../gan/index.ts'
import { openVectors } from './vectors.ts'

const G = { z_dim: 8, c_dim: 0, w_dim: 8, img_resolution: 16, img_channels: 3 }
const D = { c_dim: 0, img_resolution: 16, img_channels: 3 }

const synthesis = (change: object) => ({ ...G, synthesis_kwargs: change })
const mapping = (change: object) => ({ ...G, mapping_kwargs: change })
const block = (change: object) => ({ ...D, block_kwargs: change })
const epilogue = (change: object) => ({ ...D, epilogue_kwargs: change })

describe('gan/description', () => {
  it('takes the arguments of every official network as they are', () => {
    for (const set of ['tiny8', 'cond32', 'var16_resnetG_skipD', 'var16_origG_origD_gray', 'var16_clamp_rgba']) {
      const vectors = openVectors(set)
      expect(parseGenerator(vectors.G)).to.deep.equal(vectors.G)
      expect(parseDiscriminator(vectors.D)).to.deep.equal(vectors.D)
    }
  })

  it('fills in the official defaults', () => {
    expect(planGenerator(parseGenerator(G))).to.deep.include({
      mapping_kwargs: {
        num_layers: 8,
        embed_features: 8,
        layer_features: 8,
        activation: 'lrelu',
        lr_multiplier: 0.01,
        w_avg_beta: 0.995,
      },
    })
    expect(planGenerator(parseGenerator(G)).synthesis_kwargs).to.deep.include({
      channel_base: 32768,
      channel_max: 512,
      architecture: 'skip',
      resample_filter: [1, 3, 3, 1],
      use_noise: true,
    })
    const plan = planDiscriminator(parseDiscriminator({ ...D, channel_base: 64, channel_max: 12 }))
    expect(plan).to.deep.include({ architecture: 'resnet', conv_clamp: null, cmap_dim: 12 })
    expect(plan.epilogue_kwargs).to.deep.equal({ mbstd_group_size: 4, mbstd_num_channels: 1, activation: 'lrelu' })
  })

  for (const [value, named] of [
    [null, 'G'],
    [{ ...G, z_dims: 8 }, 'G.z_dims'],
    [{ ...G, z_dim: undefined }, 'G.z_dim'],
    [{ ...G, z_dim: 0 }, 'G.z_dim'],
    [{ ...G, w_dim: 0.5 }, 'G.w_dim'],
    [{ ...G, c_dim: -1 }, 'G.c_dim'],
    [{ ...G, img_channels: 5 }, 'G.img_channels'],
    [{ ...G, img_resolution: 2 }, 'G.img_resolution'],
    [{ ...G, img_resolution: 48 }, 'G.img_resolution'],
    [mapping([]), 'G.mapping_kwargs'],
    [mapping({ num_layers: 0 }), 'G.mapping_kwargs.num_layers'],
    [mapping({ layers: 2 }), 'G.mapping_kwargs.layers'],
    [mapping({ layer_features: 0 }), 'G.mapping_kwargs.layer_features'],
    [mapping({ embed_features: '8' }), 'G.mapping_kwargs.embed_features'],
    [mapping({ activation: 'gelu' }), 'G.mapping_kwargs.activation'],
    [mapping({ activation: 'toString' }), 'G.mapping_kwargs.activation'],
    [mapping({ lr_multiplier: 0 }), 'G.mapping_kwargs.lr_multiplier'],
    [mapping({ w_avg_beta: 1.1 }), 'G.mapping_kwargs.w_avg_beta'],
    [mapping({ constructor: 1 }), 'G.mapping_kwargs.constructor'],
    [synthesis({ channel_base: 8, channel_max: 4 }), 'G.synthesis_kwargs.channel_base'],
    [synthesis({ channel_max: 2 ** 40 }), 'G.synthesis_kwargs.channel_max'],
    [synthesis({ architecture: 'spiral' }), 'G.synthesis_kwargs.architecture'],
    [synthesis({ conv_clamp: -1 }), 'G.synthesis_kwargs.conv_clamp'],
    [synthesis({ resample_filter: [] }), 'G.synthesis_kwargs.resample_filter'],
    [synthesis({ resample_filter: [1, -1] }), 'G.synthesis_kwargs.resample_filter'],
    [synthesis({ resample_filter: [1, '3'] }), 'G.synthesis_kwargs.resample_filter[1]'],
    [synthesis({ resample_filter: Array(65).fill(1) }), 'G.synthesis_kwargs.resample_filter'],
    [synthesis({ kernel_size: 4 }), 'G.synthesis_kwargs.kernel_size'],
    [synthesis({ use_noise: 1 }), 'G.synthesis_kwargs.use_noise'],
    [synthesis({ num_fp16_res: -1 }), 'G.synthesis_kwargs.num_fp16_res'],
  ] as const) {
    it(`refuses a generator of ${JSON.stringify(value)}, naming ${named}`, () => {
      expect(() => parseGenerator(value)).to.throw(BundleInvalid, `${named} `)
    })
  }

  for (const [value, named] of [
    [[], 'D'],
    [{ ...D, img_resolution: 4 }, 'D.img_resolution'],
    [{ ...D, z_dim: 8 }, 'D.z_dim'],
    [{ ...D, cmap_dim: 0 }, 'D.cmap_dim'],
    [{ ...D, conv_clamp: 'none' }, 'D.conv_clamp'],
    [{ ...D, channel_base: 8 }, 'D.channel_base'],
    [block({ freeze_layers: -1 }), 'D.block_kwargs.freeze_layers'],
    [block({ activation: null }), 'D.block_kwargs.activation'],
    [epilogue({ mbstd_group_size: 0 }), 'D.epilogue_kwargs.mbstd_group_size'],
    [epilogue({ mbstd_num_channels: 3 }), 'D.epilogue_kwargs.mbstd_num_channels'],
    [epilogue({ resolution: 4 }), 'D.epilogue_kwargs.resolution'],
  ] as const) {
    it(`refuses a discriminator of ${JSON.stringify(value)}, naming ${named}`, () => {
      expect(() => parseDiscriminator(value)).to.throw(BundleInvalid, `${named} `)
    })
  }
})
