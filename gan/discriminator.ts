import { type Activation, createLayerEnding } from './activation.ts'
import {
  blockResolutions,
  type DiscriminatorKwargs,
  type DiscriminatorPlan,
  planDiscriminator,
} from './architecture.ts'
import { ShapeMismatch } from './errors.ts'
import { addPresent, createFullyConnected, equalized, RESIDUAL_GAIN } from './layers.ts'
import { createMapping, labelsFor } from './mapping.ts'
import { consume, convolution, type Ops, type Parameters, scope, scoped } from './ops.ts'
import { downConvolution, downsample, normalizeTaps } from './resample.ts'

const DEVIATION_EPSILON = 1e-8

export interface Judgement<T> {
  /** Higher is more like the training set. [n, 1] */
  readonly logits: T
  /** The last hidden layer, in which similar images lie close together. [n, channels at 4 x 4] */
  readonly features: T
}

/**
 * Images to judgements.
 *
 * @param images [n, resolution, resolution, channels]
 * @param labels [n, cDim], null in an unconditional network
 * @param group how many images share one minibatch standard deviation, null for all; with 1 an image is judged by
 *   itself alone
 * @param observe sees the activations that each block hands on, by the block's resolution
 * @throws {ShapeMismatch} when the images do not divide into such groups, or labels are missing
 */
export type Discriminator<T> = (
  images: T,
  labels: T | null,
  group?: number | null,
  observe?: (resolution: number, x: T) => void,
) => Judgement<T>

/**
 * Prepares the discriminator: everything that depends on the weights alone is computed here, once.
 *
 * @see Karras et al. 2020, arXiv:1912.04958, section 4.1 "Alternative network architectures"
 */
export function createDiscriminator<T>(ops: Ops<T>, kwargs: DiscriminatorKwargs, p: Parameters<T>): Discriminator<T> {
  const plan = planDiscriminator(kwargs)
  const taps = normalizeTaps(plan.block_kwargs.resample_filter)
  const blocks = blockResolutions(plan.img_resolution)
    .slice(1)
    .toReversed()
    .map((resolution) => ({
      resolution,
      apply: createBlock(ops, plan, scoped(p, `b${resolution}.`), resolution, taps),
    }))
  const epilogue = createEpilogue(ops, plan, p)

  return (images, labels, group = plan.epilogue_kwargs.mbstd_group_size, observe) => {
    let x: T | null = null
    let image: T = images
    for (const block of blocks) {
      const before: T | null = x
      x = scope<T>(ops, () => block.apply(before, image))
      if (before !== null && observe === undefined) ops.release?.(before)
      observe?.(block.resolution, x)
      if (plan.architecture === 'skip') image = downsample(ops, image, taps)
    }
    if (x === null) throw new TypeError('a discriminator has at least one block')
    return epilogue(x, image, labels, group)
  }
}

function createBlock<T>(
  ops: Ops<T>,
  plan: DiscriminatorPlan,
  p: Parameters<T>,
  resolution: number,
  taps: readonly number[],
): (x: T | null, image: T) => T {
  const { architecture, conv_clamp: clamp } = plan
  const { activation } = plan.block_kwargs
  const residual = architecture === 'resnet'
  const gain = residual ? RESIDUAL_GAIN : 1
  const readsImage = resolution === plan.img_resolution || architecture === 'skip'
  const fromRgb = readsImage ? createConvolution(ops, scoped(p, 'fromrgb.'), activation, clamp) : null
  const conv0 = createConvolution(ops, scoped(p, 'conv0.'), activation, clamp)
  const ending = createLayerEnding(ops, activation, gain, clamp)
  const conv1 = downConvolution(ops, equalized(ops, scoped(p, 'conv1.'), ending.gainBefore), taps)
  const bias1 = scope(ops, () => ops.scale(p('conv1.bias'), ending.gainBefore))
  const shortcut = residual ? downConvolution(ops, equalized(ops, scoped(p, 'skip.'), gain), taps) : null

  return (before, image) => {
    const x = addPresent(ops, before, fromRgb?.(image) ?? null)
    if (x === null) throw new TypeError('the first block reads the image')
    const narrowed = scope(ops, () => {
      const y = consume(ops, conv0(x), conv1)
      return ending.apply(consume(ops, y, (sum) => ops.add(sum, bias1)))
    })
    return shortcut === null ? narrowed : ops.add(shortcut(x), narrowed)
  }
}

