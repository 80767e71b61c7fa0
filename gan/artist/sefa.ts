import { blockResolutions, type GeneratorKwargs } from '../architecture.ts'
import type { Weights } from '../bundle.ts'
import { BundleInvalid, ShapeMismatch } from '../errors.ts'
import type { Styles } from './explorer.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

/** A direction in w along which the model's styles change most. */
export interface Direction {
  /** [wDim], of unit length */
  readonly vector: Float64Array
  /** How strongly styles change along it: the square root of its eigenvalue. */
  readonly strength: number
}

/**
 * The directions in w that the style layers of a generator are most sensitive to: eigenvectors of A^T A, where A are the
 * weights of their affine transformations, one below the other. Nothing is sampled and nothing trained.
 *
 * @param generator weights by their official names
 * @param layers which style layers count, 0 for the coarsest; when left out, all that modulate a convolution, which is
 *   all but the last, that of the last ToRGB
 * @returns wDim directions, the strongest first
 * @throws {ShapeMismatch} when a layer does not exist
 * @see Shen and Zhou 2021, arXiv:2007.06600, section 3.2 "Unsupervised semantic factorization"
 */
export function factorizeStyles(
  generator: Weights,
  kwargs: GeneratorKwargs,
  layers?: readonly number[],
): readonly Direction[] {
  const names = affineWeights(kwargs)
  const chosen = layers ?? names.slice(0, -1).map((_, layer) => layer)
  const n = kwargs.w_dim
  const products = new Float64Array(n * n)
  for (const layer of chosen) {
    const name = names[layer]
    if (name === undefined) throw new ShapeMismatch('layer', [names.length], [layer])
    const weight = generator.get(name)
    if (weight === undefined) throw new BundleInvalid('missing', { tensor: name })
    addProducts(products, weight.data, n)
  }
  return symmetricEigen(products, n).map(({ value, vector }) => ({ vector, strength: Math.sqrt(Math.max(value, 0)) }))
}

/**
 * Moves styles along a direction.
 *
 * @param strength in units of the direction's length; 0 changes nothing
 * @param layers numbers of the layers that are moved
 */
export function moveStyles(styles: Styles, direction: Direction, strength: number, layers: readonly number[]): Styles {
  const { vector } = direction
  const moved = styles.slice()
  for (const layer of layers) {
    for (let i = 0; i < vector.length; i++) moved[layer * vector.length + i] += strength * vector[i]
  }
  return moved
}

/** The weight of the affine transformation that each style layer feeds, coarsest first. */
function affineWeights({ img_resolution: finest }: GeneratorKwargs): readonly string[] {
  const convolutions = blockResolutions(finest).flatMap((resolution) =>
    (resolution === 4 ? ['conv1'] : ['conv0', 'conv1']).map((layer) => `b${resolution}.${layer}`),
  )
  return [...convolutions, `b${finest}.torgb`].map((layer) => `synthesis.${layer}.affine.weight`)
}

/** Adds A^T A of a weight, [out, wDim]: its upper triangle. */
function addProducts(products: Float64Array, weight: Float32Array, n: number): void {
  const sums = products
  for (let row = 0; row < weight.length; row += n) {
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) sums[i * n + j] += weight[row + i] * weight[row + j]
    }
  }
}
