import type { Products } from './features.ts'

/**
 * The squared maximum mean discrepancy under the kernel (x y / width + 1)^3, all pictures in one subset.
 *
 * Without bias, so that a class of some dozen pictures can be judged by it; it may come out a little below zero.
 *
 * @param products of two sets, two rows or more in each
 * @see Binkowski et al. 2018, arXiv:1801.01401
 */
export function kernelDistance({ counts: [n, m], width, first, second, between }: Products): number {
  const mean = kernelSum(between, width) / (n * m)
  return meanWithin(first, n, width) + meanWithin(second, m, width) - 2 * mean
}

/** Without the diagonal, where a row meets itself. */
function meanWithin(products: Float64Array, count: number, width: number): number {
  const diagonal = Float64Array.from({ length: count }, (_, i) => products[i * count + i])
  return (kernelSum(products, width) - kernelSum(diagonal, width)) / (count * (count - 1))
}

function kernelSum(products: Float64Array, width: number): number {
  let sum = 0
  for (let i = 0; i < products.length; i++) {
    const base = products[i] / width + 1
    sum += base * base * base
  }
  return sum
}
