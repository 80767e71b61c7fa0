import * as tf from '@tensorflow/tfjs-core'
import { planGenerator } from '../architecture.ts'
import { createDiscriminator, type Discriminator } from '../discriminator.ts'
import { NATIVE } from '../engines/device-backends.ts'
import { nativeOps, tfjsOps } from '../engines/tfjs-ops.ts'
import { WEBGPU } from '../engines/webgpu-kernels.ts'
import { createGenerator, type Generator } from '../generator.ts'
import type { Ops } from '../ops.ts'
import { type Noise, styleCount } from '../synthesis.ts'
import { type Augmentation, prepareAugmentation } from './augment.ts'
import type { PathLengthConfig } from './config.ts'
import type { Draws, Phase, Showing } from './draws.ts'
import { oneHot } from './labels.ts'
import { discriminatorLoss, generatorLoss, pathLengths, r1Loss } from './losses.ts'
import { mirrorShift } from './mirror-shift.ts'
import { cut, named } from './parameters.ts'
import { differentiate, type Player } from './player.ts'
import type { Run } from './standing.ts'

const MEAN_STYLE = 'mapping.w_avg'

/** One of the steps that an iteration is made of. */
export type Descent = Phase | 'r1'

/** Where a step goes; the caller disposes of it. */
export interface Slope {
  readonly loss: tf.Scalar
  /** By the parameters of the network that moves, as one vector. */
  readonly gradient: tf.Tensor1D
  /** What was seen on the way: the mean of sign(D(real)), or the mean path length; 0 in the other steps. */
  readonly aside: tf.Scalar
}

/**
 * A loss and its gradient, over the images that the draws are of.
 *
 * @throws {RangeError} for path lengths where they are not regularised
 */
export function differentiateDescent(run: Run, descent: Descent, draws: Draws): Slope {
  if (descent === 'generator') return differentiateGenerator(run, draws)
  if (descent === 'discriminator') return differentiateDiscriminator(run, draws)
  if (descent === 'r1') return differentiateR1(run, draws)
  const { pathLength } = run.config
  if (pathLength === null) throw new RangeError('path lengths are not regularised')
  return differentiatePaths(run, draws, pathLength)
}

/** The network that a step moves. */
export function playerOf({ generator, discriminator }: Run, descent: Descent): Player {
  return descent === 'generator' || descent === 'pathLength' ? generator : discriminator
}

/** Real images, and their labels where the networks take them. */
interface Reals {
  readonly images: tf.Tensor
  readonly labels: tf.Tensor | null
}

/** How many images one worker differentiates over. */
function shareOf({ config }: Run): number {
  return config.batch / config.workers
}

/** Shows the real images that the draws are of for as long as `work` needs them. */
function showingReals<T>(run: Run, draws: Draws, work: (reals: Reals) => T): T {
  const { img_resolution: side, img_channels: channels, c_dim } = run.config.generator
  const { pixels, classes } = draws.reals()
  const shape: [number, number, number, number] = [shareOf(run), side, side, channels]
  const images = tf.tidy(() => mirrorShift(tf.tensor4d(pixels, shape), draws.shift()))
  const labels = oneHot(classes, c_dim)
  try {
    return work({ images, labels })
  } finally {
    images.dispose()
    labels?.dispose()
  }
}

/** Of the generator, towards images that the discriminator takes for real. */
function differentiateGenerator(run: Run, draws: Draws): Slope {
  return altering(run, draws, 'generator', ({ apply }) =>
    slope(run, 'the generator', run.generator, (parts) => {
      const labels = fakeLabels(run, draws, 'generator', shareOf(run))
      const fakes = generate(run, buildGenerator(run, parts), draws, 'generator', labels)
      const discriminator = buildDiscriminator(run, cut(run.discriminator.plan, run.discriminator.parameters))
      return [generatorLoss(discriminator(apply(fakes), labels).logits)]
    }),
  )
}

/** Of the discriminator, which tells generated images from real ones; aside, the mean of sign(D(real)). */
function differentiateDiscriminator(run: Run, draws: Draws): Slope {
  run.watch?.begin('the images for the discriminator')
  const labels = fakeLabels(run, draws, 'discriminator', shareOf(run))
  const fakes = tf.tidy(() => {
    const generator = buildGenerator(run, cut(run.generator.plan, run.generator.parameters))
    return generate(run, generator, draws, 'discriminator', labels)
  })
  const found = showingReals(run, draws, (reals) =>
    altering(run, draws, 'fakes', (ofFakes) =>
      altering(run, draws, 'reals', (ofReals) =>
        slope(run, 'the discriminator', run.discriminator, (parts) => {
          const discriminator = buildDiscriminator(run, parts)
          // Two passes, since the minibatch standard deviation must not mix real and fake.
          const fakeLogits = discriminator(ofFakes.apply(fakes), labels).logits
          const realLogits = discriminator(ofReals.apply(reals.images), reals.labels).logits
          return [discriminatorLoss(fakeLogits, realLogits), meanSign(realLogits)]
        }),
      ),
    ),
  )
  fakes.dispose()
  labels?.dispose()
  return found
}

function meanSign(logits: tf.Tensor): tf.Scalar {
  return tf.sub(tf.mul(tf.mean(tf.cast(tf.greater(logits, 0), 'float32')), 2), 1)
}

/** Of the discriminator, towards flatness around the real images. */
function differentiateR1(run: Run, draws: Draws): Slope {
  const { gamma, r1Interval } = run.config
  return showingReals(run, draws, (reals) =>
    altering(run, draws, 'r1', ({ apply }) =>
      slope(run, 'R1', run.discriminator, (parts) => {
        const discriminator = buildDiscriminator(run, parts)
        const judge = (images: tf.Tensor) => discriminator(apply(images), reals.labels).logits
        return [tf.mul(r1Loss(judge, reals.images, gamma), r1Interval)]
      }),
    ),
  )
}

