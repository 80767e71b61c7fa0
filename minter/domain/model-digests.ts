import { z } from 'zod'
import { readSafetensors } from '../../gan/index.ts'
import { type Hex, sha256 } from './digest.ts'
import { DomainError } from './errors.ts'

/** What comes before the tensors: names, shapes and the description. */
const HEADER = 'header'

/** A run of bytes of a model file. */
interface Part {
  /** Of a tensor, or `header`. */
  readonly name: string
  readonly begin: number
  /** The byte after the last one. */
  readonly end: number
}

/**
 * What a model file was, part by part: it says where a file was changed, which the digest of the whole cannot. It proves
 * nothing by itself; what is registered is the digest of the whole.
 */
export interface ModelDigests {
  readonly version: 1
  readonly bytes: number
  /** sha-256 of the whole file. */
  readonly digest: Hex
  /** The header and the tensors in the order in which they lie; together they are the file. */
  readonly parts: readonly (Part & { readonly digest: Hex })[]
}

/** A part of a file that is not what it was. */
export interface AlteredPart extends Part {
  /** Offset of the first byte that differs; null where only digests are known. */
  readonly firstByte: number | null
  /** How many differ or are missing; null where only digests are known. */
  readonly changed: number | null
}

/** Digests are damaged, or do not go together. */
export class ModelDigestsInvalid extends DomainError {
  readonly code = 'MODEL_DIGESTS_INVALID'
}

const hex = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)])
const offset = z.int().min(0)
const digests = z.strictObject({
  version: z.literal(1),
  bytes: offset,
  digest: hex,
  parts: z.array(z.strictObject({ name: z.string(), begin: offset, end: offset, digest: hex })).max(100_000),
})

/**
 * The header and the tensors of a model file, as they lie.
 *
 * @throws {BundleInvalid} when it is no model file
 */
export function modelParts(file: Uint8Array): readonly Part[] {
  const tensors = [...readSafetensors(file).tensors.values()].map(({ name, data }) => {
    const begin = data.byteOffset - file.byteOffset
    return { name, begin, end: begin + data.length }
  })
  return [{ name: HEADER, begin: 0, end: tensors[0]?.begin ?? file.length }, ...tensors]
}

/**
 * The digests of a model file.
 *
 * @throws {BundleInvalid} when it is no model file
 */
export function digestModel(file: Uint8Array): ModelDigests {
  const parts = modelParts(file).map((part) => ({ ...part, digest: sha256(file.subarray(part.begin, part.end)) }))
  return { version: 1, bytes: file.length, digest: sha256(file), parts }
}

/** @throws {ModelDigestsInvalid} when it is not what `digestModel` makes */
export function parseModelDigests(json: unknown): ModelDigests {
  const read = digests.safeParse(json)
  if (!read.success) throw new ModelDigestsInvalid(z.prettifyError(read.error))
  let covered = 0
  for (const { name, begin, end } of read.data.parts) {
    if (begin !== covered || end < begin) throw new ModelDigestsInvalid(`${name} does not follow what is before it`)
    covered = end
  }
  if (covered !== read.data.bytes)
    throw new ModelDigestsInvalid(`the parts have ${covered} bytes of ${read.data.bytes}`)
  return read.data
}

/**
 * The parts of a file that are not what they were; the file may be truncated, or no model any more.
 *
 * @returns none when it is unchanged
 * @throws {ModelDigestsInvalid} when the digests contradict each other
 */
export function alteredParts(file: Uint8Array, known: ModelDigests): readonly AlteredPart[] {
  const altered = known.parts
    .filter(({ begin, end, digest }) => end > file.length || sha256(file.subarray(begin, end)) !== digest)
    .map(({ name, begin, end }) => ({ name, begin, end, firstByte: null, changed: null }))
  const all = [...altered, ...bytesAfter(file, known.bytes)]
  if (all.length === 0 && sha256(file) !== known.digest) {
    throw new ModelDigestsInvalid('every part is unchanged, and the digest of the whole is another')
  }
  return all
}

/**
 * The parts in which a file differs from a true copy, and at which bytes.
 *
 * @returns none when they are the same
 * @throws {BundleInvalid} when the copy is no model file
 */
export function differingParts(file: Uint8Array, copy: Uint8Array): readonly AlteredPart[] {
  const differing = modelParts(copy).flatMap((part): AlteredPart[] => {
    let [firstByte, changed] = [-1, 0]
    for (let at = part.begin; at < part.end; at++) {
      if (file[at] === copy[at]) continue
      if (changed === 0) firstByte = at
      changed++
    }
    return changed === 0 ? [] : [{ ...part, firstByte, changed }]
  })
  return [...differing, ...bytesAfter(file, copy.length)]
}

function bytesAfter(file: Uint8Array, length: number): readonly AlteredPart[] {
  if (file.length <= length) return []
  const changed = file.length - length
  return [{ name: 'after the last tensor', begin: length, end: file.length, firstByte: length, changed }]
}
