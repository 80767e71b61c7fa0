// Writes what the shipped model makes of 64 seeds; run it when the model changes, and list the change in CHANGELOG.md.
import { writeFileSync } from 'node:fs'
import { computeKnownAnswers } from '../platforms/shipped-model.ts'

const file = new URL('known-answers.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(await computeKnownAnswers(), null, 2)}\n`)
