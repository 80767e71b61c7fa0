import { expect } from 'chai'
import type { Interpreter } from '../../gan/index.ts'
import { ENGINES } from '../../minter/cli/engine-registry.ts'
import { readConfig } from '../../minter/config.ts'
import { EngineAbsent } from '../../minter/errors.ts'
import { type Experiment, measure } from './parity/measure.ts'
import { NETWORK_SETS, networkExperiments } from './parity/network-experiments.ts'
import { opExperiments } from './parity/op-experiments.ts'

const { engines: folder } = readConfig({})

for (const source of ENGINES) {
  describe(`the engine ${source.name}, against the official networks`, () => {
    let interpreter: Interpreter
    before(async function () {
      try {
        interpreter = (await source.open(folder)).interpreter
      } catch (error) {
        if (!(error instanceof EngineAbsent) || source.remedy === 'npm ci') throw error
        this.skip()
      }
    })

    async function expectParity(experiments: readonly Experiment[]): Promise<void> {
      const measured = []
      for (const experiment of experiments) measured.push(...(await measure(interpreter, experiment)))
      expect(measured).to.not.be.empty
      expect(measured.filter(({ isWithin }) => !isWithin)).to.deep.equal([])
    }

    for (const set of NETWORK_SETS) {
      it(`gives every number of ${set} within its tolerance`, () => expectParity(networkExperiments(set)))
    }

    it('gives the result of every unit case within its tolerance', () => expectParity(opExperiments()))
  })
}
