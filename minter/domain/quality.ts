import { type Bundle, classOfSeed } from '../../gan/index.ts'
import { hexToBytes, type Hex } from './digest.ts'
import { candidateSeed } from './seed.ts'

const SCORE_MOST = 0xffff

/**
 * Quality on the chain's scale: which part of the calibration images looks less real to the discriminator, or the same.
 *
 * @param logit the discriminator's answer, a float32 of the canonical engine; a NaN scores 0
 * @param scale logits of the calibration images, ascending
 * @returns 0 to 65535
 */
export function scoreFromLogit(logit: number, scale: Float32Array): number {
  let reached = 0
  for (const known of scale) if (known <= logit) reached++
  return scale.length === 0 ? 0 : Math.floor((SCORE_MOST * reached) / scale.length)
}

/** What the logit of a drop's candidate is compared with, by its index. */
export type ScaleOf = (index: number) => Float32Array

/** Those of the candidate's own class, where the model has a scale for each; its seed says which that is. */
export function scalesOf({ description, calibration }: Bundle, masterSeed: Hex): ScaleOf {
  const [first = new Float32Array(), ...others] = calibration.logits
  if (others.length === 0) return () => first
  return (index) => {
    const seed = hexToBytes(candidateSeed(masterSeed, index))
    return calibration.logits[classOfSeed(seed, description.G.c_dim)] ?? first
  }
}

/** The float32 as it is published: its 32 bits as an unsigned integer, since no float is hashed. */
export function logitBits(logit: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, logit)
  return view.getUint32(0)
}

/** The float32 of its published bits. */
export function logitOfBits(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, bits)
  return view.getFloat32(0)
}
