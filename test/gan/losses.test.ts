import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { createDiscriminator } from '../../gan/discriminator.ts'
import { tfjsOps } from '../../gan/engines/tfjs-ops.ts'
import { createGenerator } from '../../gan/generator.ts'
import { toOfficialLayout } from '../../gan/layout.ts'
import { discriminatorLoss, generatorLoss, pathLengths, r1Loss } from '../../gan/training/losses.ts'
import { cut, named } from '../../gan/training/parameters.ts'
import { createPlayer, differentiate, type Player } from '../../gan/training/player.ts'
import { channelsLast, openVectors, relativeError, startBackend, tensorOf, vectorOf } from './vectors.ts'

const GAMMA = 10
const PATH_DECAY = 0.01
const PATH_WEIGHT = 2

/** For players that are only asked for gradients. */
const UNMOVED = {
  moments: { squares: new Float32Array(0), steps: 0 },
  rates: { learningRate: 0, beta: 0 },
}

for (const set of ['tiny8', 'cond32']) {
  describe(`the gradients of the losses, against the official ones of ${set}`, () => {
    const vectors = openVectors(set)
    const expected = vectors.read('grads.safetensors')
    let g: Player
    let d: Player

    before(startBackend)
    beforeEach(() => {
      tf.engine().startScope()
      g = createPlayer(vectors.read('G.safetensors'), UNMOVED.moments, UNMOVED.rates)
      d = createPlayer(vectors.read('D.safetensors'), UNMOVED.moments, UNMOVED.rates)
    })
    afterEach(() => tf.engine().endScope())

    const generatorOf = (parts: readonly tf.Tensor[]) =>
      createGenerator(tfjsOps, vectors.G, named(g.plan, parts, g.buffers))
    const discriminatorOf = (parts: readonly tf.Tensor[]) =>
      createDiscriminator(tfjsOps, vectors.D, named(d.plan, parts, d.buffers))
    const images = (name: string) => channelsLast(tensorOf(vectorOf(expected, name)))
    const labels = (name: string) => (vectors.G.c_dim === 0 ? null : tensorOf(vectorOf(expected, name)))
    const styles = (parts: readonly tf.Tensor[], count: number) => {
      const network = generatorOf(parts)
      const c = labels('c')
      const z = tf.slice(tensorOf(vectorOf(expected, 'z')), 0, count)
      const w = network.map(z, c === null ? null : tf.slice(c, 0, count))
      return { network, style: network.style(w, 1, null) }
    }

    function expectGradients(player: Player, phase: string, loss: (parts: readonly tf.Tensor[]) => tf.Scalar): void {
      const [value, gradient] = differentiate(player, loss)
      expect(relativeError(value.dataSync(), vectorOf(expected, `${phase}.loss`).data), 'loss').below(1e-4)
      const parts = cut(player.plan, gradient)
      let compared = 0
      for (const [i, { name }] of player.plan.places.entries()) {
        const official = expected.get(`${phase}.grad.${name}`)
        if (official === undefined) continue
        const slope = { shape: parts[i]!.shape, data: Float32Array.from(parts[i]!.dataSync()) }
        expect(relativeError(toOfficialLayout(name, slope).data, official.data), name).below(1e-4)
        compared++
      }
      expect(compared, 'weights whose gradient is known').above(6)
    }

    it('gives the generator the official gradient', () => {
      expectGradients(g, 'Gmain', (parts) => {
        const { network, style } = styles(parts, 4)
        const discriminator = discriminatorOf(cut(d.plan, d.parameters))
        return generatorLoss(discriminator(network.synthesize(style, 'const'), labels('c')).logits)
      })
    })

    it('gives the generator the official gradient of the path lengths, a second derivative', () => {
      expectGradients(g, 'Greg', (parts) => {
        const { network, style } = styles(parts, 2)
        const lengths = pathLengths(network, style, 'const', images('pl_noise_raw'))
        const mean = tf.mul(tf.mean(lengths), PATH_DECAY)
        return tf.mul(tf.mean(tf.square(tf.sub(lengths, mean))), PATH_WEIGHT)
      })
    })

    it('gives the discriminator the official gradient', () => {
      expectGradients(d, 'Dmain', (parts) => {
        const { network, style } = styles(cut(g.plan, g.parameters), 4)
        const discriminator = discriminatorOf(parts)
        const fake = discriminator(network.synthesize(style, 'const'), labels('c')).logits
        return discriminatorLoss(fake, discriminator(images('real_img'), labels('real_c')).logits)
      })
    })

    it('gives the discriminator the official gradient of R1, a second derivative', () => {
      expectGradients(d, 'Dreg', (parts) => {
        const discriminator = discriminatorOf(parts)
        return r1Loss((reals) => discriminator(reals, labels('real_c')).logits, images('real_img'), GAMMA)
      })
    })
  })
}
