import { blockResolutions, channelsAt, type GeneratorKwargs } from './architecture.ts'
import { clampTo, equalized, fullyConnected, modulatedConvolution, RELU_GAIN, RESIDUAL_GAIN } from './layers.ts'
import { type Ops, type Parameters, scoped } from './ops.ts'
import { depthToSpace, foldUpsampling, upConvolution, upsample } from './resample.ts'

/**
 * What is added to the activations before each bias: the noise that the weights came with, nothing, or fresh noise of
 * shape [n, resolution, resolution, 1] for the named layer.
 */
export type Noise<T> = 'const' | 'none' | ((layer: string, resolution: number) => T)

/** Styles to images: as many as `styleCount` says, [n, wDim] to [n, resolution, resolution, channels], nominally -1 to 1. */
export type Synthesis<T> = (styles: readonly T[], noise: Noise<T>) => T

type StyledLayer<T> = (x: T, style: T, noise: Noise<T>) => T

/** How many styles one image takes: one per convolution and one for the last ToRGB. */
export function styleCount(kwargs: { readonly img_resolution: number }): number {
  return 2 * blockResolutions(kwargs.img_resolution).length
}

/** One resolution: activations and image in, both at the new resolution out. */
interface Block<T> {
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
export function createSynthesis<T>(ops: Ops<T>, kwargs: GeneratorKwargs, p: Parameters<T>): Synthesis<T> {
  const constant = p('b4.const')
  const blocks = blockResolutions(kwargs.img_resolution).map((resolution) => createBlock(ops, kwargs, p, resolution))

  return (styles, noise) => {
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
      for (const apply of block.layers) x = apply(x, styles[layer++], noise)
      if (shortcut !== null) x = ops.add(shortcut, x)
      if (image !== null) image = upsample(ops, image)
      // ToRGB has no style of its own: it borrows that of the next block's first layer.
      const rgb = block.toRgb?.(x, styles[layer]) ?? null
      if (rgb !== null) image = image === null ? rgb : ops.add(image, rgb)
    }
    if (image === null) throw new TypeError('a synthesis network has at least one ToRGB layer')
    return image
  }
}

function createBlock<T>(ops: Ops<T>, kwargs: GeneratorKwargs, parameters: Parameters<T>, resolution: number): Block<T> {
  const { architecture = 'skip', conv_clamp: clamp = null } = kwargs.synthesis_kwargs
  const p = scoped(parameters, `b${resolution}.`)
  const residual = architecture === 'resnet' && resolution > 4
  const layer = (name: string, up: boolean, gain: number) =>
    createLayer(ops, scoped(p, `${name}.`), { name: `b${resolution}.${name}`, resolution, up, gain, clamp })

  const last = layer('conv1', false, residual ? RESIDUAL_GAIN : 1)
  const hasRgb = architecture === 'skip' || resolution === kwargs.img_resolution
  return {
    layers: resolution === 4 ? [last] : [layer('conv0', true, 1), last],
    shortcut: residual ? createShortcut(ops, p('skip.weight')) : null,
    toRgb: hasRgb
      ? createToRgb(ops, scoped(p, 'torgb.'), channelsAt(resolution, kwargs.synthesis_kwargs), clamp)
      : null,
  }
}

interface LayerPlan {
  readonly name: string
  readonly resolution: number
  readonly up: boolean
  /** On top of that of the activation. */
  readonly gain: number
  readonly clamp: number | null
}

function createLayer<T>(ops: Ops<T>, p: Parameters<T>, plan: LayerPlan): StyledLayer<T> {
  const { name, resolution, up, clamp } = plan
  const gain = RELU_GAIN * plan.gain
  const weight = p('weight')
  const convolve = up ? upConvolution(ops, weight) : (x: T) => ops.conv2d(x, weight, 1, 'same')
  const bias = ops.scale(p('bias'), gain)
  const strength = ops.scale(p('noise_strength'), gain)

  return (x, style, noise) => {
    const modulation = fullyConnected(ops, scoped(p, 'affine.'), style)
    let y = modulatedConvolution(ops, x, convolve, weight, modulation, gain)
    if (noise !== 'none') {
      const pattern = noise === 'const' ? p('noise_const') : noise(name, resolution)
      y = ops.add(y, ops.mul(pattern, strength))
    }
    return clampTo(ops, ops.leakyRelu(ops.add(y, bias)), clamp, plan.gain)
  }
}

function createShortcut<T>(ops: Ops<T>, weight: T): (x: T) => T {
  const filter = foldUpsampling(ops, equalized(ops, weight, RESIDUAL_GAIN))
  return (x) => depthToSpace(ops, ops.conv2d(x, filter, 1, 'same'))
}

function createToRgb<T>(ops: Ops<T>, p: Parameters<T>, inputs: number, clamp: number | null): (x: T, style: T) => T {
  const weight = p('weight')
  const convolve = (x: T) => ops.conv2d(x, weight, 1, 'same')
  return (x, style) => {
    const modulation = ops.scale(fullyConnected(ops, scoped(p, 'affine.'), style), 1 / Math.sqrt(inputs))
    const y = modulatedConvolution(ops, x, convolve, null, modulation)
    return clampTo(ops, ops.add(y, p('bias')), clamp)
  }
}
