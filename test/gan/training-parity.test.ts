import { expect } from 'chai'
import { startTrainingEngine, TRAINING_ENGINES } from '../../minter/cli/train-engine.ts'
import { readConfig } from '../../minter/config.ts'
import { EngineAbsent } from '../../minter/errors.ts'
import { trainingRows } from './parity/training-vectors.ts'

const { engines: folder } = readConfig({})

for (const engine of TRAINING_ENGINES.filter((name) => name !== 'canonical')) {
  describe(`training on ${engine}, against the official training`, () => {
    before(async function () {
      try {
        await startTrainingEngine(engine, folder)
      } catch (error) {
        if (!(error instanceof EngineAbsent)) throw error
        this.skip()
      }
    })

    it('gives every gradient, loss, weight and altered picture within its tolerance', async () => {
      const rows = await trainingRows()
      expect(rows.filter(({ isWithin }) => !isWithin)).to.deep.equal([])
    }).timeout(600_000)
  })
}
