import { expect } from 'chai'
import type { Interpreter } from '../../gan/index.ts'
import { CONTESTANTS } from './parity/engines.ts'
import { type Experiment, measure } from './parity/measure.ts'
import { NETWORK_SETS, networkExperiments } from './parity/network-experiments.ts'
import { opExperiments } from './parity/op-experiments.ts'

for (const { name, start } of CONTESTANTS) {
  describe(`the engine ${name}, against the official networks`, () => {
    let interpreter: Interpreter
    before(async () => {
      interpreter = await start()
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
