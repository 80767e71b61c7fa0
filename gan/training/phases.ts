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
import { descend as descendPlayer, type Player } from './player.ts'
import type { Run } from './standing.ts'

const MEAN_STYLE = 'mapping.w_avg'

/** Real images, and their labels where the networks take them. */
export interface Reals {
  readonly images: tf.Tensor
  readonly labels: tf.Tensor | null
}

/** The images that an iteration shows; the caller disposes of them. */
export function showReals({ config }: Run, draws: Draws): Reals {
  const { img_resolution: side, img_channels: channels, c_dim } = config.generator
  const { pixels, classes } = draws.reals()
  const shape: [number, number, number, number] = [config.batch, side, side, channels]
  return {
    images: tf.tidy(() => mirrorShift(tf.tensor4d(pixels, shape), draws.shift())),
    labels: oneHot(classes, c_dim),
  }
}

/** A step of the generator towards images that the discriminator takes for real. */
export function descendGenerator(run: Run, draws: Draws): tf.Scalar {
  return altering(run, draws, 'generator', ({ apply }) =>
    descend(run, 'the generator', run.generator, (parts) => {
      const labels = fakeLabels(run, draws, 'generator', run.config.batch)
      const fakes = generate(run, buildGenerator(run, parts), draws, 'generator', labels)
      const discriminator = buildDiscriminator(run, cut(run.discriminator.plan, run.discriminator.parameters))
      return generatorLoss(discriminator(apply(fakes), labels).logits)
    }),
  )
}

/** A step of the discriminator apart from the generated images; `sign` is the mean of sign(D(real)). */
export function descendDiscriminator(run: Run, draws: Draws, reals: Reals): { loss: tf.Scalar; sign: tf.Scalar } {
  run.watch?.begin('the images for the discriminator')
  const labels = fakeLabels(run, draws, 'discriminator', run.config.batch)
  const fakes = tf.tidy(() => {
    const generator = buildGenerator(run, cut(run.generator.plan, run.generator.parameters))
    return generate(run, generator, draws, 'discriminator', labels)
  })
  let sign = tf.scalar(0)
  const loss = altering(run, draws, 'fakes', (ofFakes) =>
    altering(run, draws, 'reals', (ofReals) =>
      descend(run, 'the discriminator', run.discriminator, (parts) => {
        const discriminator = buildDiscriminator(run, parts)
        // Two passes, since the minibatch standard deviation must not mix real and fake.
        const fakeLogits = discriminator(ofFakes.apply(fakes), labels).logits
        const realLogits = discriminator(ofReals.apply(reals.images), reals.labels).logits
        sign.dispose()
        sign = tf.keep(meanSign(realLogits))
        return discriminatorLoss(fakeLogits, realLogits)
      }),
    ),
  )
  fakes.dispose()
  labels?.dispose()
  return { loss, sign }
}

function meanSign(logits: tf.Tensor): tf.Scalar {
  return tf.sub(tf.mul(tf.mean(tf.cast(tf.greater(logits, 0), 'float32')), 2), 1)
}

/** A step of the discriminator towards flatness around the real images. */
export function descendR1(run: Run, draws: Draws, reals: Reals): tf.Scalar {
  const { gamma, r1Interval } = run.config
  return altering(run, draws, 'r1', ({ apply }) =>
    descend(run, 'R1', run.discriminator, (parts) => {
      const discriminator = buildDiscriminator(run, parts)
      const judge = (images: tf.Tensor) => discriminator(apply(images), reals.labels).logits
      return tf.mul(r1Loss(judge, reals.images, gamma), r1Interval)
    }),
  )
}

/** A step of the generator towards even steps in the image; the mean length follows. */
export function descendPaths(run: Run, draws: Draws, { interval, weight, decay }: PathLengthConfig): tf.Scalar {
  const { img_resolution: side, img_channels: channels } = run.config.generator
  const count = Math.max(1, Math.floor(run.config.batch / 2))
  const seen: tf.Tensor[] = []
  const loss = descend(run, 'the path lengths', run.generator, (parts) => {
    const generator = buildGenerator(run, parts)
    const direction = tf.tensor4d(draws.directions(count * side * side * channels), [count, side, side, channels])
    const labels = fakeLabels(run, draws, 'pathLength', count)
    const styles = style(run, generator, draws, 'pathLength', count, labels)
    const lengths = pathLengths(generator, styles, noiseOf(draws, count), direction)
    const mean = tf.mean(lengths)
    seen.push(tf.keep(mean))
    // The gradient flows through this iteration's share of the mean as well.
    const target = tf.add(tf.mul(mean, decay), tf.mul(run.meanPathLength, 1 - decay))
    return tf.mul(tf.mean(tf.square(tf.sub(lengths, target))), weight * interval)
  })
  for (const mean of seen) {
    const before = run.meanPathLength
    run.meanPathLength = tf.tidy(() => tf.add(before, tf.mul(tf.sub(mean, before), decay)))
    tf.dispose([mean, before])
  }
  return loss
}

const UNALTERING: Augmentation = { apply: (images) => images, dispose: () => {} }

/** Prepares how images are altered for as long as `work` needs it. */
function altering<T>({ config, augmentP }: Run, draws: Draws, showing: Showing, work: (how: Augmentation) => T): T {
  const { augment, batch, generator } = config
  if (augment === null || augmentP === 0) return work(UNALTERING)
  const alterations = draws.alterations(showing, batch, augment.kinds, augmentP)
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
function descend(
  { watch }: Run,
  phase: string,
  player: Player,
  loss: (parts: readonly tf.Tensor[]) => tf.Scalar,
): tf.Scalar {
  watch?.begin(phase)
  return descendPlayer(player, loss, (value, gradient) => watch?.end(player.plan, value, gradient))
}

function generate(
  run: Run,
  generator: Generator<tf.Tensor>,
  draws: Draws,
  phase: Phase,
  labels: tf.Tensor | null,
): tf.Tensor {
  const { batch } = run.config
  const images = generator.synthesize(style(run, generator, draws, phase, batch, labels), noiseOf(draws, batch))
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
