import { buildModule } from '@nomicfoundation/ignition-core'

/**
 * The contracts that every collection of a chain stands on: the one list of what is deployed, and of who is told about whom.
 * `latentmint deploy`, the embedded chain and `hardhat ignition deploy` all read it. (Tests of the contracts deploy them one by
 * one on Hardhat's own network, without a journal.)
 */
const house = buildModule('House', (m) => {
  const lineage = m.contract('Lineage')
  const attribution = m.contract('Attribution', [lineage])
  const desk = m.contract('DropDesk', [lineage, attribution])
  const drop = m.contract('Drop', [desk, lineage, attribution])
  const factory = m.contract('DropFactory', [drop])
  return { lineage, attribution, desk, drop, factory }
})

// Hardhat's own command takes a module's default export.
export default house
