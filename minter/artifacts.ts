import { readFileSync } from 'node:fs'
import { Interface, type InterfaceAbi } from 'ethers'
import { MinterError } from './errors.ts'

/** The contracts that are deployed or called by name. */
export type ContractName = 'Lineage' | 'Attribution' | 'DropFactory' | 'Drop'

/** A compiled contract. */
export interface Artifact {
  readonly abi: InterfaceAbi
  readonly bytecode: string
}

/** The contracts have not been compiled on this machine. */
export class ContractsNotBuilt extends MinterError {
  readonly code = 'CONTRACTS_NOT_BUILT'
}

/**
 * Reads what the Solidity compiler left.
 *
 * @throws {ContractsNotBuilt} when there is nothing
 */
export function contractArtifact(name: ContractName): Artifact {
  const file = new URL(`../artifacts/contracts/${name}.sol/${name}.json`, import.meta.url)
  try {
    const { abi, bytecode }: Artifact = JSON.parse(readFileSync(file, 'utf8'))
    return { abi, bytecode }
  } catch (error) {
    throw new ContractsNotBuilt(`${name} is not compiled`, file.pathname, error)
  }
}

/** What encodes calls to the contract, and decodes its answers, events and errors. */
export function contractInterface(name: ContractName): Interface {
  return new Interface(contractArtifact(name).abi)
}
