// Prints what this Node makes of a shipped model's seeds, as JSON; the tests run it on other processors.
// The first argument says how many seeds, the second which model.
import { answer } from './answers.ts'
import { SHIPPED, shippedQuestion } from './shipped-model.ts'

const [, , count, name] = process.argv
const model = SHIPPED.find((shipped) => shipped === name)
const answers = await answer(shippedQuestion(Number(count), model))
process.stdout.write(JSON.stringify({ processor: process.arch, node: process.version, answers }))