/** Of the generator, towards even steps in the image; aside, the mean length of a step. */
function differentiatePaths(run: Run, draws: Draws, { interval, weight, decay }: PathLengthConfig): Slope {
  const { img_resolution: side, img_channels: channels } = run.config.generator
  const count = Math.max(1, Math.floor(shareOf(run) / 2))
  return slope(run, 'the path lengths', run.generator, (parts) => {
    const generator = buildGenerator(run, parts)
    const direction = tf.tensor4d(draws.directions(count * side * side * channels), [count, side, side, channels])
    const labels = fakeLabels(run, draws, 'pathLength', count)
    const styles = style(run, generator, draws, 'pathLength', count, labels)
    const lengths = pathLengths(generator, styles, noiseOf(draws, count), direction)
    const mean: tf.Scalar = tf.mean(lengths)
    // The gradient flows through this iteration's share of the mean as well.
    const target = tf.add(tf.mul(mean, decay), tf.mul(run.meanPathLength, 1 - decay))
    return [tf.mul(tf.mean(tf.square(tf.sub(lengths, target))), weight * interval), mean]
  })
}

const UNALTERING: Augmentation = { apply: (images) => images, dispose: () => {} }

/** Prepares how images are altered for as long as `work` needs it. */
function altering<T>(run: Run, draws: Draws, showing: Showing, work: (how: Augmentation) => T): T {
  const { augment, generator } = run.config
  if (augment === null || run.augmentP === 0) return work(UNALTERING)
  const alterations = draws.alterations(showing, shareOf(run), augment.kinds, run.augmentP)
  const augmentation = prepareAugmentation(alterations, augment.kinds, generator.img_resolution)
  try {
    return work(augmentation)
  } finally {
    augmentation.dispose()
  }
}

/** The operations that the generator is fastest with on this backend. */
export function fastestOps(): Ops<tf.Tensor> {
  return [NATIVE, WEBGPU].includes(tf.getBackend()) ? nativeOps : tfjsOps
}

function buildGenerator({ config, generator, watch }: Run, parts: readonly tf.Tensor[]): Generator<tf.Tensor> {
  const ops = watch?.over(fastestOps(), 'G') ?? fastestOps()
  return createGenerator(ops, config.generator, named(generator.plan, parts, generator.buffers))
}

function buildDiscriminator(
  { config, discriminator, watch }: Run,
  parts: readonly tf.Tensor[],
): Discriminator<tf.Tensor> {
  const ops = watch?.over(tfjsOps, 'D') ?? tfjsOps
  return createDiscriminator(ops, config.discriminator, named(discriminator.plan, parts, discriminator.buffers))
}

/** @param phase what the step is called when something is wrong with it */
function slope(
  { watch }: Run,
  phase: string,
  player: Player,
  look: (parts: readonly tf.Tensor[]) => readonly [loss: tf.Scalar, aside?: tf.Scalar],
): Slope {
  watch?.begin(phase)
  let aside = tf.scalar(0)
  const [loss, gradient] = differentiate(player, (parts) => {
    const [value, seen = tf.scalar(0)] = look(parts)
    aside.dispose()
    aside = tf.keep(seen)
    return value
  })
  return { loss, gradient, aside }
}

function generate(
  run: Run,
  generator: Generator<tf.Tensor>,
  draws: Draws,
  phase: Phase,
  labels: tf.Tensor | null,
): tf.Tensor {
  const count = shareOf(run)
  const images = generator.synthesize(style(run, generator, draws, phase, count, labels), noiseOf(draws, count))
  return mirrorShift(images, draws.shift())
}

function fakeLabels({ config }: Run, draws: Draws, phase: Phase, count: number): tf.Tensor | null {
  return oneHot(draws.classes(phase, count), config.generator.c_dim)
}

/** One style per layer of fresh latents, mixed where the draws say so. The mean style follows. */
function style(
  run: Run,
  generator: Generator<tf.Tensor>,
  draws: Draws,
  phase: Phase,
  count: number,
  labels: tf.Tensor | null,
): readonly tf.Tensor[] {
  const zDim = run.config.generator.z_dim
  const w = generator.map(tf.tensor2d(draws.latents(phase, count), [count, zDim]), labels)
  followMeanStyle(run, w)
  const styles = Array<tf.Tensor>(styleCount(run.config.generator)).fill(w)
  const crossover = draws.crossover(phase)
  if (crossover === null) return styles
  return styles.fill(generator.map(tf.tensor2d(draws.mixedLatents(phase, count), [count, zDim]), labels), crossover)
}

function followMeanStyle({ config, generator: { buffers } }: Run, w: tf.Tensor): void {
  const memory = planGenerator(config.generator).mapping_kwargs.w_avg_beta
  const before = buffers.get(MEAN_STYLE)
  if (before === undefined || memory === null) return
  const followed = tf.tidy(() => {
    const mean = tf.mean(w, 0)
    return tf.add(mean, tf.mul(tf.sub(before, mean), memory))
  })
  buffers.set(MEAN_STYLE, tf.keep(followed))
  before.dispose()
}

function noiseOf(draws: Draws, count: number): Noise<tf.Tensor> {
  if (draws.noise(1) === null) return 'const'
  return (_layer, resolution) =>
    tf.tensor4d(draws.noise(count * resolution * resolution)!, [count, resolution, resolution, 1])
}
