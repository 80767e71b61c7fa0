const SCORE_MOST = 0xffff

/**
 * Quality on the chain's scale: which part of the calibration images looks less real to the discriminator, or the same.
 *
 * @param logit the discriminator's answer, a float32 of the canonical engine; a NaN scores 0
 * @param calibration the bundle's logits, ascending
 * @returns 0 to 65535
 */
export function scoreFromLogit(logit: number, calibration: Float32Array): number {
  let reached = 0
  for (const known of calibration) if (known <= logit) reached++
  return calibration.length === 0 ? 0 : Math.floor((SCORE_MOST * reached) / calibration.length)
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
