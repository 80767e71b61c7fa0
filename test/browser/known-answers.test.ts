import { expect } from 'chai'
import { writeBundle } from '../../gan/index.ts'
import { tinyBundle, wideBundle } from '../gan/tiny-bundle.ts'
import { answer, type Question } from '../platforms/answers.ts'
import { askBrowser, type Reply } from '../platforms/page-server.ts'
import { publishedAnswers, SHIPPED, shippedQuestion } from '../platforms/shipped-model.ts'
import { inChromium } from './chromium.ts'

describe('the canonical engine in Chromium', function () {
  this.timeout(120_000)
  const { browser } = inChromium(this)

  async function askChromium(question: Question): Promise<Reply> {
    return askBrowser(question, async (url) => {
      const page = await browser().newPage()
      await page.goto(url)
      return () => page.close()
    })
  }

  it('makes of a tiny random network the same latents, pixels, logits, features and files as Node', async () => {
    const question = { ...shippedQuestion(6), bundle: writeBundle(tinyBundle()) }
    expect((await askChromium(question)).answers).to.deep.equal(await answer(question))
  })

  it('makes the same as Node of a network with classes, too', async () => {
    const question = { ...shippedQuestion(6), bundle: writeBundle(tinyBundle(['Ikat', 'Suzani', 'Batik'])) }
    expect((await askChromium(question)).answers).to.deep.equal(await answer(question))
  })

  it('makes the same as Node of a network whose filters are too large to be held', async () => {
    const question = { ...shippedQuestion(3), bundle: writeBundle(wideBundle()) }
    expect((await askChromium(question)).answers).to.deep.equal(await answer(question))
  })

  for (const model of SHIPPED) {
    it(`makes of ${model} what was published`, async () => {
      const question = shippedQuestion(6, model)
      expect((await askChromium(question)).answers).to.deep.equal(publishedAnswers(question.seeds, model))
    })
  }
})
