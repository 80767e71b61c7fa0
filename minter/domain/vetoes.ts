import { z } from 'zod'
import { canonicalJson, parseJson } from './canonical-json.ts'
import { type Hex, sha256, ZERO_DIGEST } from './digest.ts'
import { DomainError } from './errors.ts'

/** A person's decision that a candidate must not be sold. There is no way to add one. */
export interface Veto {
  /** Which candidate, 0 to N-1. */
  readonly index: number
  /** Why, for everybody to read. */
  readonly reason: string
  /** Who: an address or a name. */
  readonly curator: string
}

/** A list of vetoes that cannot be read, or contradicts itself. */
export class VetoesInvalid extends DomainError {
  readonly code = 'VETOES_INVALID'
}

/** A veto of a candidate that there is not, or without a reason for it. */
export class VetoInvalid extends DomainError {
  readonly code = 'VETO_INVALID'
}

const LONGEST_REASON = 2000

const vetoSchema = z.strictObject({
  index: z.int().min(0).max(0xfffe),
  reason: z.string().min(1).max(LONGEST_REASON),
  curator: z.string().min(1).max(200),
})

const vetoesSchema = z.strictObject({
  format: z.literal('latentmint-vetoes-1'),
  vetoes: z.array(vetoSchema),
})

/**
 * Makes a veto that everybody will be able to read.
 *
 * @param candidates how many candidates the drop has
 * @returns the veto, its reason without space around it
 * @throws {VetoInvalid} when there is no such candidate, or the reason is empty or longer than 2000 characters
 */
export function newVeto({ index, reason, curator }: Veto, candidates: number): Veto {
  if (!Number.isInteger(index) || index < 0 || index >= candidates) {
    throw new VetoInvalid(`there is no candidate ${index}: this drop has 0 to ${candidates - 1}`)
  }
  const said = reason.trim()
  if (said.length === 0 || said.length > LONGEST_REASON) {
    throw new VetoInvalid(`the reason has ${said.length} characters, expected 1 to ${LONGEST_REASON}`)
  }
  return { index, reason: said, curator }
}

/** The bytes of vetoes.json; sorted by candidate, so that the order in which a curator worked leaves no trace. */
export function vetoesJson(vetoes: readonly Veto[]): Uint8Array {
  const sorted = vetoes.toSorted((a, b) => a.index - b.index)
  return canonicalJson({
    format: 'latentmint-vetoes-1',
    vetoes: sorted.map(({ index, reason, curator }) => ({ index, reason, curator })),
  })
}

/** sha-256 of vetoes.json, which the chain records; zero, as on the chain, when nothing was vetoed. */
export function vetoDigest(vetoes: readonly Veto[]): Hex {
  return vetoes.length === 0 ? ZERO_DIGEST : sha256(vetoesJson(vetoes))
}

/** @throws {VetoesInvalid} when it is no list of vetoes, or names a candidate twice */
export function readVetoes(bytes: Uint8Array): readonly Veto[] {
  const vetoes = parseVetoes(bytes)
  if (new Set(vetoes.map(({ index }) => index)).size !== vetoes.length) {
    throw new VetoesInvalid('a candidate is vetoed twice')
  }
  return vetoes
}

function parseVetoes(bytes: Uint8Array): readonly Veto[] {
  try {
    return vetoesSchema.parse(parseJson(bytes)).vetoes
  } catch (cause) {
    throw new VetoesInvalid('this is no list of vetoes (JSON, latentmint-vetoes-1)', { cause })
  }
}
