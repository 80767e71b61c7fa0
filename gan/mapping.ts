import { fullyConnected, normalizeSecondMoment, RELU_GAIN } from './layers.ts'
import { type Ops, type Parameters, scoped } from './ops.ts'

/** The mapping network learns a hundred times slower than the rest. */
const LEARNING_RATE_MULTIPLIER = 0.01

/**
 * Latents and labels to intermediate latents.
 *
 * @param p the parameters of `mapping`
 * @param layers how many fully connected layers there are
 * @param z [n, zDim]; null in a discriminator, which maps only labels
 * @param c [n, cDim]; null in an unconditional network
 * @returns w [n, wDim]
 * @see Karras et al. 2019, arXiv:1812.04948, section 2 "Style-based generator"
 */
export function mapLatent<T>(ops: Ops<T>, p: Parameters<T>, layers: number, z: T | null, c: T | null): T {
  const inputs = []
  if (z !== null) inputs.push(normalizeSecondMoment(ops, z))
  if (c !== null) inputs.push(normalizeSecondMoment(ops, fullyConnected(ops, scoped(p, 'embed.'), c)))

  let x = inputs.length === 1 ? inputs[0] : ops.concat(inputs, 1)
  for (let layer = 0; layer < layers; layer++) {
    x = ops.leakyRelu(fullyConnected(ops, scoped(p, `fc${layer}.`), x, LEARNING_RATE_MULTIPLIER, RELU_GAIN))
  }
  return x
}

/**
 * Draws styles towards the mean style, trading variety for typicality: wAvg + psi * (w - wAvg).
 *
 * @param w [n, wDim]
 * @param wAvg [wDim]
 * @param psi 1 leaves `w` as it is, 0 gives the mean image
 * @param cutoff how many layers from the coarsest on are truncated; null for all
 * @returns one style for each of `count` layers
 * @see Karras et al. 2019, arXiv:1812.04948, appendix B "Truncation trick in W"
 */
export function truncate<T>(
  ops: Ops<T>,
  w: T,
  wAvg: T,
  count: number,
  psi: number,
  cutoff: number | null,
): readonly T[] {
  if (psi === 1) return Array<T>(count).fill(w)
  const drawn = ops.add(wAvg, ops.scale(ops.sub(w, wAvg), psi))
  return Array.from({ length: count }, (_, layer) => (cutoff === null || layer < cutoff ? drawn : w))
}
