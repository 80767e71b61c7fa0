import { renderBatik } from './batik.ts'
import { renderIkat } from './ikat.ts'
import { renderKilim } from './kilim.ts'
import { renderShibori } from './shibori.ts'
import { renderSuzani } from './suzani.ts'

/** Changes with every byte that changes in any image. */
export const LOOMS_VERSION = '1'

/** How many images the dataset of five cloths has, as many of each; image i is drawn from seed i. */
export const LOOM_COUNT = 10_240

const LOOMS = [
  { name: 'Ikat', render: renderIkat },
  { name: 'Suzani', render: renderSuzani },
  { name: 'Batik', render: renderBatik },
  { name: 'Kilim', render: renderKilim },
  { name: 'Shibori', render: renderShibori },
] as const

/** What a network that learned the five cloths calls its classes, in the order of their numbers. */
export const LOOM_CLASSES: readonly string[] = LOOMS.map(({ name }) => name)

/** The class of image i of the dataset: the cloths take turns. */
export function loomOf(seed: number): number {
  return seed % LOOMS.length
}

/**
 * Draws one quadrant of a cloth.
 *
 * @param loom position in LOOM_CLASSES
 * @param seed 0 to 2^32-1
 * @returns RGB bytes, row by row, 64 x 64 x 3; the bottom-right pixel is nearest to the centre of the piece
 * @throws {RangeError} when there is no such class
 */
export function renderLoom(loom: number, seed: number): Uint8Array {
  const found = LOOMS[loom]
  if (found === undefined) throw new RangeError(`there is no loom ${loom}, expected 0 to ${LOOMS.length - 1}`)
  return found.render(seed)
}
