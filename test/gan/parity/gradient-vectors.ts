import * as tf from '@tensorflow/tfjs-core'
import { createDiscriminator } from '../../../gan/discriminator.ts'
import { tfjsOps } from '../../../gan/engines/tfjs-ops.ts'
import { createGenerator } from '../../../gan/generator.ts'
import { toOfficialLayout } from '../../../gan/layout.ts'
import { discriminatorLoss, generatorLoss, pathLengths, r1Loss } from '../../../gan/training/losses.ts'
import { cut, named } from '../../../gan/training/parameters.ts'
import { fastestOps } from '../../../gan/training/phases.ts'
import { createPlayer, differentiate, type Player } from '../../../gan/training/player.ts'
import { channelsLast, openVectors, tensorOf, type Vector, vectorOf, type VectorSet } from '../vectors.ts'
import { rowOf, type TrainingRow } from './training-row.ts'

/** With what their gradients may be off by: at 64 pixels, an activation that rounds to the other side of zero shows. */
export const GRADIENT_SETS = { tiny8: 1e-4, tiny32: 1e-4, cond32: 1e-4, small64: 5e-3 } as const
export type GradientSet = keyof typeof GRADIENT_SETS

const GAMMA = 10
const PATH_DECAY = 0.01
const PATH_WEIGHT = 2

type Loss = (parts: readonly tf.Tensor[]) => tf.Scalar

interface Scene {
  readonly vectors: VectorSet
  readonly expected: ReadonlyMap<string, Vector>
  readonly g: Player
  readonly d: Player
}

/** The gradients of all four phases, on whatever backend TensorFlow.js is set to. */
export async function gradientRows(set: GradientSet): Promise<readonly TrainingRow[]> {
  const vectors = openVectors(set)
  tf.engine().startScope()
  // For players that are only asked for gradients.
  const create = (file: string) =>
    createPlayer(vectors.read(file), { squares: new Float32Array(0), steps: 0 }, { learningRate: 0, beta: 0 })
  const [g, d] = [create('G.safetensors'), create('D.safetensors')]
  const scene: Scene = { vectors, expected: vectors.read('grads.safetensors'), g, d }
  const phases: readonly [phase: string, player: Player, loss: Loss][] = [
    ['Gmain', g, (parts) => generatorMain(scene, parts)],
    ['Greg', g, (parts) => generatorPaths(scene, parts)],
    ['Dmain', d, (parts) => discriminatorMain(scene, parts)],
    ['Dreg', d, (parts) => discriminatorR1(scene, parts)],
  ]
  const rows: TrainingRow[] = []
  // One after the other: they share one device. oxlint-disable-next-line no-await-in-loop
  for (const [phase, player, loss] of phases) rows.push(await rowOfPhase(set, scene, phase, player, loss))
  tf.engine().endScope()
  return rows
}

async function rowOfPhase(
  set: GradientSet,
  { expected }: Scene,
  phase: string,
  player: Player,
  loss: Loss,
): Promise<TrainingRow> {
  const [value, gradient] = differentiate(player, loss)
  const compared = [
    { name: 'the loss', actual: await value.data(), expected: vectorOf(expected, `${phase}.loss`) },
  ] as { name: string; actual: ArrayLike<number>; expected: Vector }[]
  const flat = Float32Array.from(await gradient.data())
  let offset = 0
  for (const { name, shape, size } of player.plan.places) {
    const slope = { shape, data: flat.slice(offset, offset + size) }
    const official = expected.get(`${phase}.grad.${name}`)
    if (official !== undefined) compared.push({ name, actual: toOfficialLayout(name, slope).data, expected: official })
    offset += size
  }
  return rowOf(set, phase, GRADIENT_SETS[set], compared)
}

function generatorMain(scene: Scene, parts: readonly tf.Tensor[]): tf.Scalar {
  const judge = discriminatorOf(scene, cut(scene.d.plan, scene.d.parameters))
  return generatorLoss(judge(fakesOf(scene, parts), labelsOf(scene, 'c')).logits)
}

function generatorPaths(scene: Scene, parts: readonly tf.Tensor[]): tf.Scalar {
  const { network, style } = stylesOf(scene, parts, 2)
  const lengths = pathLengths(network, style, 'const', imagesOf(scene, 'pl_noise_raw'))
  const mean = tf.mul(tf.mean(lengths), PATH_DECAY)
  return tf.mul(tf.mean(tf.square(tf.sub(lengths, mean))), PATH_WEIGHT)
}

function discriminatorMain(scene: Scene, parts: readonly tf.Tensor[]): tf.Scalar {
  const judge = discriminatorOf(scene, parts)
  const fakes = fakesOf(scene, cut(scene.g.plan, scene.g.parameters))
  const fakeLogits = judge(fakes, labelsOf(scene, 'c')).logits
  return discriminatorLoss(fakeLogits, judge(imagesOf(scene, 'real_img'), labelsOf(scene, 'real_c')).logits)
}

function discriminatorR1(scene: Scene, parts: readonly tf.Tensor[]): tf.Scalar {
  const judge = discriminatorOf(scene, parts)
  const labels = labelsOf(scene, 'real_c')
  return r1Loss((reals) => judge(reals, labels).logits, imagesOf(scene, 'real_img'), GAMMA)
}

function discriminatorOf({ vectors, d }: Scene, parts: readonly tf.Tensor[]) {
  return createDiscriminator(tfjsOps, vectors.D, named(d.plan, parts, d.buffers))
}

function fakesOf(scene: Scene, parts: readonly tf.Tensor[]): tf.Tensor {
  const { network, style } = stylesOf(scene, parts, 4)
  return network.synthesize(style, 'const')
}

function stylesOf(scene: Scene, parts: readonly tf.Tensor[], count: number) {
  const { vectors, expected, g } = scene
  const network = createGenerator(fastestOps(), vectors.G, named(g.plan, parts, g.buffers))
  const labels = labelsOf(scene, 'c')
  const z = tf.slice(tensorOf(vectorOf(expected, 'z')), 0, count)
  const w = network.map(z, labels === null ? null : tf.slice(labels, 0, count))
  return { network, style: network.style(w, 1, null) }
}

function labelsOf({ vectors, expected }: Scene, name: string): tf.Tensor | null {
  return vectors.G.c_dim === 0 ? null : tensorOf(vectorOf(expected, name))
}

function imagesOf({ expected }: Scene, name: string): tf.Tensor {
  return channelsLast(tensorOf(vectorOf(expected, name)))
}
