import type { MappingPlan } from './architecture.ts'
import { ShapeMismatch } from './errors.ts'
import { createFullyConnected, normalizeSecondMoment } from './layers.ts'
import { type Ops, type Parameters, scoped } from './ops.ts'

/**
 * Latents [n, zDim] and labels [n, cDim] to intermediate latents [n, wDim]: no latents in a network that has none, such
 * as a discriminator, which maps only labels, and no labels in an unconditional network.
 */
export type Mapping<T> = (z: T | null, c: T | null) => T

/**
 * Prepares the mapping network.
 *
 * @param cDim 0 in an unconditional network
 * @param p the parameters of `mapping`
 * @see Karras et al. 2019, arXiv:1812.04948, section 2 "Style-based generator"
 */
export function createMapping<T>(ops: Ops<T>, plan: MappingPlan, cDim: number, p: Parameters<T>): Mapping<T> {
  const embed = cDim === 0 ? null : createFullyConnected(ops, scoped(p, 'embed.'))
  const layers = Array.from({ length: plan.num_layers }, (_, layer) =>
    createFullyConnected(ops, scoped(p, `fc${layer}.`), plan.activation, plan.lr_multiplier),
  )
  return (z, c) => {
    const inputs = []
    if (z !== null) inputs.push(normalizeSecondMoment(ops, z))
    if (c !== null && embed !== null) inputs.push(normalizeSecondMoment(ops, embed(c)))
    return layers.reduce((x, apply) => apply(x), inputs.length === 1 ? inputs[0] : ops.concat(inputs, 1))
  }
}

/**
 * What a network sees of its labels: nothing where it takes none.
 *
 * @param cDim 0 in an unconditional network
 * @throws {ShapeMismatch} when it takes labels and there are none
 */
export function labelsFor<T>(cDim: number, c: T | null): T | null {
  if (cDim === 0) return null
  if (c === null) throw new ShapeMismatch('labels', [-1, cDim], [])
  return c
}

/**
 * Draws styles towards the mean style, trading variety for typicality: wAvg + psi * (w - wAvg).
 *
 * @param w [n, wDim]
 * @param wAvg [wDim]; it is not asked for at psi 1, since not every model has it
 * @param psi 1 leaves `w` as it is, 0 gives the mean image
 * @param cutoff how many layers from the coarsest on are truncated; null for all
 * @returns one style for each of `count` layers
 * @see Karras et al. 2019, arXiv:1812.04948, appendix B "Truncation trick in W"
 */
export function truncate<T>(
  ops: Ops<T>,
  w: T,
  wAvg: () => T,
  count: number,
  psi: number,
  cutoff: number | null,
): readonly T[] {
  if (psi === 1) return Array<T>(count).fill(w)
  const mean = wAvg()
  const drawn = ops.add(mean, ops.scale(ops.sub(w, mean), psi))
  return Array.from({ length: count }, (_, layer) => (cutoff === null || layer < cutoff ? drawn : w))
}
