import { readYaml } from '../domain/policy-yaml.ts'
import { line, list, mapping } from '../domain/policy-schema.ts'
import type { Hex } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'

/** Whose a picture is, and under what terms; what nobody said is absent. */
export interface Terms {
  /** SPDX identifier. */
  readonly licence?: string | undefined
  /** Where it comes from, an address or a few words. */
  readonly source?: string | undefined
  /** A name and, after it or in a list of contributors, the address that is paid: `Ada Weaver 0x90F7...`. */
  readonly contributor?: string | undefined
  readonly class?: string | undefined
}

/** Somebody whose pictures they are. */
export interface Giver {
  readonly name: string
  readonly address: Hex
}

const text = line(1, 1000).optional()
const termsSchema = mapping({
  licence: text,
  source: text,
  contributor: text,
  class: text,
  contributors: list(mapping({ name: line(1, 200), address: line(42, 42) }), 0, 10_000).optional(),
})

/** What lies beside pictures as dataset.yaml, dataset.yml or dataset.json. */
export interface Sidecar extends Terms {
  readonly contributors: readonly Giver[]
}

/** The names that a sidecar goes by. */
export const SIDECARS = ['dataset.yaml', 'dataset.yml', 'dataset.json'] as const

/**
 * Reads the terms that a folder's pictures are under. JSON is YAML too.
 *
 * @throws {ConfigInvalid} when it is not YAML, or says something that means nothing here
 */
export function readSidecar(bytes: Uint8Array, where: string): Sidecar {
  const { value, problems } = readYaml(new TextDecoder().decode(bytes))
  const [problem] = problems
  if (problem !== undefined) throw new ConfigInvalid(`line ${problem.line}: ${problem.wanted}`, where)
  const read = termsSchema.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new ConfigInvalid(`${issue?.path.join('.') || 'it'} is to be ${issue?.message}`, where)
  }
  const { contributors = [], ...terms } = read.data
  return { ...terms, contributors: contributors.map((giver) => readGiver(`${giver.name} ${giver.address}`, [], where)) }
}

/** The terms that were said last, for each what was said at all. */
export function overrule(general: Terms, special: Terms): Terms {
  return {
    licence: special.licence ?? general.licence,
    source: special.source ?? general.source,
    contributor: special.contributor ?? general.contributor,
    class: special.class ?? general.class,
  }
}

/**
 * Reads who a contributor is.
 *
 * @param said a name, with an address unless the list has it
 * @throws {ConfigInvalid} when there is no address for the name, or another one in the list
 */
export function readGiver(said: string, known: readonly Giver[], where: string): Giver {
  const [, name = said, given] = /^(.*\S)\s+<?(0x[0-9a-fA-F]{40})>?$/u.exec(said.trim()) ?? []
  const listed = known.find((giver) => giver.name === name)
  const address: Hex | undefined = given === undefined ? listed?.address : `0x${given.slice(2).toLowerCase()}`
  if (address === undefined) {
    throw new ConfigInvalid(`"${said}" has no address: expected a name and 0x with 40 hex digits`, where)
  }
  if (listed !== undefined && listed.address !== address) {
    throw new ConfigInvalid(`${name} is given two addresses, ${listed.address} and ${address}`, where)
  }
  return { name, address }
}

/** Licences that let a picture be learnt from and what is made of it be sold; `--licences` replaces the list. */
export const USUAL_LICENCES: readonly string[] = [
  'CC0-1.0',
  'CC-PDDC',
  'PDDL-1.0',
  'CC-BY-2.0',
  'CC-BY-2.5',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'ODC-By-1.0',
  'CDLA-Permissive-1.0',
  'CDLA-Permissive-2.0',
  'LicenseRef-Owned',
]
