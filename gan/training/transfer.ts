import type { Weights } from '../bundle.ts'
import { BundleInvalid } from '../errors.ts'

/** A network that begins where another one ended. */
export interface Transferred {
  readonly weights: Weights
  /** What the other has not, or in another shape, and stays as it was drawn: names with both shapes. */
  readonly drawnAnew: readonly string[]
}

/**
 * Takes over every weight that has the same name and shape.
 *
 * @param drawn an untrained network
 * @param network what to call it in what is thrown and returned
 * @throws {BundleInvalid} when not one convolution fits
 */
export function transferWeights(drawn: Weights, from: Weights, network: string): Transferred {
  const weights = new Map(drawn)
  const drawnAnew: string[] = []
  for (const [name, { shape }] of drawn) {
    const other = from.get(name)
    const fits = other !== undefined && other.shape.join() === shape.join()
    if (fits) weights.set(name, other)
    else drawnAnew.push(`${network}.${name} [${shape.join(', ')}], there ${placeOf(other?.shape)}`)
  }
  const fitting = [...drawn].filter(
    ([name, weight]) => weight.shape.length === 4 && weights.get(name) === from.get(name),
  )
  if (fitting.length === 0) {
    throw new BundleInvalid(`not one convolution fits the network ${network} to be trained: ${drawnAnew.join('; ')}`)
  }
  return { weights, drawnAnew }
}

function placeOf(shape: readonly number[] | undefined): string {
  return shape === undefined ? 'missing' : `[${shape.join(', ')}]`
}
