import type { Activation } from '../../gan/activation.ts'
import {
  blockResolutions,
  type DiscriminatorKwargs,
  type GeneratorKwargs,
  planDiscriminator,
  planGenerator,
  type Weights,
} from '../../gan/index.ts'
import type { MappingPlan } from '../../gan/architecture.ts'

// The networks once more, in float64 and by the textbook: weights modulated sample by sample, zeros really inserted, one
// image after the other. It shares no operation with the networks under test, and is as slow as it is plain.

/** One channel, row by row. */
export interface Plane {
  readonly height: number
  readonly width: number
  readonly values: Float64Array
}

export type Picture = readonly Plane[]

type Numbers = ArrayLike<number>

/** Weights by name below a place in the network. */
type Place = (name: string) => { readonly shape: readonly number[]; readonly data: Float32Array }

/** Official gains, which restore the variance of a standard normal where an activation takes half of it. */
const GAINS: Readonly<Record<Activation, number>> = {
  linear: 1,
  relu: Math.SQRT2,
  lrelu: Math.SQRT2,
  tanh: 1,
  sigmoid: 1,
  elu: 1,
  selu: 1,
  softplus: 1,
  swish: Math.SQRT2,
}

const CURVES: Readonly<Record<Activation, (x: number) => number>> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  lrelu: (x) => (x > 0 ? x : 0.2 * x),
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  softplus: (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0),
  swish: (x) => x / (1 + Math.exp(-x)),
}

/** An activation with its official gain. */
export function plainActivation(activation: Activation, x: number): number {
  return CURVES[activation](x) * GAINS[activation]
}

/** Zero insertion, padding or cropping, true convolution, decimation. */
export function plainUpfirdn(
  plane: Plane,
  filter: readonly (readonly number[])[],
  [upX, upY]: readonly [number, number],
  [downX, downY]: readonly [number, number],
  [left, right, top, bottom]: readonly [number, number, number, number],
  gain: number,
): Plane {
  const [rows, columns] = [filter.length, filter[0]!.length]
  const full = [plane.height * upY + top + bottom - rows + 1, plane.width * upX + left + right - columns + 1] as const
  const [height, width] = [Math.ceil(full[0] / downY), Math.ceil(full[1] / downX)]
  const spread = (y: number, x: number) => {
    const inside = y >= 0 && x >= 0 && y < plane.height * upY && x < plane.width * upX
    return inside && y % upY === 0 && x % upX === 0 ? plane.values[(y / upY) * plane.width + x / upX]! : 0
  }
  const values = new Float64Array(height * width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let j = 0; j < rows; j++) {
        for (let i = 0; i < columns; i++) {
          const value = spread(y * downY - top + j, x * downX - left + i)
          values[y * width + x]! += gain * value * filter[rows - 1 - j]![columns - 1 - i]!
        }
      }
    }
  }
  return { height, width, values }
}

/** Valid correlation, keeping every `stride`th pixel. [out, in, k, k] */
function correlate(picture: Picture, weight: Numbers, outputs: number, kernel: number, stride: number): Picture {
  const [{ height: h, width: w }] = picture as readonly [Plane]
  const [height, width] = [Math.floor((h - kernel) / stride) + 1, Math.floor((w - kernel) / stride) + 1]
  return Array.from({ length: outputs }, (_, out) => {
    const values = new Float64Array(height * width)
    for (const [channel, plane] of picture.entries()) {
      for (let i = 0; i < values.length; i++) {
        const [y, x] = [Math.floor(i / width) * stride, (i % width) * stride]
        for (let k = 0; k < kernel * kernel; k++) {
          const tap = weight[(out * picture.length + channel) * kernel * kernel + k]!
          values[i]! += tap * plane.values[(y + Math.floor(k / kernel)) * w + x + (k % kernel)]!
        }
      }
    }
    return { height, width, values }
  })
}

