import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { computeShippedAnswers, type ShippedAnswers } from './shipped-answers.ts'

describe('the shipped model', () => {
  it('makes of every seed what it made when it was published', async () => {
    const file = new URL('../vectors/known-answers.json', import.meta.url)
    const published: ShippedAnswers = JSON.parse(readFileSync(file, 'utf8'))
    expect(await computeShippedAnswers()).to.deep.equal(published)
  })
})
