import { ShapeMismatch } from '../errors.ts'
import type { Styles } from './explorer.ts'

/**
 * Crosses two parents: the named layers from one, all others from the other.
 *
 * @param base [layers, wDim]
 * @param donor of the same shape
 * @param layers numbers of the layers that come from `donor`, 0 for the coarsest
 * @param wDim length of one style
 * @returns new styles
 * @throws {ShapeMismatch} when the parents come from different models, or a layer does not exist
 * @see Karras et al. 2019, arXiv:1812.04948, section 3.1 "Style mixing"
 */
export function mixStyles(base: Styles, donor: Styles, layers: readonly number[], wDim: number): Styles {
  if (donor.length !== base.length) throw new ShapeMismatch('donor', [base.length], [donor.length])
  const mixed = base.slice()
  for (const layer of layers) {
    const end = (layer + 1) * wDim
    if (layer < 0 || end > base.length) throw new ShapeMismatch('layer', [base.length / wDim], [layer])
    mixed.set(donor.subarray(layer * wDim, end), layer * wDim)
  }
  return mixed
}
