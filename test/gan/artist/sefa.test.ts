import { expect } from 'chai'
import { factorizeStyles, MersenneTwister, moveStyles, ShapeMismatch } from '../../../gan/index.ts'
import { symmetricEigen } from '../../../gan/artist/symmetric-eigen.ts'
import { openVectors, vectorOf } from '../vectors.ts'

describe('gan/artist/sefa', () => {
  const set = openVectors('tiny32')
  const weights = set.read('G.safetensors')
  const io = set.read('io.safetensors')

  it('finds the directions and strengths of a singular value decomposition of the official weights', () => {
    const found = factorizeStyles(weights, set.G)
    const strengths = vectorOf(io, 'sefa.singular_values').data
    expect(found).to.have.length(strengths.length)
    for (const [k, { strength }] of found.entries()) expect(strength).to.be.closeTo(strengths[k]!, 2e-5)

    const { shape, data } = vectorOf(io, 'sefa.eigvec_cols0-3')
    const columns = shape[1]!
    for (let k = 0; k < columns; k++) {
      const { vector } = found[k]!
      const cosine = vector.reduce((sum, value, i) => sum + value * data[i * columns + k]!, 0)
      expect(Math.abs(cosine), `direction ${k}`).to.be.closeTo(1, 1e-6)
    }
  })

  it('finds other directions in other layers, and refuses one that is not there', () => {
    const [coarse] = factorizeStyles(weights, set.G, [0, 1])
    const [fine] = factorizeStyles(weights, set.G, [5, 6])
    const cosine = coarse!.vector.reduce((sum, value, i) => sum + value * fine!.vector[i]!, 0)
    expect(Math.abs(cosine)).to.be.below(0.9)
    expect(() => factorizeStyles(weights, set.G, [8])).to.throw(ShapeMismatch)
  })

  it('moves the named layers alone', () => {
    const direction = { vector: Float64Array.of(0.6, -0.8), strength: 1 }
    const moved = moveStyles(Float32Array.of(1, 1, 1, 1), direction, 2, [1])
    expect([...moved]).to.deep.equal([1, 1, Math.fround(2.2), Math.fround(-0.6)])
  })
})

describe('gan/artist/symmetric-eigen symmetricEigen', () => {
  it('gives unit vectors at right angles that the matrix only stretches', () => {
    const n = 24
    const random = new MersenneTwister(5)
    const matrix = new Float64Array(n * n)
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) matrix[i * n + j] = matrix[j * n + i] = random.nextGaussian()
    }
    const pairs = symmetricEigen(matrix, n)
    for (const [k, { value, vector }] of pairs.entries()) {
      for (let i = 0; i < n; i++) {
        let stretched = 0
        for (let j = 0; j < n; j++) stretched += matrix[i * n + j]! * vector[j]!
        expect(stretched).to.be.closeTo(value * vector[i]!, 1e-12)
      }
      for (const [l, other] of pairs.entries()) {
        const product = vector.reduce((sum, component, i) => sum + component * other.vector[i]!, 0)
        expect(product).to.be.closeTo(k === l ? 1 : 0, 1e-13)
      }
      if (k > 0) expect(value).to.be.at.most(pairs[k - 1]!.value)
    }
  })

  it('reads a matrix with equal eigenvalues and one without full rank', () => {
    expect(symmetricEigen(Float64Array.of(3, 0, 0, 3), 2).map(({ value }) => value)).to.deep.equal([3, 3])
    const [first, second] = symmetricEigen(Float64Array.of(1, 1, 1, 1), 2)
    expect(first!.value).to.be.closeTo(2, 1e-15)
    expect(second!.value).to.be.closeTo(0, 1e-15)
  })

  it('refuses what is no matrix', () => {
    expect(() => symmetricEigen(new Float64Array(3), 2)).to.throw(RangeError)
    expect(() => symmetricEigen(Float64Array.of(1, Number.NaN, 0, 1), 2)).to.throw(RangeError)
  })
})
