// Prints what this Node makes of the shipped model's seeds, as JSON; the tests run it on other processors.
// The first argument says how many seeds.
import { answer } from './answers.ts'
import { shippedQuestion } from './shipped-model.ts'

const answers = await answer(shippedQuestion(Number(process.argv[2])))
process.stdout.write(JSON.stringify({ processor: process.arch, node: process.version, answers }))
