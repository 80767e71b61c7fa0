import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { BuildInfo } from '@nomicfoundation/ignition-core'
import { Interface } from 'ethers'
import type { Hex } from '../domain/digest.ts'
import { ContentMissing } from '../errors.ts'
import type { Address } from '../ports.ts'
import { writeWhole } from './report-files.ts'

/** All that a verifier of sources asks for. */
export interface VerificationInput {
  readonly name: string
  readonly address: Address
  readonly transaction: Hex
  /** Source and contract, as the compiler names them. */
  readonly contract: string
  readonly compiler: string
  /** ABI-encoded, in hex without 0x. */
  readonly constructorArguments: string
  /** The compiler's standard JSON input. */
  readonly file: string
}

/** The source that an import means: beside the importing one, or where a remapping points. */
function importedSource(from: string, path: string, remappings: readonly string[]): string {
  if (path.startsWith('.')) return posix.join(posix.dirname(from), path)
  for (const remapping of remappings) {
    const [, context = '', prefix = '', target = ''] = /^([^:]*):?([^=]*)=(.*)$/u.exec(remapping) ?? []
    if (from.startsWith(context) && path.startsWith(prefix)) return target + path.slice(prefix.length)
  }
  return path
}

/** A source and everything that it imports, directly or not: what the compiler's metadata hash covers. */
function sourcesOf({ sources, settings }: BuildInfo['input'], first: string): BuildInfo['input']['sources'] {
  const found: BuildInfo['input']['sources'] = {}
  const queue = [first]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const source = sources[name]
    if (source === undefined) throw new ContentMissing(name, "the compiler's input")
    if (found[name] !== undefined) continue
    found[name] = source
    for (const [, path = ''] of source.content.matchAll(/^\s*import\s[^;]*?["']([^"']+)["']\s*;/gmu)) {
      queue.push(importedSource(name, path, settings.remappings ?? []))
    }
  }
  return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * Writes the compiler's input of each contract of a deployment, without the sources that it doesn't need.
 *
 * @param journal Ignition's folder, which keeps artifacts and inputs as they were at the deployment
 */
export async function writeVerificationInputs(journal: string, out: string): Promise<readonly VerificationInput[]> {
  const { deployedContracts } = await import('../adapters/ignition-deployer.ts')
  return (await deployedContracts(journal)).map(({ name, address, transaction, constructorArguments, artifact }) => {
    const path = join(journal, 'build-info', `${artifact.buildInfoId}.json`)
    const { input, solcLongVersion }: BuildInfo = JSON.parse(readFileSync(path, 'utf8'))
    const source = artifact.inputSourceName ?? artifact.sourceName
    const settings = {
      ...input.settings,
      outputSelection: { '*': { '*': ['abi', 'metadata', 'evm.bytecode', 'evm.deployedBytecode'] } },
    }
    const standard = { language: input.language, sources: sourcesOf(input, source), settings }
    return {
      name,
      address,
      transaction,
      contract: `${source}:${name}`,
      compiler: solcLongVersion,
      constructorArguments: new Interface(artifact.abi).encodeDeploy([...constructorArguments]).slice(2),
      file: writeWhole(out, `${name}.json`, JSON.stringify(standard)),
    }
  })
}
