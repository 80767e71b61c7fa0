import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HARDHAT, inCopy } from './copied-tree.ts'

// The invariants over many more and longer sequences, each time from another seed.
// Run: node test/contracts/deep-invariants.ts [runs, 500 by default] [depth, 200 by default]

function runDeep(runs: string, depth: string): void {
  const seed = `0x${Date.now().toString(16)}`
  process.stdout.write(`${runs} runs of ${depth} calls for each invariant, seed ${seed}\n`)
  inCopy((copy) => {
    const file = join(copy, 'hardhat.config.ts')
    const config = readFileSync(file, 'utf8')
    const deep = config
      .replace(/invariant: \{[^}]*\}/, `invariant: { runs: ${Number(runs)}, depth: ${Number(depth)} }`)
      .replace(/seed: '0x\w+'/, `seed: '${seed}'`)
    if (deep === config) throw new Error('hardhat.config.ts has no depth and seed to change')
    writeFileSync(file, deep)
    execFileSync(process.execPath, [HARDHAT, 'test', 'solidity'], { cwd: copy, stdio: 'inherit' })
  })
}

// Hardhat's test task loads every file below test/.
if (process.argv[1] === fileURLToPath(import.meta.url)) runDeep(process.argv[2] ?? '500', process.argv[3] ?? '200')
