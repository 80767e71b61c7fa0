import { writeFileSync } from 'node:fs'
import { commitmentVectors } from './commitment-vectors.ts'

writeFileSync(
  new URL('../vectors/commitment.json', import.meta.url),
  `${JSON.stringify(commitmentVectors(), undefined, 2)}\n`,
)
