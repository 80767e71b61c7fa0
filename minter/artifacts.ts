import { readFileSync } from 'node:fs'
import { Interface, type InterfaceAbi } from 'ethers'
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

/** Where the bytecode leaves room for a library's address, in bytes. */
interface LinkPlace {
  readonly start: number
  readonly length: number
}

/** A compiled contract. */
export interface Artifact {
  readonly abi: InterfaceAbi
  readonly bytecode: string
  /** By source file, then by library. */
  readonly linkReferences: Readonly<Record<string, Readonly<Record<string, readonly LinkPlace[]>>>>
}

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
  return readArtifact(SOURCES[name], name)
}

/** What encodes calls to the contract, and decodes its answers, events and errors. */
export function contractInterface(name: ContractName): Interface {
  return new Interface(contractArtifact(name).abi)
}

/** The external libraries that a contract calls. */
export function librariesOf(artifact: Artifact): readonly { readonly name: string; readonly artifact: Artifact }[] {
  return Object.entries(artifact.linkReferences).flatMap(([source, libraries]) =>
    Object.keys(libraries).map((name) => ({ name, artifact: readArtifact(source, name) })),
  )
}

/**
 * The bytecode with the libraries' addresses in their places.
 *
 * @param addresses by library; libraries of a contract have different names
 */
export function linkedBytecode(artifact: Artifact, addresses: ReadonlyMap<string, string>): string {
  let code = artifact.bytecode
  for (const libraries of Object.values(artifact.linkReferences)) {
    for (const [name, places] of Object.entries(libraries)) {
      const address = (addresses.get(name) ?? '').slice(2).toLowerCase()
      for (const { start, length } of places) {
        code = code.slice(0, 2 + 2 * start) + address + code.slice(2 + 2 * (start + length))
      }
    }
  }
  return code
}

function readArtifact(source: string, name: string): Artifact {
  const file = new URL(`../artifacts/${source}/${name}.json`, import.meta.url)
  try {
    const { abi, bytecode, linkReferences }: Artifact = JSON.parse(readFileSync(file, 'utf8'))
    return { abi, bytecode, linkReferences }
  } catch (error) {
    throw new ContractsNotBuilt(`${name} is not compiled`, file.pathname, error)
  }
}
