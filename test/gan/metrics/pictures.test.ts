import { expect } from 'chai'
import { createCanonicalInterpreter, type Program, ShapeMismatch, type TrainingSet } from '../../../gan/index.ts'
import { featuresOf } from '../../../gan/metrics/features.ts'
import { findMemorised } from '../../../gan/metrics/memorisation.ts'
import { findNeighbours } from '../../../gan/metrics/neighbours.ts'
import { createRandomFeatures } from '../../../gan/metrics/random-features.ts'
import { slicedWasserstein } from '../../../gan/metrics/sliced-wasserstein.ts'
import { MersenneTwister } from '../../../gan/random.ts'
import { renderIkat } from '../../../minter/dataset/ikat.ts'
import { sha256 } from '../../../minter/domain/digest.ts'
import { readWasm } from '../vectors.ts'

const SIZE = 64
const BYTES = 3 * SIZE * SIZE

/** Ikats, one after the other. */
function ikats(first: number, count: number): Uint8Array {
  const images = new Uint8Array(count * BYTES)
  for (let i = 0; i < count; i++) images.set(renderIkat(first + i), i * BYTES)
  return images
}

/** sha-256 of the float32 features of ikats 0 and 1. */
const KNOWN = '0x3e929d7a91244836e32e1eb62b0c6f86e065e9feb61bf79495af03477223ef59'

function pictures(bytes: Uint8Array) {
  return { bytes, size: SIZE }
}

/** Pictures of nothing. */
function noise(seed: number, count: number) {
  const random = new MersenneTwister(seed)
  return pictures(Uint8Array.from({ length: count * BYTES }, () => random.nextBelow(256)))
}

const features: Program = (ops) => {
  const look = createRandomFeatures(ops)
  return ({ images }) => ({ features: look(images!) })
}

/** Random features of pictures, on the canonical engine. */
async function lookAt(images: Uint8Array, size: number = SIZE) {
  const network = await createCanonicalInterpreter(readWasm()).compile(features)
  const count = images.length / (3 * size * size)
  const data = Float32Array.from(images, (byte) => byte / 127.5 - 1)
  const { features: seen } = await network.run({ images: { shape: [count, size, size, 3], data } })
  network.dispose()
  return featuresOf(seen!.data, seen!.data.length / count)
}

describe('gan/metrics/random-features', () => {
  it('is the same network for everybody, to the bit', async () => {
    const { width, data } = await lookAt(ikats(0, 2))
    expect(width).to.equal(240)
    expect(sha256(new Uint8Array(Float32Array.from(data).buffer))).to.equal(KNOWN)
  })

  it('sees where something is, not only what', async () => {
    const picture = renderIkat(3)
    const turned = Uint8Array.from(
      { length: BYTES },
      (_, at) => picture[BYTES - 3 - 3 * Math.floor(at / 3) + (at % 3)]!,
    )
    const both = new Uint8Array(2 * BYTES)
    both.set(picture)
    both.set(turned, BYTES)
    const { data, width } = await lookAt(both)
    const apart = Math.max(...Array.from({ length: 128 }, (_, k) => Math.abs(data[112 + k]! - data[width + 112 + k]!)))
    expect(apart).to.be.greaterThan(0.05)
  })

  it('throws SHAPE_MISMATCH for a side that is no multiple of 32', async () => {
    const failure: unknown = await lookAt(new Uint8Array(3 * 16 * 16), 16).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(ShapeMismatch)
  })
})

describe('gan/metrics/sliced-wasserstein', () => {
  const PATCHES = 3000
  it('is nothing between a set and itself, at 64, 32 and 16 pixels', () => {
    const set = pictures(ikats(0, 8))
    expect(slicedWasserstein(set, [set], 500)).to.deep.equal([[64, 32, 16].map((side) => ({ side, distance: 0 }))])
  })

  it('rises at the finest scale alone where only fine detail is lost', () => {
    const others = ikats(24, 24)
    const [floor, lost] = slicedWasserstein(
      pictures(ikats(0, 24)),
      [pictures(others), pictures(blur(blur(others)))],
      PATCHES,
    )
    expect(lost![0]!.distance).to.be.greaterThan(1.5 * floor![0]!.distance)
    expect(lost![2]!.distance).to.be.lessThan(1.2 * floor![2]!.distance)
  })

  it('tells noise from cloth, and not from other noise', () => {
    const [near, far] = slicedWasserstein(noise(1, 24), [noise(2, 24), pictures(ikats(0, 24))], PATCHES)
    for (const scale of [0, 1, 2]) expect(far![scale]!.distance).to.be.greaterThan(3 * near![scale]!.distance)
  })
})

/** Every pixel the mean of it and its right and lower neighbours. */
function blur(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, at) => {
    const x = Math.floor(at / 3) % SIZE
    const y = Math.floor(at / 3 / SIZE) % SIZE
    const right = x + 1 < SIZE ? 3 : 0
    const down = y + 1 < SIZE ? 3 * SIZE : 0
    return (bytes[at]! + bytes[at + right]! + bytes[at + down]! + bytes[at + right + down]!) / 4
  })
}

describe('gan/metrics/neighbours', () => {
  it('finds what comparing all with all finds', () => {
    const random = new MersenneTwister(5)
    const draw = (count: number) =>
      featuresOf(
        Float64Array.from({ length: count * 6 }, () => random.nextGaussian()),
        6,
      )
    const [samples, set] = [draw(20), draw(50)]
    for (const [i, found] of findNeighbours(samples, set).entries()) {
      const distances = Array.from({ length: 50 }, (_, j) =>
        Math.hypot(...Array.from({ length: 6 }, (__, k) => samples.data[6 * i + k]! - set.data[6 * j + k]!)),
      )
      const [first, second] = distances.toSorted((a, b) => a - b)
      expect(found.nearest).to.equal(distances.indexOf(first!))
      expect(found.distance).to.be.closeTo(first!, 1e-9)
      expect(found.ratio).to.be.closeTo(first! / second!, 1e-9)
    }
  })
})

describe('gan/metrics/memorisation', function () {
  this.timeout(30_000)
  const set: TrainingSet = { images: ikats(0, 96), labels: null, classes: [], size: SIZE }
  const probe = Array.from({ length: 16 }, (_, i) => i)

  /** What is found when new ikats and some planted pictures are taken for those that a model made. */
  async function judge(planted: readonly Uint8Array[]) {
    const made = new Uint8Array((8 + planted.length) * BYTES)
    made.set(ikats(5000, 8))
    for (const [i, picture] of planted.entries()) made.set(picture, (8 + i) * BYTES)
    const seeds = Array.from({ length: 8 + planted.length }, (_, i) => 100 + i)
    return findMemorised(set, made, { real: await lookAt(set.images), made: await lookAt(made), probe, seeds })
  }

  it('finds no copies among pictures that are new', async () => {
    expect(await judge([])).to.include({ copies: 0, copiesAmongReals: 0 })
  })

  it('catches a planted training picture, and one with noise and less light', async () => {
    const random = new MersenneTwister(9)
    const rough = renderIkat(41).map((byte) => Math.max(0, Math.floor(0.97 * byte) - random.nextBelow(8)))
    const { copies, worst } = await judge([renderIkat(40), rough])
    expect(copies).to.equal(2)
    expect(worst.slice(0, 2).map(({ seed, sample, training }) => [seed, sample, training])).to.deep.equal([
      [108, 8, 40],
      [109, 9, 41],
    ])
    expect(worst[0]).to.include({ ratio: 0 })
    expect(worst[1]!.levels).to.be.lessThan(12)
  })
})
