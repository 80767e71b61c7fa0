import * as tf from '@tensorflow/tfjs-core'
import { colourChangeOf } from './augment-colour.ts'
import type { Alteration, AugmentKinds } from './augment-draws.ts'
import { bandMatrix } from './augment-filter.ts'
import {
  type Affine,
  coarsening,
  fineOrigins,
  fineSide,
  marginFor,
  originsOf,
  refining,
  type Resampling,
  transposed,
} from './augment-geometry.ts'

/** What happens to a batch of pictures, ready to be applied as often as need be. */
export interface Augmentation {
  /**
   * Linear in the pictures but for what is added to their colours, and made of operations that are differentiable twice.
   *
   * @param images [n, side, side, 3]
   */
  readonly apply: (images: tf.Tensor) => tf.Tensor
  readonly dispose: () => void
}

type Alter = (images: tf.Tensor) => tf.Tensor

/** Half the side of the square that `cutout` blanks, in parts of the picture's side. */
const HOLE_HALF = 0.25

/**
 * Prepares alterations, one for each picture of a batch.
 *
 * @param side of the pictures, in pixels
 * @see Karras et al. 2020, arXiv:2006.06676, appendix B
 */
export function prepareAugmentation(
  alterations: readonly Alteration[],
  kinds: AugmentKinds,
  side: number,
): Augmentation {
  const kept: tf.Tensor[] = []
  /** What is made here must outlive the scopes that it is used in. */
  const keep: Keep = (make) => {
    const made = tf.tidy(make)
    for (const tensor of Object.values(made)) kept.push(tf.keep(tensor))
    return made
  }
  const { blit, geometry, colour, filter, cutout } = kinds
  const steps: Alter[] = [
    ...(blit || geometry ? [prepareGeometry(alterations, side, keep)] : []),
    ...(colour ? [prepareColour(alterations, keep)] : []),
    ...(filter ? [prepareFilter(alterations, side, keep)] : []),
    ...(cutout ? [prepareCutout(alterations, side, keep)] : []),
  ]
  return {
    apply: (images) => steps.reduce((altered, step) => step(altered), images),
    dispose: () => tf.dispose(kept),
  }
}

/** Makes tensors, by any names, that are there until the augmentation is disposed of. */
type Keep = <T extends Readonly<Record<string, tf.Tensor>>>(make: () => T) => T

/** Twice as fine, moved, and back, so that moving neither blurs nor aliases. */
function prepareGeometry(alterations: readonly Alteration[], side: number, keep: Keep): Alter {
  const origins = alterations.map((alteration) => originsOf(alteration, side))
  const refine = transposed(refining(side, marginFor(origins, side)))
  const coarsen = transposed(coarsening(side))
  const { finer, coarser } = keep(() => ({ finer: matrixOf(refine), coarser: matrixOf(coarsen) }))
  const move = prepareMove(origins.map(fineOrigins), refine.columns, fineSide(side), keep)
  return (images) => alongBothAxes(move(alongBothAxes(images, finer)), coarser)
}

function matrixOf({ rows, columns, data }: Resampling): tf.Tensor2D {
  return tf.tensor2d(data, [rows, columns])
}

/** @param matrix [length before, length after], of both axes */
function alongBothAxes(images: tf.Tensor, matrix: tf.Tensor2D): tf.Tensor {
  const [n, , , channels] = images.shape
  const [before, after] = matrix.shape
  const planes = tf.transpose(images, [0, 3, 1, 2])
  const wide = tf.matMul(tf.reshape(planes, [n * channels * before, before]), matrix)
  const turned = tf.transpose(tf.reshape(wide, [n, channels, before, after]), [0, 1, 3, 2])
  const high = tf.matMul(tf.reshape(turned, [n * channels * after, before]), matrix)
  return tf.transpose(tf.reshape(high, [n, channels, after, after]), [0, 3, 2, 1])
}

/**
 * Takes every pixel from where it comes from, between the four pixels around; what lies outside is black.
 *
 * @param from side of the pictures that are given
 * @param to side of those that come out
 */
function prepareMove(origins: readonly Affine[], from: number, to: number, keep: Keep): Alter {
  const n = origins.length
  const { index, weight } = keep(() => tapsOf(origins, from, to))
  return (images) => {
    const channels = images.shape[3] ?? 1
    const pixels = tf.reshape(images, [n * from * from, channels])
    return tf.reshape(gatherTaps(pixels, index, weight), [n, to, to, channels])
  }
}

