import { MersenneTwister } from '../../gan/index.ts'
import {
  drawer,
  paintQuadrant,
  type Painter,
  quarterTurn,
  loomField,
  softStep,
  SIDE,
  threadJitter,
  tinter,
  wave,
} from './cloth.ts'
import * as dyes from './ikat-palettes.ts'
import type { Dye } from './ikat-palettes.ts'

/** One vat, from what the binding kept white to where the dye lay longest. */
interface Vat {
  readonly white: Dye
  readonly pale: Dye
  readonly full: Dye
  readonly deep: Dye
}

const PERSIMMON: Dye = [196, 108, 54]
const LOGWOOD: Dye = [92, 64, 112]
const NIGHT: Dye = [20, 28, 62]

const VATS: readonly Vat[] = [
  { white: dyes.COTTON, pale: dyes.INDIGO_PALE, full: dyes.INDIGO, deep: dyes.INDIGO_DEEP },
  { white: [244, 240, 230], pale: [112, 150, 192], full: [36, 66, 128], deep: NIGHT },
  { white: dyes.COTTON, pale: [120, 160, 168], full: dyes.TEAL, deep: [18, 48, 62] },
  { white: dyes.CREAM, pale: dyes.ROSE, full: dyes.MADDER, deep: [96, 22, 34] },
  { white: dyes.CREAM, pale: [224, 168, 112], full: PERSIMMON, deep: dyes.WALNUT },
  { white: dyes.COTTON, pale: [166, 146, 178], full: LOGWOOD, deep: dyes.AUBERGINE },
]

/** How the cloth was folded and bound. */
interface Binding {
  readonly roundness: number
  readonly aspect: number
  readonly rings: readonly Ring[]
  readonly cornerRings: readonly Ring[]
  /** Pleats in a quarter of the circle, and how strongly they show. */
  readonly pleats: number
  readonly pleating: number
  /** Spots that were bound around a kernel each, along one ring. */
  readonly spots: number
  readonly spotRadius: number
  readonly spotSize: number
  readonly spotStrength: number
  readonly fold: number
  readonly bleed: number
  readonly crumple: number
}

/** A stretch where the cloth was bound and the dye kept out. */
interface Ring {
  readonly middle: number
  readonly reach: number
  readonly strength: number
}

const LOOM = threadJitter(1688, 2 * SIDE)
const CRUMPLE = [loomField(511, 5), loomField(512, 5), loomField(513, 12), loomField(514, 22)] as const
const CENTRE: Ring = { middle: 0, reach: 0.12, strength: 1 }

/**
 * Draws one quadrant of a shibori: cloth that was folded, pleated and bound before it went into the vat, with soft rings
 * where the dye crept under the thread.
 *
 * @param seed 0 to 2^32-1
 * @returns RGB bytes, row by row, 64 x 64 x 3
 */
export function renderShibori(seed: number): Uint8Array {
  const random = new MersenneTwister(seed)
  const vat = tintVat(random)
  const binding = bind(drawer(random))
  const depthField = dyeDepth(binding)
  const paint: Painter = (u, v, spot, sample) => mixVat(vat, depthField(u, v, sample), spot)
  return paintQuadrant(paint, { relief: 0, thread: plainWeave })
}

function bind(between: (low: number, high: number) => number): Binding {
  const step = between(0.2, 0.34)
  const first = between(0.12, 0.3)
  const ring = (i: number): Ring => ({
    middle: first + i * step * between(0.85, 1.1),
    reach: between(0.035, 0.09),
    strength: between(0.5, 1.1),
  })
  return {
    roundness: between(0, 1),
    aspect: between(0.8, 1.25),
    rings: [{ ...CENTRE, reach: between(0.05, 0.14) }, ring(0), ring(1), ring(2)],
    cornerRings: [
      { ...CENTRE, reach: between(0.05, 0.2) },
      { middle: between(0.22, 0.5), reach: between(0.03, 0.08), strength: between(0, 1.1) },
    ],
    pleats: between(3, 5.5),
    pleating: between(0.1, 0.55),
    spots: between(0, 1) < 0.5 ? 3 : 4,
    spotRadius: first + step * between(0.9, 1.3),
    spotSize: between(0.07, 0.11),
    spotStrength: between(-0.4, 1.2),
    fold: between(0, 0.35),
    bleed: between(0.05, 0.11),
    crumple: between(0.02, 0.05),
  }
}

