// Writes what the shipped model makes of a few seeds; run it when the model changes, and list the change in CHANGELOG.md.
import { writeFileSync } from 'node:fs'
import { computeShippedAnswers } from '../gan/shipped-answers.ts'

const file = new URL('known-answers.json', import.meta.url)
writeFileSync(file, `${JSON.stringify(await computeShippedAnswers(), null, 2)}\n`)