/** A convolution that keeps the size, doubles it (as a true convolution), or halves it. */
export function plainConvolution(
  picture: Picture,
  weight: Numbers,
  outputs: number,
  kernel: number,
  taps: readonly number[],
  resample: 'up' | 'down' | null,
): Picture {
  const sum = taps.reduce((total, tap) => total + tap, 0)
  const filter = taps.map((row) => taps.map((column) => (row * column) / sum ** 2))
  const half = Math.floor(kernel / 2)
  if (resample === null) {
    const around = picture.map((plane) => plainUpfirdn(plane, [[1]], [1, 1], [1, 1], [half, half, half, half], 1))
    return correlate(around, weight, outputs, kernel, 1)
  }
  const n = taps.length
  if (resample === 'up') {
    const sides = [half + Math.floor((n + 1) / 2), half + Math.floor((n - 2) / 2)] as const
    const large = picture.map((plane) => plainUpfirdn(plane, filter, [2, 2], [1, 1], [...sides, ...sides], 4))
    const size = kernel * kernel
    const turned = Float64Array.from({ length: weight.length }, (_, i) => {
      const k = i % size
      return weight[i - k + size - 1 - k]!
    })
    return correlate(large, turned, outputs, kernel, 1)
  }
  const sides = [half + Math.floor((n - 1) / 2), half + Math.floor((n - 2) / 2)] as const
  const smooth = picture.map((plane) => plainUpfirdn(plane, filter, [1, 1], [1, 1], [...sides, ...sides], 1))
  return correlate(smooth, weight, outputs, kernel, 2)
}

function finish(
  picture: Picture,
  bias: (channel: number, i: number) => number,
  activation: Activation,
  gain: number,
  clamp: number | null,
): Picture {
  const limit = clamp === null ? Number.POSITIVE_INFINITY : clamp * gain
  return picture.map((plane, channel) => ({
    ...plane,
    values: plane.values.map((value, i) => {
      const active = plainActivation(activation, value + bias(channel, i)) * gain
      return Math.max(-limit, Math.min(limit, active))
    }),
  }))
}

function add(a: Picture | null, b: Picture | null): Picture {
  if (a === null || b === null) return (a ?? b)!
  return a.map((plane, c) => ({ ...plane, values: plane.values.map((value, i) => value + b[c]!.values[i]!) }))
}

function dense(place: Place, x: Numbers, activation: Activation, multiplier: number): Float64Array {
  const { shape, data } = place('weight')
  const [outputs = 0, inputs = 0] = shape
  const bias = place('bias').data
  return Float64Array.from({ length: outputs }, (_, out) => {
    let sum = bias[out]! * multiplier
    for (let i = 0; i < inputs; i++) sum += x[i]! * data[out * inputs + i]! * (multiplier / Math.sqrt(inputs))
    return plainActivation(activation, sum)
  })
}

function normalize(x: Numbers): Float64Array {
  const values = Float64Array.from(x)
  const mean = values.reduce((sum, value) => sum + value ** 2, 0) / values.length
  return values.map((value) => value / Math.sqrt(mean + 1e-8))
}

function plainMapping(plan: MappingPlan, weights: Weights, z: Numbers | null, c: Numbers | null): Float64Array {
  const place = placeOf(weights, 'mapping.')
  const parts = [
    ...(z === null ? [] : normalize(z)),
    ...(c === null ? [] : normalize(dense(below(place, 'embed.'), c, 'linear', 1))),
  ]
  let x: Numbers = parts
  for (let layer = 0; layer < plan.num_layers; layer++) {
    x = dense(below(place, `fc${layer}.`), x, plan.activation, plan.lr_multiplier)
  }
  return Float64Array.from(x)
}

