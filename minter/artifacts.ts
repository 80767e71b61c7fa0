import { readFileSync } from 'node:fs'
import type { Artifact, BuildInfo } from '@nomicfoundation/ignition-core'
import { Interface } from 'ethers'
import { MinterError } from './errors.ts'

/** The contracts that are deployed or called by name. */
export type ContractName = keyof typeof SOURCES

/** Where each is declared; a collection answers to IDrop, whose halves are Drop and DropDesk. */
const SOURCES = {
  Lineage: 'contracts/Lineage.sol',
  Attribution: 'contracts/Attribution.sol',
  DropFactory: 'contracts/DropFactory.sol',
  Drop: 'contracts/Drop.sol',
  DropDesk: 'contracts/DropDesk.sol',
  IDrop: 'contracts/interfaces/IDrop.sol',
} as const

/** The contracts have not been compiled on this machine. */
class ContractsNotBuilt extends MinterError {
  readonly code = 'CONTRACTS_NOT_BUILT'
}

/**
 * Reads what the Solidity compiler left.
 *
 * @throws {ContractsNotBuilt} when there is nothing
 */
export function contractArtifact(name: ContractName): Artifact {
  const artifact: Artifact = JSON.parse(readCompiled(`${SOURCES[name]}/${name}.json`, name))
  return artifact
}

/** What encodes calls to the contract, and decodes its answers, events and errors. */
export function contractInterface(name: ContractName): Interface {
  return new Interface(contractArtifact(name).abi)
}

/** The compiler's input that an artifact came of. */
export function buildInfo({ buildInfoId = '' }: Artifact): BuildInfo {
  const info: BuildInfo = JSON.parse(readCompiled(`build-info/${buildInfoId}.json`, buildInfoId))
  return info
}

/** Whether a name is one of ours. */
export function isContractName(name: string): name is ContractName {
  return Object.hasOwn(SOURCES, name)
}

/**
 * Whether code on a chain is what an artifact says, whatever its constructor put into the immutables.
 *
 * @param code in hex, as eth_getCode gives it
 */
export function isCodeOf(artifact: Artifact, code: string): boolean {
  let blanked = code
  for (const { start, length } of Object.values(artifact.immutableReferences ?? {}).flat()) {
    blanked = `${blanked.slice(0, 2 + 2 * start)}${'00'.repeat(length)}${blanked.slice(2 + 2 * (start + length))}`
  }
  return blanked === artifact.deployedBytecode
}

function readCompiled(path: string, name: string): string {
  const file = new URL(`../artifacts/${path}`, import.meta.url)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ContractsNotBuilt(`${name} is not compiled`, file.pathname, error)
  }
}
