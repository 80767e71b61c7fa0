import { type GeneratorKwargs, generatorShapes } from '../architecture.ts'
import type { Bundle, Weights } from '../bundle.ts'
import type { Shape } from '../ops.ts'
import type { MersenneTwister } from '../random.ts'
import { AdapterMismatch } from './errors.ts'

/** What follows a weight's name: [rank, in, k, k] of a convolution, [rank, in] of an affine layer. */
export const DOWN = '.lora_down'
/** [out, rank, 1, 1], or [out, rank]. */
export const UP = '.lora_up'

/** The convolutions of the synthesis network, and the affine layers that turn styles into their modulation. */
const ADAPTED = /^synthesis\.b\d+\.(?:(?:conv0|conv1|torgb)(?:\.affine)?|skip)\.weight$/u

/** Whether a parameter is one of an adapter's. */
export function isAdapterWeight(name: string): boolean {
  return name.endsWith(DOWN) || name.endsWith(UP)
}

/** What an adapter of that rank has for a generator: a thin matrix on either side of each adapted weight. */
export function adapterShapes(kwargs: GeneratorKwargs, rank: number): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>()
  for (const [name, [out, ...inner]] of generatorShapes(kwargs)) {
    if (!ADAPTED.test(name)) continue
    shapes.set(name + DOWN, [rank, ...inner])
    shapes.set(name + UP, [out, rank, ...inner.slice(1).map(() => 1)])
  }
  return shapes
}

/**
 * An adapter that changes nothing yet: standard normals before, zeros behind, so that only what is behind has a slope at
 * first.
 *
 * @see Hu et al. 2021, arXiv:2106.09685
 */
export function initialAdapter(kwargs: GeneratorKwargs, rank: number, random: MersenneTwister): Weights {
  const draw = (name: string, size: number) =>
    name.endsWith(UP) ? new Float32Array(size) : Float32Array.from({ length: size }, () => random.nextGaussian())
  return new Map(
    [...adapterShapes(kwargs, rank)].map(([name, shape]) => {
      return [
        name,
        {
          shape,
          data: draw(
            name,
            shape.reduce((size, length) => size * length, 1),
          ),
        },
      ]
    }),
  )
}

/**
 * What the product of both matrices is multiplied with: its root keeps the sum over the rank at one size whatever that is.
 *
 * @see Kalajdzievski 2023, arXiv:2312.03732
 */
export function adapterScale(rank: number): number {
  return 1 / Math.sqrt(rank)
}

/** An adapter, and how strongly it is applied. */
export interface Application {
  /** As `adapterShapes` says. */
  readonly weights: Weights
  /** 1 as it was trained, 0 not at all; also beyond 1 and below 0. */
  readonly strength: number
}

/**
 * Adds adapters to a generator's weights: w + sum of strength * up down / sqrt(rank), in float64, rounded once.
 *
 * Two adapters may come in either order; of three or more, the last bit may depend on it.
 *
 * @throws {AdapterMismatch} when an adapter has a weight that this generator has not in that shape
 */
export function adaptWeights(generator: Weights, applications: readonly Application[]): Weights {
  const adapted = new Map(generator)
  const changes = new Map<string, Float64Array>()
  for (const { weights, strength } of applications) {
    for (const [name, up] of weights) {
      if (!name.endsWith(UP)) continue
      const target = name.slice(0, -UP.length)
      const down = weights.get(target + DOWN)
      const weight = generator.get(target)
      if (weight === undefined || down === undefined)
        throw new AdapterMismatch(`it adapts ${target}, which is not there`)
      expectFit(target, weight.shape, down.shape, up.shape)
      const change = changes.get(target) ?? new Float64Array(weight.data.length)
      addProduct(change, up.data, down.data, { out: up.shape[0], rank: up.shape[1] }, strength)
      changes.set(target, change)
    }
  }
  for (const [name, change] of changes) {
    const { shape, data } = adapted.get(name)!
    adapted.set(name, { shape, data: data.map((value, i) => value + change[i]) })
  }
  return adapted
}

/** The bundle with another generator; what judges it stays its parent's. */
export function adaptBundle(parent: Bundle, applications: readonly Application[]): Bundle {
  return { ...parent, generator: adaptWeights(parent.generator, applications) }
}

function addProduct(
  change: Float64Array,
  up: Float32Array,
  down: Float32Array,
  { out, rank }: { readonly out: number; readonly rank: number },
  strength: number,
): void {
  const sums = change
  const width = sums.length / out
  const factor = strength * adapterScale(rank)
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < width; column++) {
      let product = 0
      for (let r = 0; r < rank; r++) product += up[row * rank + r] * down[r * width + column]
      sums[row * width + column] += factor * product
    }
  }
}

function expectFit(name: string, [out, ...inner]: Shape, down: Shape, up: Shape): void {
  const [rank, ...before] = down
  if (before.join() === inner.join() && up[0] === out && up[1] === rank && up.slice(2).every((side) => side === 1))
    return
  throw new AdapterMismatch(
    `${name} is [${out}, ${inner.join(', ')}], its adapter [${up.join(', ')}] [${down.join(', ')}]`,
  )
}