/** One latent, one label, fresh noise for each layer or that of the weights, to one picture. */
export function plainGenerator(
  kwargs: GeneratorKwargs,
  weights: Weights,
  z: Numbers | null,
  c: Numbers | null,
  noise: ((layer: string) => Numbers) | null,
): Picture {
  const plan = planGenerator(kwargs)
  const { architecture, activation, conv_clamp, kernel_size, resample_filter: taps, use_noise } = plan.synthesis_kwargs
  const w = plainMapping(plan.mapping_kwargs, weights, z, c)
  const styled = (name: string, x: Picture, up: boolean, gain: number) => {
    const place = placeOf(weights, `synthesis.${name}.`)
    const { shape, data } = place('weight')
    const modulated = modulate(data, shape, dense(below(place, 'affine.'), w, 'linear', 1), true)
    const y = plainConvolution(x, modulated, shape[0]!, kernel_size, taps, up ? 'up' : null)
    const pattern = use_noise ? (noise?.(name) ?? place('noise_const').data) : null
    const strength = use_noise ? place('noise_strength').data[0]! : 0
    const bias = place('bias').data
    return finish(y, (channel, i) => bias[channel]! + (pattern?.[i] ?? 0) * strength, activation, gain, conv_clamp)
  }

  const constant = placeOf(weights, 'synthesis.b4.')('const').data
  let x: Picture = Array.from({ length: constant.length / 16 }, (_, channel) => ({
    height: 4,
    width: 4,
    values: Float64Array.from(constant.subarray(channel * 16, (channel + 1) * 16)),
  }))
  let image: Picture | null = null
  for (const resolution of blockResolutions(plan.img_resolution)) {
    const place = placeOf(weights, `synthesis.b${resolution}.`)
    const isResidual = architecture === 'resnet' && resolution > 4
    const shortcut = isResidual ? plainSkip(place, x, taps, 'up') : null
    if (resolution > 4) x = styled(`b${resolution}.conv0`, x, true, 1)
    x = styled(`b${resolution}.conv1`, x, false, isResidual ? Math.SQRT1_2 : 1)
    x = add(shortcut, x)
    if (image !== null) image = plainUp(image, taps)
    if (architecture === 'skip' || resolution === plan.img_resolution) {
      const rgb = below(place, 'torgb.')
      const { shape, data } = rgb('weight')
      const styles = dense(below(rgb, 'affine.'), w, 'linear', 1).map((style) => style / Math.sqrt(shape[1]!))
      const bias = rgb('bias').data
      const y = correlate(x, modulate(data, shape, styles, false), shape[0]!, 1, 1)
      image = add(
        image,
        finish(y, (channel) => bias[channel]!, 'linear', 1, conv_clamp),
      )
    }
  }
  return image!
}

/** Pictures and labels to a logit each. */
export function plainDiscriminator(
  kwargs: DiscriminatorKwargs,
  weights: Weights,
  pictures: readonly Picture[],
  labels: readonly Numbers[] | null,
): readonly number[] {
  const plan = planDiscriminator(kwargs)
  const { architecture, conv_clamp, epilogue_kwargs: last } = plan
  const { activation, resample_filter: taps } = plan.block_kwargs
  const halved = pictures.map((picture) => {
    let x: Picture | null = null
    let image = picture
    for (const resolution of blockResolutions(plan.img_resolution).slice(1).toReversed()) {
      const place = placeOf(weights, `b${resolution}.`)
      const isFirst = resolution === plan.img_resolution
      const read = isFirst || architecture === 'skip'
      if (read) x = add(x, plainLayer(below(place, 'fromrgb.'), image, taps, null, activation, 1, conv_clamp))
      if (architecture === 'skip') image = plainDown(image, taps)
      const shortcut = architecture === 'resnet' ? plainSkip(place, x!, taps, 'down') : null
      const gain = architecture === 'resnet' ? Math.SQRT1_2 : 1
      const y = plainLayer(below(place, 'conv0.'), x!, taps, null, activation, 1, conv_clamp)
      x = add(shortcut, plainLayer(below(place, 'conv1.'), y, taps, 'down', activation, gain, conv_clamp))
    }
    const place = placeOf(weights, 'b4.fromrgb.')
    return architecture === 'skip' ? add(x, plainLayer(place, image, taps, null, last.activation, 1, null)) : x!
  })
  return withDeviation(halved, last.mbstd_group_size, last.mbstd_num_channels).map((x, i) => {
    const place = placeOf(weights, 'b4.')
    const y = plainLayer(below(place, 'conv.'), x, taps, null, last.activation, 1, conv_clamp)
    const features = dense(
      below(place, 'fc.'),
      y.flatMap(({ values }) => [...values]),
      last.activation,
      1,
    )
    const out = dense(below(place, 'out.'), features, 'linear', 1)
    if (labels === null) return out[0]!
    const mapped = plainMapping(plan.mapping_kwargs, weights, null, labels[i]!)
    return out.reduce((sum, value, k) => sum + value * mapped[k]!, 0) / Math.sqrt(plan.cmap_dim)
  })
}

