// Writes what the shipped models make of 64 seeds; run it when a model changes, and list the change in CHANGELOG.md.
// Run: node test/vectors/make-known-answers.ts [MODEL]
import { writeFileSync } from 'node:fs'
import { computeKnownAnswers, SHIPPED } from '../platforms/shipped-model.ts'

const wanted = process.argv[2]
for (const model of SHIPPED) {
  if (wanted !== undefined && wanted !== model) continue
  const file = new URL(`known-answers/${model}.json`, import.meta.url)
  // One after the other: each takes all the memory that it wants.
  // oxlint-disable-next-line no-await-in-loop
  writeFileSync(file, `${JSON.stringify(await computeKnownAnswers(model), null, 2)}\n`)
}
