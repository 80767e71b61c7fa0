import { expect } from 'chai'
import { answer } from '../platforms/answers.ts'
import { publishedAnswers, shippedQuestion } from '../platforms/shipped-model.ts'

describe('the shipped model', () => {
  it('makes of a seed what it made when it was published', async () => {
    // `npm run test:platforms` asks for all 64.
    const question = shippedQuestion(8)
    expect(await answer(question)).to.deep.equal(publishedAnswers(question.seeds))
  })
})