function plainLayer(
  place: Place,
  picture: Picture,
  taps: readonly number[],
  resample: 'down' | null,
  activation: Activation,
  gain: number,
  clamp: number | null,
): Picture {
  const { shape, data } = place('weight')
  const [outputs = 0, , kernel = 0] = shape
  const bias = place('bias').data
  const y = plainConvolution(picture, equalize(data, shape), outputs, kernel, taps, resample)
  return finish(y, (channel) => bias[channel]!, activation, gain, clamp)
}

function plainSkip(place: Place, picture: Picture, taps: readonly number[], resample: 'up' | 'down'): Picture {
  const { shape, data } = place('skip.weight')
  const y = plainConvolution(picture, equalize(data, shape), shape[0]!, 1, taps, resample)
  return finish(y, () => 0, 'linear', Math.SQRT1_2, null)
}

function plainUp(picture: Picture, taps: readonly number[]): Picture {
  return picture.flatMap((plane) => plainConvolution([plane], [1], 1, 1, taps, 'up'))
}

function plainDown(picture: Picture, taps: readonly number[]): Picture {
  return picture.flatMap((plane) => plainConvolution([plane], [1], 1, 1, taps, 'down'))
}

function equalize(weight: Float32Array, [, inputs = 0, kernel = 0]: readonly number[]): Float64Array {
  return Float64Array.from(weight, (value) => value / Math.sqrt(inputs * kernel * kernel))
}

function modulate(weight: Float32Array, shape: readonly number[], styles: Numbers, demodulate: boolean): Float64Array {
  const [outputs = 0, inputs = 0, kernel = 0] = shape
  const size = kernel * kernel
  const modulated = Float64Array.from(weight, (value, i) => value * styles[Math.floor(i / size) % inputs]!)
  if (!demodulate) return modulated
  const scales = Array.from({ length: outputs }, (_, out) => {
    const own = modulated.subarray(out * inputs * size, (out + 1) * inputs * size)
    return 1 / Math.sqrt(own.reduce((sum, value) => sum + value ** 2, 0) + 1e-8)
  })
  return modulated.map((value, i) => value * scales[Math.floor(i / (inputs * size))]!)
}

/** The i-th picture shares a group with those that lie whole numbers of groups further on. */
function withDeviation(pictures: readonly Picture[], size: number | null, added: number): readonly Picture[] {
  if (added === 0) return pictures
  const n = pictures.length
  const groups = n / Math.min(size ?? n, n)
  return pictures.map((picture, i) => {
    const members = pictures.filter((_, j) => j % groups === i % groups)
    const share = picture.length / added
    const extra = Array.from({ length: added }, (_, part) => {
      let sum = 0
      for (let channel = part * share; channel < (part + 1) * share; channel++) {
        for (let pixel = 0; pixel < 16; pixel++) {
          const values = members.map((member) => member[channel]!.values[pixel]!)
          const mean = values.reduce((total, value) => total + value, 0) / values.length
          const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length
          sum += Math.sqrt(variance + 1e-8)
        }
      }
      return { height: 4, width: 4, values: new Float64Array(16).fill(sum / (share * 16)) }
    })
    return [...picture, ...extra]
  })
}

function placeOf(weights: Weights, prefix: string): Place {
  return (name) => {
    const weight = weights.get(prefix + name)
    if (weight === undefined) throw new Error(`no weight ${prefix}${name}`)
    return weight
  }
}

function below(place: Place, prefix: string): Place {
  return (name) => place(prefix + name)
}