function createConvolution<T>(
  ops: Ops<T>,
  p: Parameters<T>,
  activation: Activation,
  clamp: number | null,
): (x: T) => T {
  const ending = createLayerEnding(ops, activation, 1, clamp)
  const convolve = convolution(ops, equalized(ops, p, ending.gainBefore), 1, 'same')
  const bias = scope(ops, () => ops.scale(p('bias'), ending.gainBefore))
  return (x) => scope(ops, () => ending.apply(consume(ops, convolve(x), (y) => ops.add(y, bias))))
}

function createEpilogue<T>(
  ops: Ops<T>,
  plan: DiscriminatorPlan,
  parameters: Parameters<T>,
): (x: T, image: T, labels: T | null, group: number | null) => Judgement<T> {
  const p = scoped(parameters, 'b4.')
  const { activation, mbstd_num_channels: added } = plan.epilogue_kwargs
  // The one convolution that conv_clamp does not reach.
  const fromRgb = plan.architecture === 'skip' ? createConvolution(ops, scoped(p, 'fromrgb.'), activation, null) : null
  const conv = createConvolution(ops, scoped(p, 'conv.'), activation, plan.conv_clamp)
  const last = createFullyConnected(ops, scoped(p, 'fc.'), activation)
  const judge = createFullyConnected(ops, scoped(p, 'out.'))
  const map =
    plan.c_dim === 0 ? null : createMapping(ops, plan.mapping_kwargs, plan.c_dim, scoped(parameters, 'mapping.'))

  return (before, image, labels, group) => {
    const x = fromRgb === null ? before : ops.add(before, fromRgb(image))
    const y = conv(added === 0 ? x : appendDeviation(ops, x, group, added))
    const [n, h, w, c] = ops.shapeOf(y)
    const features = last(ops.reshape(y, [n, h * w * c]))
    const out = judge(features)
    const known = labelsFor(plan.c_dim, labels)
    if (map === null) return { logits: out, features }

    const mapped = map(null, known)
    return { logits: ops.scale(ops.sum(ops.mul(out, mapped), [1]), 1 / Math.sqrt(plan.cmap_dim)), features }
  }
}

/**
 * Appends how much the images of a group differ, so that the discriminator can see a lack of variety.
 *
 * @param x [n, h, w, c]; n is a multiple of the group, whose members lie n / group apart
 * @param group at most n counts, null is n
 * @param added how many channels, each over its share of the c
 * @throws {ShapeMismatch} when n or c does not divide
 * @see Karras et al. 2018, arXiv:1710.10196, section 3 "Increasing variation using minibatch standard deviation"
 */
export function appendDeviation<T>(ops: Ops<T>, x: T, group: number | null, added: number): T {
  const [n, h, w, c] = ops.shapeOf(x)
  const members = Math.min(group ?? n, n)
  const groups = n / members
  if (!Number.isInteger(groups) || c % added !== 0) {
    throw new ShapeMismatch(
      'a batch in groups',
      [members * Math.ceil(groups), h, w, added * Math.ceil(c / added)],
      [n, h, w, c],
    )
  }
  const grouped = ops.reshape(x, [members, groups * h * w, added, c / added])
  const centred = ops.sub(grouped, ops.mean(grouped, [0]))
  const deviation = ops.sqrt(ops.shift(ops.mean(ops.square(centred), [0]), DEVIATION_EPSILON))
  const perGroup = ops.mean(ops.reshape(deviation, [groups, h * w, added, c / added]), [1, 3])
  const spread = ops.add(
    ops.constant(new Float32Array(members * h * w), [members, 1, h * w, 1]),
    ops.reshape(perGroup, [1, groups, 1, added]),
  )
  return ops.concat([x, ops.reshape(spread, [n, h, w, added])], 3)
}
