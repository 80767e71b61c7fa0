import { expect } from 'chai'
import { createCanonicalInterpreter, evaluateModel, TrainingSetInvalid } from '../../../gan/index.ts'
import { readWasm } from '../vectors.ts'
import { cloth, model, SIZE } from './cloth.ts'

describe('gan/metrics/evaluate', function () {
  this.timeout(60_000)
  const interpreter = createCanonicalInterpreter(readWasm())
  const options = { samples: 20, psi: 1, seed: 5 }

  it('puts beside every number what real pictures get, and says the same again', async () => {
    const stages = new Map<string, number>()
    const onProgress = (stage: string, count: number) => void stages.set(stage, (stages.get(stage) ?? 0) + count)
    const { metrics, made } = await evaluateModel(interpreter, model(), cloth(48), { ...options, onProgress })
    expect(metrics).to.include({ samples: 20, reals: 48 })
    expect(made).to.have.lengthOf(20 * 3 * SIZE * SIZE)
    for (const comparison of [metrics.random, metrics.discriminator]) {
      expect(comparison.frechet.value).to.be.greaterThan(3 * comparison.frechet.floor)
      expect(comparison.kernel.value).to.be.greaterThan(comparison.kernel.floor)
      expect(comparison.recall.value).to.be.lessThan(comparison.recall.floor)
    }
    expect(metrics.slicedWasserstein.map(({ side }) => side)).to.deep.equal([32, 16])
    expect(metrics.classes.map(({ name }) => name)).to.deep.equal(['even', 'odd'])
    expect(metrics.memorisation).to.include({ copies: 0, copiesAmongReals: 0, reals: 20 })
    expect(metrics.pathLength.mean).to.be.greaterThan(0)
    expect(Object.fromEntries(stages)).to.deep.equal({
      making: 20,
      looking: 68,
      judging: 60,
      comparing: 5,
      walking: 20,
    })
    const again = await evaluateModel(interpreter, model(), cloth(48), options)
    expect(again.metrics).to.deep.equal(metrics)
  })

  it('compares fewer where there are not twice as many real pictures', async () => {
    const { metrics } = await evaluateModel(interpreter, model(), cloth(16), options)
    expect(metrics.samples).to.equal(8)
  })

  it('stops between two batches when it is told to', async () => {
    const enough = new Error('enough')
    const stopped = evaluateModel(interpreter, model(), cloth(48), { ...options, pause: () => Promise.reject(enough) })
    expect(await stopped.catch((error: unknown) => error)).to.equal(enough)
  })

  it('refuses pictures of other classes, of another size, or too few', async () => {
    const unlike = [
      cloth(3),
      { ...cloth(16), classes: ['even', 'strange'] },
      { ...cloth(16), labels: null, classes: [] },
      { ...cloth(64), size: 64 },
    ]
    for (const set of unlike) {
      const failure: unknown = await evaluateModel(interpreter, model(), set, options).catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(TrainingSetInvalid)
    }
  })
})
