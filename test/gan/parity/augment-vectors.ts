import * as tf from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { float32Of, readSafetensors } from '../../../gan/index.ts'
import { prepareAugmentation } from '../../../gan/training/augment.ts'
import { type Alteration, type AugmentKinds, drawGains } from '../../../gan/training/augment-draws.ts'
import { channelsLast, tensorOf, type Vector, vectorOf } from '../vectors.ts'
import { rowOf, type TrainingRow } from './training-row.ts'

/** One official result: which alterations were switched on, and the percentile of their distributions. */
interface Case {
  readonly key: string
  readonly augment_kwargs: Readonly<Record<string, number>>
  readonly debug_percentile: number
}

/** Pixels along a side of the pictures. */
export const AUGMENT_SIDE = 32
const TOLERANCE = 2e-5

const folder = new URL('../../vectors/gan/augment/', import.meta.url)
const cases: readonly Case[] = JSON.parse(readFileSync(new URL('augment.json', folder), 'utf8'))
const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL('augment.safetensors', folder))))
export const AUGMENT_VECTORS: ReadonlyMap<string, Vector> = new Map(
  [...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: float32Of(tensor) }]),
)

function erf(x: number): number {
  let [sum, term] = [x, x]
  for (let k = 1; k < 200; k++) {
    term *= (-x * x) / k
    sum += term / (2 * k + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** By Newton's method. */
function inverseErf(y: number): number {
  let x = 0
  for (let i = 0; i < 60; i++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x))
  return x
}

/** What the official pipeline does at a percentile, where it draws nothing. */
function alterationAt({ augment_kwargs: kinds, debug_percentile: at }: Case): Alteration {
  const uniform = 2 * at - 1
  const normal = inverseErf(uniform)
  const has = (kind: string) => kinds[kind] === 1
  const power = (kind: string, std: number) => (has(kind) ? 2 ** (normal * std) : 1)
  return {
    isFlipped: has('xflip') && at >= 0.5,
    quarterTurns: has('rotate90') ? Math.floor(at * 4) : 0,
    shift: has('xint') ? [uniform * 0.125, uniform * 0.125] : [0, 0],
    scale: power('scale', 0.2),
    turnBefore: has('rotate') ? uniform * Math.PI : 0,
    stretch: power('aniso', 0.2),
    // At a percentile, the official pipeline turns once.
    turnAfter: 0,
    drift: has('xfrac') ? [normal * 0.125, normal * 0.125] : [0, 0],
    brightness: has('brightness') ? normal * 0.2 : 0,
    contrast: power('contrast', 0.5),
    isLumaFlipped: has('lumaflip') && at >= 0.5,
    hue: has('hue') ? uniform * Math.PI : 0,
    saturation: power('saturation', 1),
    gains: drawGains([1, 1, 1, 1].map((gain) => gain * power('imgfilter', 1))),
    hole: has('cutout') ? [at, at] : null,
  }
}

function kindsOf({ augment_kwargs: kinds }: Case): AugmentKinds {
  const any = (...names: readonly string[]) => names.some((name) => kinds[name] === 1)
  return {
    blit: any('xflip', 'rotate90', 'xint'),
    geometry: any('scale', 'rotate', 'aniso', 'xfrac'),
    colour: any('brightness', 'contrast', 'lumaflip', 'hue', 'saturation'),
    filter: any('imgfilter'),
    cutout: any('cutout'),
  }
}

/** [1, 32, 32, 3] */
export function firstImage(): tf.Tensor {
  return tf.slice(channelsLast(tensorOf(vectorOf(AUGMENT_VECTORS, 'img'))), 0, 1)
}

/** The numbers of pictures, channel by channel. */
export async function planar(images: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tf.transpose(images, [0, 3, 1, 2]).data())
}

/** Every alteration, alone and with others, and gradients, on whatever backend TensorFlow.js is set to. */
export async function augmentRows(): Promise<readonly TrainingRow[]> {
  tf.engine().startScope()
  const probe = channelsLast(tensorOf(vectorOf(AUGMENT_VECTORS, 'bgc.grad_probe')))
  const pictures = []
  const gradients = []
  for (const each of cases) {
    const { apply } = prepareAugmentation([alterationAt(each)], kindsOf(each), AUGMENT_SIDE)
    // One after the other: they share one device.
    // oxlint-disable-next-line no-await-in-loop
    const actual = await planar(apply(firstImage()))
    pictures.push({ name: each.key, actual, expected: vectorOf(AUGMENT_VECTORS, each.key) })
    const expected = AUGMENT_VECTORS.get(`${each.key}.grad_img`)
    if (expected === undefined) continue
    const slope = tf.grad((images: tf.Tensor) => tf.sum(tf.mul(apply(images), probe)))(firstImage())
    // oxlint-disable-next-line no-await-in-loop
    gradients.push({ name: each.key, actual: await planar(slope), expected })
  }
  tf.engine().endScope()
  return [
    rowOf('augment', 'pictures', TOLERANCE, pictures),
    rowOf('augment', 'gradients by the picture', TOLERANCE, gradients),
  ]
}
