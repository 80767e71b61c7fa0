import { expect } from 'chai'
import { autoTraining, chooseNetworks, SMALL_TRAINING, smallTraining } from '../../gan/index.ts'

describe('gan/training/settings', () => {
  describe('autoTraining', () => {
    it('is the official choice at 64 and 128 pixels', () => {
      for (const resolution of [64, 128]) {
        const auto = autoTraining(resolution)
        expect(auto).to.include({ batch: 32, learningRate: 0.0025, averageImages: 10_000, styleMixing: 0.9 })
        expect(auto.gamma).closeTo((0.0002 * resolution ** 2) / 32, 1e-12)
        expect(auto.generator.mapping_kwargs).to.deep.equal({ num_layers: 2 })
        expect(auto.discriminator).to.deep.include({ channel_base: 16384, channel_max: 512 })
        expect(auto.discriminator.epilogue_kwargs?.mbstd_group_size).to.equal(4)
      }
    })

    it('shares memory out among larger images', () => {
      expect([256, 512, 1024].map((resolution) => autoTraining(resolution).batch)).to.deep.equal([16, 8, 4])
      expect(autoTraining(1024)).to.include({ learningRate: 0.002 })
      expect(autoTraining(512).discriminator.channel_base).to.equal(32768)
    })

    it('follows the batch that is wanted', () => {
      const auto = autoTraining(64, 16)
      expect(auto).to.include({ batch: 16, averageImages: 5000 })
      expect(auto.gamma).closeTo(0.0512, 1e-12)
    })

    it('leaves out path length and mixing below 64 pixels', () => {
      expect(autoTraining(32)).to.include({ pathLength: null, styleMixing: 0 })
    })
  })

  describe('chooseNetworks', () => {
    it('changes what is chosen in both networks, and nothing else', () => {
      const chosen = chooseNetworks(SMALL_TRAINING, {
        zDim: 32,
        channelBase: 512,
        group: 2,
        freezeLayers: 3,
        classes: ['kilim', 'suzani'],
      })
      expect(chosen.generator).to.include({ z_dim: 32, w_dim: 64, c_dim: 2 })
      expect(chosen.generator.synthesis_kwargs).to.include({ channel_base: 512, channel_max: 64 })
      expect(chosen.discriminator).to.deep.include({
        c_dim: 2,
        channel_base: 512,
        channel_max: 64,
        block_kwargs: { freeze_layers: 3 },
        epilogue_kwargs: { mbstd_group_size: 2, mbstd_num_channels: 1 },
      })
      expect(chosen.classes).to.deep.equal(['kilim', 'suzani'])
      expect(chosen).to.include({ batch: 16, gamma: 1 })
    })
  })

  it('keeps the settings of the shipped model for another resolution', () => {
    expect(smallTraining(128)).to.include({ batch: 16, gamma: 1, furthestShift: 0 })
    expect(smallTraining(128).generator.img_resolution).to.equal(128)
  })
})
