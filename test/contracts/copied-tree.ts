import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Hardhat's command line, for `node`. */
export const HARDHAT = join(root, 'node_modules/hardhat/dist/src/cli.js')

/** What the contracts and their tests need, in the copy or by a link to here. */
const COPIED = ['contracts', 'test/contracts', 'test/vectors', 'hardhat.config.ts', 'package.json']
const LINKED = ['node_modules', 'minter', 'gan']

/** Calls `use` with a copy of the contracts and their tests, in which they can be altered; removes it afterwards. */
export function inCopy<T>(use: (copy: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), 'contracts-'))
  try {
    for (const part of COPIED) cpSync(join(root, part), join(copy, part), { recursive: true })
    for (const part of LINKED) symlinkSync(join(root, part), join(copy, part))
    return use(copy)
  } finally {
    rmSync(copy, { recursive: true })
  }
}
