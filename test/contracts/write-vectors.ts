import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { commitmentVectors } from './commitment-vectors.ts'

// Hardhat's test task loads every file below test/, and a test must not write what it is held to.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const vectors = `${JSON.stringify(commitmentVectors(), undefined, 2)}\n`
  writeFileSync(new URL('../vectors/commitment.json', import.meta.url), vectors)
}
