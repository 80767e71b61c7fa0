import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '../../gan/index.ts'

/** Options of networks that learn in a moment. */
export const TINY: readonly string[] = ['--z-dim=8', '--w-dim=8', '--channel-base=64', '--channel-max=8', '--batch=4']

/** Four pictures of 8 x 8 pixels in two classes. */
export function writePictures(folder: string): void {
  for (const [i, name] of ['kilim', 'kilim', 'suzani', 'suzani'].entries()) {
    mkdirSync(join(folder, name), { recursive: true })
    const rgb = Uint8Array.from({ length: 8 * 8 * 3 }, (_, k) => (k * (i + 3)) % 256)
    writeFileSync(join(folder, name, `${i}.png`), encodePng({ width: 8, height: 8, rgb }))
  }
}
