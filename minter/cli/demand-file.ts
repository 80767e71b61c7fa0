import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DemandSnapshot, readSnapshot } from '../domain/demand.ts'
import { ConfigInvalid } from '../errors.ts'
import { NEXT_DEMAND_DOCUMENT } from '../pipeline/close-step.ts'
import type { Session } from './session.ts'

/**
 * A demand snapshot: the file named, or what the last drop that was closed left in the home folder.
 *
 * @throws {ConfigInvalid} when there is none
 */
export function readDemandFile({ config }: Session, file?: string): DemandSnapshot {
  const path = file ?? join(config.home, NEXT_DEMAND_DOCUMENT)
  if (existsSync(path)) return readSnapshot(new Uint8Array(readFileSync(path)))
  const hint = file === undefined ? ': `latentmint drop close` leaves one when a sale is over' : ''
  throw new ConfigInvalid(`there is no such demand snapshot${hint}`, path)
}
