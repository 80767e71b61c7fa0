import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { createDiscriminator } from '../../gan/discriminator.ts'
import { tfjsOps } from '../../gan/engines/tfjs-ops.ts'
import { parametersOf } from '../../gan/interpreter.ts'
import { createGenerator } from '../../gan/generator.ts'
import { channelsLast, furthest, openVectors, startBackend, tensorOf, vectorOf } from './vectors.ts'

const SETS = ['tiny8', 'tiny32', 'cond32', 'var16_clamp_rgba', 'var16_origG_origD_gray', 'var16_resnetG_skipD'] as const

for (const set of SETS) {
  describe(`the network, against the official one (${set})`, () => {
    const vectors = openVectors(set)
    const io = vectors.read('io.safetensors')
    const labels = () => (vectors.G.c_dim === 0 ? null : tensorOf(vectorOf(io, 'c')))
    const generator = () => createGenerator(tfjsOps, vectors.G, parametersOf(tfjsOps, vectors.read('G.safetensors')))
    const discriminator = () =>
      createDiscriminator(tfjsOps, vectors.D, parametersOf(tfjsOps, vectors.read('D.safetensors')))
    const latents = () => tensorOf(vectorOf(io, 'z'))

    before(startBackend)
    beforeEach(() => tf.engine().startScope())
    afterEach(() => tf.engine().endScope())

    it('maps latents and truncates them', () => {
      const network = generator()
      const w = network.map(latents(), labels())
      const truncations = [
        ['ws.psi1', 1, null],
        ['ws.psi0.7', 0.7, null],
        ['ws.psi0.7.cut4', 0.7, 4],
        ['ws.psi-0.5', -0.5, null],
      ] as const
      for (const [name, psi, cutoff] of truncations) {
        const styles = tf.stack([...network.style(w, psi, cutoff)], 1)
        expect(furthest(styles, vectorOf(io, name)), name).below(1e-5)
      }
    })

    it('synthesizes with and without noise', () => {
      const network = generator()
      const w = network.map(latents(), labels())
      const cases = [
        ['img.psi1.const', 1, 'const'],
        ['img.psi1.none', 1, 'none'],
        ['img.psi0.7.const', 0.7, 'const'],
      ] as const
      for (const [name, psi, noise] of cases) {
        const expected = vectorOf(io, name)
        const image = network.synthesize(network.style(w, psi, null), noise)
        const rows = tf.slice(image, 0, expected.shape[0])
        expect(furthest(tf.transpose(rows, [0, 3, 1, 2]), expected), name).below(5e-5)
      }
    })

    it('judges images, alone and in batches', () => {
      const judge = discriminator()
      const network = generator()
      const w = network.map(latents(), labels())
      const images = network.synthesize(network.style(w, 1, null), 'const')
      const c = labels()
      const some = (begin: number, count: number) =>
        judge(tf.slice(images, begin, count), c === null ? null : tf.slice(c, begin, count)).logits
      expect(furthest(judge(images, c).logits, vectorOf(io, 'logits.psi1.const'))).below(2e-5)
      expect(furthest(some(0, 1), vectorOf(io, 'logits.batch1'))).below(2e-5)
      expect(furthest(some(1, 2), vectorOf(io, 'logits.batch2'))).below(2e-5)
    })

    it('gives an image judged in a group of one the verdict that it has alone', () => {
      const judge = discriminator()
      const [name] = ['img.psi1.const']
      const images = channelsLast(tensorOf(vectorOf(io, name)))
      const c = labels()
      const rows = images.shape[0]
      const together = judge(images, c === null ? null : tf.slice(c, 0, rows), 1).logits
      const alone = judge(tf.slice(images, 0, 1), c === null ? null : tf.slice(c, 0, 1)).logits
      expect(Math.abs(together.dataSync()[0]! - alone.dataSync()[0]!)).below(1e-6)
    })
  })
}
