import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { folderHolder } from '../adapters/pglite-database.ts'
import type { Hex } from '../domain/digest.ts'
import { ConfigInvalid, DatabaseLocked } from '../errors.ts'
import { writeWhole } from './report-files.ts'

/** What a demonstration was started with; another start with the same goes on where it stopped. */
export interface DemoPlan {
  readonly policyDigest: Hex
  readonly bundleDigest: Hex
  /** Null takes the machine's clock. */
  readonly fixedClock: number | null
  /** Null leaves it to chance. */
  readonly salt: Hex | null
}

interface DemoMark extends DemoPlan {
  readonly format: 'latentmint-demo-1'
  readonly chosenSalt: Hex
  readonly finished: boolean
}

const MARK = 'demo.json'

function readMark(folder: string): DemoMark | null {
  const file = join(folder, MARK)
  if (!existsSync(file)) return null
  const mark: DemoMark = JSON.parse(readFileSync(file, 'utf8'))
  return mark
}

function samePlan(mark: DemoMark, plan: DemoPlan): boolean {
  const { policyDigest, bundleDigest, fixedClock, salt } = mark
  return (
    policyDigest === plan.policyDigest &&
    bundleDigest === plan.bundleDigest &&
    fixedClock === plan.fixedClock &&
    salt === plan.salt
  )
}

/** The folder of one demonstration. */
export interface DemoFolder {
  readonly salt: Hex
  /** Whether an interrupted run is being continued. */
  readonly resumed: boolean
  finish(): void
}

/**
 * Takes the folder for a demonstration: goes on with an unfinished one of the same plan, else starts afresh. A folder that holds
 * anything else is left alone.
 *
 * @throws {ConfigInvalid} when the folder is not ours to empty
 * @throws {DatabaseLocked} when another process runs a demonstration there
 */
export function takeDemoFolder(folder: string, plan: DemoPlan, randomSalt: () => Hex): DemoFolder {
  const holder = folderHolder(join(folder, 'database'))
  if (holder !== null) throw new DatabaseLocked(join(folder, 'database'), holder)
  const mark = readMark(folder)
  const resumed = mark !== null && !mark.finished && samePlan(mark, plan)
  const write = (salt: Hex, finished: boolean): void => {
    const content: DemoMark = { format: 'latentmint-demo-1', ...plan, chosenSalt: salt, finished }
    writeWhole(folder, MARK, `${JSON.stringify(content, null, 2)}\n`)
  }
  const salt = resumed ? mark.chosenSalt : (plan.salt ?? randomSalt())
  if (!resumed) {
    if (mark === null && existsSync(folder) && readdirSync(folder).length > 0) {
      throw new ConfigInvalid('the folder holds something else than a demonstration; choose another with --dir', folder)
    }
    rmSync(folder, { recursive: true, force: true })
    write(salt, false)
  }
  return { salt, resumed, finish: () => write(salt, true) }
}
