import { createLayerEnding } from './activation.ts'
import { blockResolutions, channelsAt, type GeneratorPlan } from './architecture.ts'
import { addPresent, createFullyConnected, equalized, modulatedConvolution, powerOf, RESIDUAL_GAIN } from './layers.ts'
import { consume, convolution, filterOf, type Ops, type Parameters, scope, scoped } from './ops.ts'
import { createUpsampling, foldedUpConvolution, normalizeTaps, upConvolution } from './resample.ts'

/**
 * What is added to the activations before each bias: the noise that the weights came with, nothing, or fresh noise of
 * shape [n, resolution, resolution, 1] for the named layer.
 */
export type Noise<T> = 'const' | 'none' | ((layer: string, resolution: number) => T)

/** Sees what each block hands on: activations and, where there is one yet, the image. */
export type Observe<T> = (resolution: number, x: T, image: T | null) => void

/** Styles to images: as many as `styleCount` says, [n, wDim] to [n, resolution, resolution, channels], nominally -1 to 1. */
export type Synthesis<T> = (styles: readonly T[], noise: Noise<T>, observe?: Observe<T>) => T

type StyledLayer<T> = (x: T, style: T, noise: Noise<T>) => T

/** How many styles one image takes: one per convolution and one for the last ToRGB. */
export function styleCount(kwargs: { readonly img_resolution: number }): number {
  return 2 * blockResolutions(kwargs.img_resolution).length
}

/** One resolution: activations and image in, both at the new resolution out. */
interface Block<T> {
  readonly resolution: number
  readonly layers: readonly StyledLayer<T>[]
  readonly shortcut: ((x: T) => T) | null
  readonly toRgb: ((x: T, style: T) => T) | null
}

/**
 * Prepares the synthesis network: everything that depends on the weights alone is computed here, once.
 *
 * @param p the parameters of `synthesis`
 * @see Karras et al. 2020, arXiv:1912.04958
 */
export function createSynthesis<T>(ops: Ops<T>, plan: GeneratorPlan, p: Parameters<T>): Synthesis<T> {
  const taps = normalizeTaps(plan.synthesis_kwargs.resample_filter)
  const constant = p('b4.const')
  const upsample = createUpsampling(ops, plan.img_channels, taps)
  const blocks = blockResolutions(plan.img_resolution).map((resolution) => createBlock(ops, plan, p, resolution, taps))

  return (styles, noise, observe) => {
    // An observer may hold on to what it sees.
    const advance = (x: T, use: (x: T) => T) => (observe === undefined ? consume(ops, x, use) : use(x))
    const [n] = ops.shapeOf(styles[0])
    // Adding zeros broadcasts the learned constant over the batch.
    let x = ops.add(
      ops.constant(new Float32Array(n), [n, 1, 1, 1]),
      ops.reshape(constant, [1, ...ops.shapeOf(constant)]),
    )
    let image: T | null = null
    let layer = 0
    for (const block of blocks) {
      const shortcut = block.shortcut?.(x) ?? null
      for (const apply of block.layers) {
        const style = styles[layer++]
        x = advance(x, (before) => apply(before, style, noise))
      }
      if (shortcut !== null) x = advance(x, (deep) => ops.add(shortcut, deep))
      // ToRGB has no style of its own: it borrows that of the next block's first layer.
      const rgb = block.toRgb?.(x, styles[layer]) ?? null
      image = addPresent(ops, image === null ? null : upsample(image), rgb)
      observe?.(block.resolution, x, image)
    }
    if (image === null) throw new TypeError('a synthesis network has at least one ToRGB layer')
    return image
  }
}

function createBlock<T>(
  ops: Ops<T>,
  plan: GeneratorPlan,
  parameters: Parameters<T>,
  resolution: number,
  taps: readonly number[],
): Block<T> {
  const { architecture } = plan.synthesis_kwargs
  const p = scoped(parameters, `b${resolution}.`)
  const residual = architecture === 'resnet' && resolution > 4
  const layer = (name: string, up: boolean, gain: number) =>
    createLayer(ops, plan, scoped(p, `${name}.`), { name: `b${resolution}.${name}`, resolution, gain, up, taps })

  const last = layer('conv1', false, residual ? RESIDUAL_GAIN : 1)
  const hasRgb = architecture === 'skip' || resolution === plan.img_resolution
  return {
    resolution,
    layers: resolution === 4 ? [last] : [layer('conv0', true, 1), last],
    shortcut: residual ? foldedUpConvolution(ops, equalized(ops, scoped(p, 'skip.'), RESIDUAL_GAIN), taps) : null,
    toRgb: hasRgb ? createToRgb(ops, plan, scoped(p, 'torgb.'), resolution) : null,
  }
}

interface LayerPlace {
  readonly name: string
  readonly resolution: number
  /** On top of that of the activation. */
  readonly gain: number
  readonly up: boolean
  readonly taps: readonly number[]
}

function createLayer<T>(ops: Ops<T>, plan: GeneratorPlan, p: Parameters<T>, place: LayerPlace): StyledLayer<T> {
  const { activation, conv_clamp, use_noise } = plan.synthesis_kwargs
  const { name, resolution, up, taps } = place
  const ending = createLayerEnding(ops, activation, place.gain, conv_clamp)
  const filter = filterOf(ops, p)
  const power = powerOf(ops, filter)
  const convolve = up ? upConvolution(ops, filter, taps) : convolution(ops, filter, 1, 'same')
  const affine = createFullyConnected(ops, scoped(p, 'affine.'))
  const bias = scope(ops, () => ops.scale(p('bias'), ending.gainBefore))
  const strength = use_noise ? scope(ops, () => ops.scale(p('noise_strength'), ending.gainBefore)) : null
  const unchanging = strength === null ? null : scope(ops, () => ops.mul(p('noise_const'), strength))

  return (x, style, noise) =>
    scope(ops, () => {
      let y = scope(ops, () => modulatedConvolution(ops, x, convolve, power, affine(style), ending.gainBefore))
      const add = (term: T) => consume(ops, y, (sum) => ops.add(sum, term))
      if (noise === 'const' && unchanging !== null) y = add(unchanging)
      if (typeof noise === 'function' && strength !== null) y = add(ops.mul(noise(name, resolution), strength))
      return ending.apply(add(bias))
    })
}

function createToRgb<T>(ops: Ops<T>, plan: GeneratorPlan, p: Parameters<T>, resolution: number): (x: T, style: T) => T {
  const ending = createLayerEnding(ops, 'linear', 1, plan.synthesis_kwargs.conv_clamp)
  const inputs = channelsAt(resolution, plan.synthesis_kwargs)
  const convolve = convolution(ops, filterOf(ops, p), 1, 'same')
  const affine = createFullyConnected(ops, scoped(p, 'affine.'))
  const bias = p('bias')
  return (x, style) =>
    scope(ops, () => {
      const modulation = ops.scale(affine(style), 1 / Math.sqrt(inputs))
      const y = modulatedConvolution(ops, x, convolve, null, modulation)
      return ending.apply(consume(ops, y, (image) => ops.add(image, bias)))
    })
}
