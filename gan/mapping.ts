import type { MappingPlan } from './architecture.ts'
import { ShapeMismatch } from './errors.ts'
import { fullyConnected, normalizeSecondMoment } from './layers.ts'
import { type Ops, type Parameters, scoped } from './ops.ts'

/**
 * Latents and labels to intermediate latents.
 *
 * @param p the parameters of `mapping`
 * @param z [n, zDim]; null in a network without latents, such as a discriminator, which maps only labels
 * @param c [n, cDim]; null in an unconditional network
 * @returns w [n, wDim]
 * @see Karras et al. 2019, arXiv:1812.04948, section 2 "Style-based generator"
 */
export function mapLatent<T>(ops: Ops<T>, plan: MappingPlan, p: Parameters<T>, z: T | null, c: T | null): T {
  const inputs = []
  if (z !== null) inputs.push(normalizeSecondMoment(ops, z))
  if (c !== null) inputs.push(normalizeSecondMoment(ops, fullyConnected(ops, scoped(p, 'embed.'), c)))

  let x = inputs.length === 1 ? inputs[0] : ops.concat(inputs, 1)
  for (let layer = 0; layer < plan.num_layers; layer++) {
    x = fullyConnected(ops, scoped(p, `fc${layer}.`), x, plan.activation, plan.lr_multiplier)
  }
  return x
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
