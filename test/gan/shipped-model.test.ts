import { expect } from 'chai'
import { answer } from '../platforms/answers.ts'
import { publishedAnswers, SHIPPED, shippedQuestion } from '../platforms/shipped-model.ts'

for (const model of SHIPPED) {
  describe(`the shipped model ${model}`, () => {
    it('makes of a seed what it made when it was published', async () => {
      // `npm run test:platforms` asks for all 64.
      const question = shippedQuestion(8, model)
      expect(await answer(question)).to.deep.equal(publishedAnswers(question.seeds, model))
    })
  })
}