/** How much dye there is at each point, 0 to about 1.3. */
function dyeDepth(binding: Binding): (u: number, v: number, sample: number) => number {
  const { rings, cornerRings, pleats, pleating, fold, crumple } = binding
  return (u, v, sample) => {
    const x = Math.abs(u + crumple * CRUMPLE[0](sample))
    const y = Math.abs(v + crumple * CRUMPLE[1](sample))
    const far = boundField(binding, x * binding.aspect, y / binding.aspect)
    const turn = quarterTurn(x, y)
    const pleat = wave(turn * pleats + 0.5) * pleating * softStep((far - 0.12) * 5)
    let dry = 0
    for (const ring of rings) dry = Math.max(dry, dryness(binding, ring, far + 0.05 * pleat))
    const corner = boundField(binding, Math.abs(1 - x), Math.abs(1 - y))
    for (const ring of cornerRings) dry = Math.max(dry, dryness(binding, ring, corner))
    dry = Math.max(dry, spotDryness(binding, far, turn))
    const creases = fold * Math.max(crease(x), crease(y), crease((x - y) * 0.7))
    const mottle = 0.09 * CRUMPLE[2](sample) + 0.05 * CRUMPLE[3](sample)
    return 1.12 - dry * (1 - 0.45 * pleat) - 0.35 * pleat - creases + mottle
  }
}

/** Between a square on its tip and a circle. */
function boundField({ roundness }: Binding, x: number, y: number): number {
  return (1 - roundness) * 0.8 * (x + y) + roundness * Math.sqrt(x * x + y * y)
}

function dryness({ bleed }: Binding, { middle, reach, strength }: Ring, far: number): number {
  return strength * softStep((reach - Math.abs(far - middle)) / bleed + 0.25)
}

/** A white ring with a dyed eye around each kernel. */
function spotDryness(binding: Binding, far: number, turn: number): number {
  const { spots, spotRadius, spotSize, spotStrength } = binding
  if (spotStrength <= 0) return 0
  const place = turn * spots
  const across = (Math.abs(place - Math.floor(place + 0.5)) * 1.5708 * spotRadius) / spots
  const off = far - spotRadius
  const near = Math.sqrt(across * across + off * off)
  return spotStrength * softStep((spotSize * 0.42 - Math.abs(near - spotSize * 0.62)) / 0.05)
}

function crease(off: number): number {
  return softStep((0.02 - Math.abs(off)) / 0.07)
}

function mixVat({ white, pale, full, deep }: Vat, depth: number, spot: Float64Array): void {
  const a = softStep(depth / 0.5 - 0.5)
  const b = softStep((depth - 0.3) / 0.5 - 0.5)
  const c = softStep((depth - 0.75) / 0.6 - 0.5)
  for (let i = 0; i < 3; i++) {
    const thin = white[i]! * (1 - a) + pale[i]! * a
    const thick = thin * (1 - b) + full[i]! * b
    spot[i] = thick * (1 - c) + deep[i]! * c
  }
}

function tintVat(random: MersenneTwister): Vat {
  const { white, pale, full, deep } = VATS[random.nextBelow(VATS.length)]!
  const vary = tinter(random, 7)
  return { white: vary(white), pale: vary(pale), full: vary(full), deep: vary(deep) }
}

function plainWeave(x: number, y: number): number {
  return 0.014 * LOOM[x]! + 0.014 * LOOM[SIDE + y]! + 0.022 * (((x + y) % 2) - 0.5)
}