/** Four neighbours of each pixel's origin, [n * to * to * 4], and what each counts for, [n * to * to, 4, 1]. */
function tapsOf(origins: readonly Affine[], from: number, to: number): { index: tf.Tensor1D; weight: tf.Tensor } {
  const n = origins.length
  const along = tf.sub(tf.range(0, to, 1, 'float32'), (to - 1) / 2)
  const [right, down] = [tf.reshape(along, [1, 1, to]), tf.reshape(along, [1, to, 1])]
  const part = (k: number) =>
    tf.tensor3d(
      origins.map((origin) => origin[k]),
      [n, 1, 1],
    )
  const place = (k: number) =>
    tf.add(tf.add(tf.mul(part(k), right), tf.mul(part(k + 1), down)), tf.add(part(k + 2), (from - 1) / 2))
  const [x, y] = [place(0), place(3)].map((at) => neighbours(at, from))
  const image = tf.reshape(tf.mul(tf.range(0, n, 1, 'int32'), tf.scalar(from * from, 'int32')), [n, 1, 1])
  const rows = y.map((row) => ({ ...row, at: tf.add(image, tf.mul(row.at, tf.scalar(from, 'int32'))) }))
  const pairs = rows.flatMap((row) => x.map((column) => ({ row, column })))
  const index = pairs.map(({ row, column }) => tf.add(row.at, column.at))
  const weight = pairs.map(({ row, column }) => tf.mul(row.weight, column.weight))
  return {
    index: tf.reshape(tf.stack(index, 3), [n * to * to * pairs.length]),
    weight: tf.reshape(tf.stack(weight, 3), [n * to * to, pairs.length, 1]),
  }
}

/** The two pixels on an axis between which a place lies; one that is outside counts for nothing. */
function neighbours(place: tf.Tensor, side: number): readonly { readonly at: tf.Tensor; readonly weight: tf.Tensor }[] {
  const before = tf.floor(place)
  const part = tf.sub(place, before)
  return [
    { pixel: before, share: tf.sub(1, part) },
    { pixel: tf.add(before, 1), share: part },
  ].map(({ pixel, share }) => {
    const inside = tf.clipByValue(pixel, 0, side - 1)
    return { at: tf.cast(inside, 'int32'), weight: tf.mul(share, tf.cast(tf.equal(inside, pixel), 'float32')) }
  })
}

/** Weighted sums of rows, four each: [rows, channels] to [n, channels]. Its gradient is `scatterTaps`. */
function gatherTaps(rows: tf.Tensor, index: tf.Tensor1D, weight: tf.Tensor): tf.Tensor {
  const [count, channels] = rows.shape
  return tf.customGrad(() => ({
    value: tf.sum(tf.mul(tf.reshape(tf.gather(rows, index), [-1, 4, channels]), weight), 1),
    gradFunc: (dy: tf.Tensor) => scatterTaps(dy, index, weight, count),
  }))(rows)
}

/** The transposed operation: adds what each sum is, weighted, to its four rows. Its gradient is `gatherTaps`. */
function scatterTaps(sums: tf.Tensor, index: tf.Tensor1D, weight: tf.Tensor, count: number): tf.Tensor {
  const [n, channels] = sums.shape
  return tf.customGrad(() => ({
    value: tf.scatterND(
      tf.reshape(index, [-1, 1]),
      tf.reshape(tf.mul(tf.reshape(sums, [n, 1, channels]), weight), [-1, channels]),
      [count, channels],
    ),
    gradFunc: (dRows: tf.Tensor) => gatherTaps(dRows, index, weight),
  }))(sums)
}

function prepareColour(alterations: readonly Alteration[], keep: Keep): Alter {
  const n = alterations.length
  const changes = alterations.map(colourChangeOf)
  // Colours stand in rows, so their matrix comes from the right, turned around.
  const turned = changes.flatMap(({ matrix }) => [0, 1, 2].flatMap((column) => matrix.map((row) => row[column])))
  const { matrix, added } = keep(() => ({
    matrix: tf.tensor3d(turned, [n, 3, 3]),
    added: tf.tensor3d(
      changes.map((change) => change.added),
      [n, 1, 1],
    ),
  }))
  return (images) => {
    const colours = tf.reshape(images, [n, -1, 3])
    return tf.reshape(tf.add(tf.matMul(colours, matrix), added), images.shape)
  }
}

function prepareFilter(alterations: readonly Alteration[], side: number, keep: Keep): Alter {
  const n = alterations.length
  const { matrix } = keep(() => {
    const filters = new Float32Array(n * side * side)
    for (const [i, alteration] of alterations.entries()) filters.set(bandMatrix(alteration, side), i * side * side)
    return { matrix: tf.tensor3d(filters, [n, side, side]) }
  })
  const alongRows: Alter = (images) => tf.reshape(tf.matMul(matrix, tf.reshape(images, [n, side, -1])), images.shape)
  return (images) => exchangeAxes(alongRows(exchangeAxes(alongRows(images))))
}

function exchangeAxes(images: tf.Tensor): tf.Tensor {
  return tf.transpose(images, [0, 2, 1, 3])
}

function prepareCutout(alterations: readonly Alteration[], side: number, keep: Keep): Alter {
  const isBlank = (hole: Alteration['hole'], pixel: number) => {
    const [row, column] = [Math.floor(pixel / side), pixel % side]
    const near = (at: number, centre: number) => Math.abs((at + 0.5) / side - centre) < HOLE_HALF
    return hole !== null && near(column, hole[0]) && near(row, hole[1])
  }
  const { mask } = keep(() => {
    const shown = alterations.flatMap(({ hole }) =>
      Array.from({ length: side * side }, (_, pixel) => (isBlank(hole, pixel) ? 0 : 1)),
    )
    return { mask: tf.tensor4d(shown, [alterations.length, side, side, 1]) }
  })
  return (images) => tf.mul(images, mask)
}
