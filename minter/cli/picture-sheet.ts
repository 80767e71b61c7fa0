import { basename, dirname } from 'node:path'
import { encodePng, type RgbImage } from '../../gan/index.ts'
import { type Hex, sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import { type GridCell, type GridOptions, pictureGrid } from '../report/picture-grid.ts'
import { writeWhole } from './report-files.ts'

/** 8192 by 8192, what our own decoder still reads. */
const MOST_PIXELS = 1 << 26

/** A picture that was written. */
export interface WrittenPicture {
  readonly file: string
  readonly digest: Hex
}

/** Writes a PNG. */
export function writePicture(file: string, picture: RgbImage): WrittenPicture {
  const png = encodePng(picture)
  return { file: writeWhole(dirname(file), basename(file), png), digest: sha256(png) }
}

/**
 * Lays pictures out and writes the sheet as a PNG.
 *
 * @throws {ConfigInvalid} when it would be too large to be looked at
 */
export function writeSheet(file: string, cells: readonly (GridCell | null)[], options: GridOptions): WrittenPicture {
  const picture = cells.find((cell) => cell !== null)?.picture
  expectRoom(cells.length, picture?.width ?? 0)
  return writePicture(file, pictureGrid(cells, options))
}

/** @throws {ConfigInvalid} when so many pictures of this size make no picture that can be looked at */
export function expectRoom(count: number, side: number): void {
  if (count * side * side <= MOST_PIXELS) return
  throw new ConfigInvalid(
    `${count} pictures of ${side} x ${side} pixels are more than one sheet holds: fewer, smaller by --scale 1, or single files by --out`,
    '--grid',
  )
}
