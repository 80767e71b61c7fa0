import { expect } from 'chai'
import { createCanonicalInterpreter, evaluateModel, openDistanceGauge, type TrainingSet } from '../../../gan/index.ts'
import { readWasm } from '../vectors.ts'
import { cloth, model } from './cloth.ts'

describe('gan/metrics/gauge openDistanceGauge', function () {
  this.timeout(60_000)
  const interpreter = createCanonicalInterpreter(readWasm())

  it('says of the same pictures what the evaluation of the whole model says', async () => {
    const set = cloth(48)
    const { metrics, made } = await evaluateModel(interpreter, model(), set, { samples: 20, psi: 1, seed: 0 })
    const gauge = await openDistanceGauge(interpreter, set, 20)
    expect(gauge?.seeds).to.deep.equal(Array.from({ length: 20 }, (_, i) => i))
    expect(gauge?.classes).to.have.length(20)
    expect(gauge?.floor).to.equal(metrics.random.frechet.floor)
    expect(await gauge?.measure(made)).to.equal(metrics.random.frechet.value)
    gauge?.dispose()
  })

  it('compares fewer where there are not twice as many real pictures, and none of a handful or of small ones', async () => {
    expect((await openDistanceGauge(interpreter, cloth(16), 20))?.seeds).to.have.length(8)
    expect(await openDistanceGauge(interpreter, cloth(3), 20)).to.equal(null)
    const small: TrainingSet = { images: new Uint8Array(8 * 3 * 16 * 16), labels: null, classes: [], size: 16 }
    expect(await openDistanceGauge(interpreter, small, 20)).to.equal(null)
  })
})
