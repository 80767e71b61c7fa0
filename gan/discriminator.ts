import { blockResolutions, type DiscriminatorKwargs, featureCount } from './architecture.ts'
import { clampTo, equalized, fullyConnected, RELU_GAIN, RESIDUAL_GAIN } from './layers.ts'
import { mapLatent } from './mapping.ts'
import { type Ops, type Parameters, scoped } from './ops.ts'
import { downsample } from './resample.ts'

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
 * @param group how many images share one minibatch standard deviation; with 1 an image is judged by itself alone
 */
export type Discriminator<T> = (images: T, labels: T | null, group?: number) => Judgement<T>

/**
 * Prepares the discriminator: everything that depends on the weights alone is computed here, once.
 *
 * @see Karras et al. 2020, arXiv:1912.04958, section 4.1 "Alternative network architectures"
 */
export function createDiscriminator<T>(ops: Ops<T>, kwargs: DiscriminatorKwargs, p: Parameters<T>): Discriminator<T> {
  const blocks = blockResolutions(kwargs.img_resolution)
    .slice(1)
    .toReversed()
    .map((resolution) => createBlock(ops, kwargs, scoped(p, `b${resolution}.`), resolution))
  const epilogue = createEpilogue(ops, kwargs, p)

  return (images, labels, group = kwargs.epilogue_kwargs.mbstd_group_size) => {
    let x: T | null = null
    let image: T = images
    for (const block of blocks) {
      x = block(x, image)
      if (kwargs.architecture === 'skip') image = downsample(ops, image)
    }
    if (x === null) throw new TypeError('a discriminator has at least one block')
    return epilogue(x, image, labels, group)
  }
}

function createBlock<T>(
  ops: Ops<T>,
  kwargs: DiscriminatorKwargs,
  p: Parameters<T>,
  resolution: number,
): (x: T | null, image: T) => T {
  const { architecture = 'resnet', conv_clamp: clamp = null } = kwargs
  const residual = architecture === 'resnet'
  const readsImage = resolution === kwargs.img_resolution || architecture === 'skip'
  const fromRgb = readsImage ? createConvolution(ops, scoped(p, 'fromrgb.'), clamp) : null
  const conv0 = createConvolution(ops, scoped(p, 'conv0.'), clamp)
  const gain = residual ? RESIDUAL_GAIN : 1
  const conv1 = equalized(ops, p('conv1.weight'), RELU_GAIN * gain)
  const bias1 = ops.scale(p('conv1.bias'), RELU_GAIN * gain)
  const shortcut = residual ? equalized(ops, p('skip.weight'), gain) : null

  return (before, image) => {
    const read = fromRgb?.(image) ?? null
    const x = before === null ? read : read === null ? before : ops.add(before, read)
    if (x === null) throw new TypeError('the first block reads the image')
    // The blur is centred between the four pixels that become one, hence the paddings of 2 (3 x 3) and 1 (1 x 1).
    const y = ops.conv2d(ops.blur(conv0(x), 2, 2), conv1, 2, 'valid')
    const narrowed = clampTo(ops, ops.leakyRelu(ops.add(y, bias1)), clamp, gain)
    return shortcut === null ? narrowed : ops.add(ops.conv2d(ops.blur(x, 1, 1), shortcut, 2, 'valid'), narrowed)
  }
}

function createConvolution<T>(ops: Ops<T>, p: Parameters<T>, clamp: number | null): (x: T) => T {
  const weight = equalized(ops, p('weight'), RELU_GAIN)
  const bias = ops.scale(p('bias'), RELU_GAIN)
  return (x) => clampTo(ops, ops.leakyRelu(ops.add(ops.conv2d(x, weight, 1, 'same'), bias)), clamp)
}

function createEpilogue<T>(
  ops: Ops<T>,
  kwargs: DiscriminatorKwargs,
  parameters: Parameters<T>,
): (x: T, image: T, labels: T | null, group: number) => Judgement<T> {
  const p = scoped(parameters, 'b4.')
  const clamp = kwargs.conv_clamp ?? null
  const fromRgb = kwargs.architecture === 'skip' ? createConvolution(ops, scoped(p, 'fromrgb.'), clamp) : null
  const conv = createConvolution(ops, scoped(p, 'conv.'), clamp)
  const channels = featureCount(kwargs)
  const added = kwargs.epilogue_kwargs.mbstd_num_channels
  const labelLayers = kwargs.mapping_kwargs?.num_layers ?? 8

  return (before, image, labels, group) => {
    const x = fromRgb === null ? before : ops.add(before, fromRgb(image))
    const spread = added === 0 ? x : appendDeviation(ops, x, group, added)
    const y = conv(spread)
    const [n] = ops.shapeOf(y)
    const flat = ops.reshape(y, [n, 16 * channels])
    const features = ops.leakyRelu(fullyConnected(ops, scoped(p, 'fc.'), flat, 1, RELU_GAIN))
    const out = fullyConnected(ops, scoped(p, 'out.'), features)
    if (kwargs.c_dim === 0 || labels === null) return { logits: out, features }

    const mapped = mapLatent(ops, scoped(parameters, 'mapping.'), labelLayers, null, labels)
    return { logits: ops.scale(ops.sum(ops.mul(out, mapped), [1]), 1 / Math.sqrt(channels)), features }
  }
}

/**
 * Appends how much the images of a group differ, so that the discriminator can see a lack of variety.
 *
 * @param x [n, h, w, c]; n is a multiple of the group, whose members lie n / group apart
 * @param group at most n counts
 * @param added how many channels, each over its share of the c
 * @see Karras et al. 2018, arXiv:1710.10196, section 3 "Increasing variation using minibatch standard deviation"
 */
function appendDeviation<T>(ops: Ops<T>, x: T, group: number, added: number): T {
  const [n, h, w, c] = ops.shapeOf(x)
  const members = Math.min(group, n)
  const groups = n / members
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
