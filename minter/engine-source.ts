import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { type Interpreter, loadSecondTfjs } from '../gan/index.ts'
import { EngineAbsent } from './errors.ts'

/** An engine that is ready to compile programs. */
export interface OpenEngine {
  readonly interpreter: Interpreter
  /** What it really is: versions and device, one line. */
  readonly detail: string
}

/** A way of computing that may be on this machine or not. */
export interface EngineSource {
  /** As it is chosen on the command line. */
  readonly name: string
  /** What it is for, a few words. */
  readonly purpose: string
  /** What to do where it is absent; follows "to get it: ". */
  readonly remedy: string
  /**
   * Loads it; asking for an engine never fetches anything.
   *
   * @param folder that holds what was installed, a folder for each
   * @throws {EngineAbsent} saying why it cannot be used here, and how to get it
   */
  open(folder: string): Promise<OpenEngine>
}

/**
 * Loads packages that were installed for an engine, apart from this program's own.
 *
 * @param packages their names; the first is where an installation can be told by
 * @returns what they export, or null when there is no such installation
 * @throws {EngineAbsent} when there is one and it cannot be loaded
 */
export function loadInstalled(
  source: Pick<EngineSource, 'name' | 'remedy'>,
  folder: string,
  packages: readonly string[],
): readonly unknown[] | null {
  const place = resolve(folder)
  if (!existsSync(join(place, 'node_modules', packages[0] ?? ''))) return null
  const load = createRequire(join(place, 'package.json'))
  try {
    return loadSecondTfjs(() => packages.map((name): unknown => load(name)))
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new EngineAbsent(source, `${place} cannot be loaded: ${reason}`, error)
  }
}
