import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { openBundle } from '../../gan/index.ts'
import type { Hex } from '../domain/digest.ts'
import { sha256 } from '../domain/digest.ts'
import {
  type AlteredPart,
  alteredParts,
  differingParts,
  digestModel,
  type ModelDigests,
  parseModelDigests,
} from '../domain/model-digests.ts'
import { ConfigInvalid, ModelMismatch } from '../errors.ts'
import { EXIT } from './exit.ts'
import { bundlePath, SHIPPED_MODEL } from './model-files.ts'
import { parseSalt } from './options.ts'
import { writeWhole } from './report-files.ts'
import type { Session } from './session.ts'

interface VerifyOptions {
  readonly against?: string
  readonly digest?: Hex
  readonly record: boolean
  readonly json: boolean
}

/** Adds `model verify`. */
export function registerVerify(models: Command, session: Session): void {
  models
    .command('verify')
    .argument('[model]', 'name of a shipped model or path of a bundle', SHIPPED_MODEL)
    .description('say whether a model file is what it was, and if not, which tensor was changed')
    .option('--against <file>', 'a true copy, which tells the byte, or digests (those beside the model)')
    .option('--digest <hex>', 'the sha-256 that it is registered under', parseDigest)
    .option('--record', 'write the digests beside a model that is known to be true', false)
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  latentmint model verify looms-64' +
        '\n  latentmint model verify downloaded.safetensors --against models/looms-64.safetensors',
    )
    .action((model: string, options: VerifyOptions) => verify(session, bundlePath(model), options))
}

function parseDigest(text: string): Hex {
  try {
    return parseSalt(text)
  } catch {
    throw new InvalidArgumentError("expected a sha-256 as '0x' and 64 hex digits")
  }
}

/** Where a model's digests lie. */
function digestsPath(bundle: string): string {
  return bundle.replace(/\.safetensors$/u, '.digests.json')
}

/** Writes the digests of a bundle beside it. */
export function recordDigests(bundle: string, bytes: Uint8Array): string {
  const path = digestsPath(bundle)
  return writeWhole(dirname(path), basename(path), digestsText(digestModel(bytes)))
}

/** One line a part, so that a difference is one line too. */
function digestsText({ parts, ...whole }: ModelDigests): string {
  const lines = parts.map((part) => `    ${JSON.stringify(part)}`)
  return `${JSON.stringify(whole).slice(0, -1)},\n  "parts": [\n${lines.join(',\n')}\n  ]\n}\n`
}

function verify(session: Session, path: string, options: VerifyOptions): void {
  const bytes = new Uint8Array(readFileSync(path))
  const digest = sha256(bytes)
  if (options.record) {
    if (options.digest !== undefined && options.digest !== digest) throw new ModelMismatch(path, options.digest, digest)
    openBundle(bytes)
    const digests = recordDigests(path, bytes)
    return session.print(options.json ? JSON.stringify({ path, digest, digests }) : `${digests}  ${digest}`)
  }
  const { expected, altered } = compare(path, bytes, options)
  if (options.json) session.print(JSON.stringify({ path, digest, expected, intact: digest === expected, altered }))
  else report(session, digest, expected, altered)
  if (digest !== expected) session.end(EXIT.integrity)
}

interface Comparison {
  readonly expected: Hex
  readonly altered: readonly AlteredPart[]
}

function compare(path: string, bytes: Uint8Array, options: VerifyOptions): Comparison {
  const against = options.against ?? digestsPath(path)
  if (!existsSync(against)) {
    if (options.digest !== undefined && options.against === undefined) return { expected: options.digest, altered: [] }
    throw new ConfigInvalid('there is nothing to verify it against; --against names a copy or digests', against)
  }
  const other = new Uint8Array(readFileSync(against))
  const isCopy = against.endsWith('.safetensors')
  const known = isCopy ? null : parseModelDigests(JSON.parse(new TextDecoder().decode(other)))
  const expected = known?.digest ?? sha256(other)
  // What is trusted is the digest that was given; a copy or digests of another model would blame the wrong bytes.
  if (options.digest !== undefined && options.digest !== expected) {
    throw new ModelMismatch(against, options.digest, expected)
  }
  return { expected, altered: known === null ? differingParts(bytes, other) : alteredParts(bytes, known) }
}

function report(session: Session, digest: Hex, expected: Hex, altered: readonly AlteredPart[]): void {
  if (digest === expected) return session.print(`intact    ${digest}`)
  session.print(`ALTERED   ${digest}\nexpected  ${expected}`)
  for (const { name, begin, end, firstByte, changed } of altered) {
    const where = firstByte === null ? '' : `, first at byte ${firstByte}, ${changed} in all`
    session.print(`  ${name}  (bytes ${begin} to ${end - 1}${where})`)
  }
}
