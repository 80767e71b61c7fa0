import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// How long a whole drop of 1,000 candidates takes, step by step, and how the rendering divides among workers.
// Run: node bench/demo.ts

interface Summary {
  readonly candidates: number
  readonly seconds: Readonly<Record<string, number>>
  readonly root: string
  readonly directory: string
}

const root = resolve(import.meta.dirname, '..')

/** A demo of its own on a chain whose clock is fixed, so that every run draws the same seeds. */
function demo(workers: number): Summary {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-bench-'))
  const args = ['demo', '--exit', '--json', '--port', '0', '--dir', folder, '--workers', String(workers)]
  const beacon = ['--fixed-clock', '1790000000', '--salt', `0x${'5a'.repeat(32)}`]
  try {
    const printed = execFileSync(process.execPath, [join(root, 'minter/main.ts'), ...args, ...beacon], {
      encoding: 'utf8',
    })
    return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Summary
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const total = (run: Summary) => Object.values(run.seconds).reduce((sum, seconds) => sum + seconds, 0)
const one = demo(1)
const two = demo(2)
const result = {
  question: 'how long does a whole drop take, and do two workers halve the rendering',
  cores: availableParallelism(),
  candidates: two.candidates,
  seconds: two.seconds,
  secondsWithoutSetUp: Number((total(two) - (two.seconds['setup'] ?? 0)).toFixed(1)),
  renderingWithOneWorkerOverTwo: Number(((one.seconds['render'] ?? 0) / (two.seconds['render'] ?? 1)).toFixed(2)),
  sameRoot: one.root === two.root,
  sameDirectory: one.directory === two.directory,
}
writeFileSync(join(root, 'bench/results/demo.json'), `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
