import { expect } from 'chai'
import {
  type Crew,
  joinTraining,
  SMALL_TRAINING,
  startTraining,
  type TrainingSet,
  type TrainingSettings,
} from '../../gan/index.ts'
import { startTrainingCrew } from '../../minter/cli/train-crew.ts'
import { CrewFailed } from '../../minter/errors.ts'
import { tinyDescription } from '../gan/tiny-bundle.ts'
import { startBackend } from '../gan/vectors.ts'

const { G, D } = tinyDescription()
const SETTINGS: TrainingSettings = { ...SMALL_TRAINING, generator: G, discriminator: D, batch: 8, workers: 2 }
const SET: TrainingSet = {
  images: Uint8Array.from({ length: 16 * 192 }, (_, k) => (k * 2654435761) >>> 24),
  labels: null,
  classes: [],
  size: 8,
}

const threads = (engine: 'canonical' | 'tensorflow') => (settings: TrainingSettings) =>
  startTrainingCrew({ engine, engines: '/nonexistent', settings, set: SET })

/** The other share in this thread. */
function here(settings: TrainingSettings): Crew {
  const member = joinTraining(settings, SET, 1)
  return { differentiate: async (task) => [await member.differentiate(task)], close: () => member.dispose() }
}

async function trained(muster: (settings: TrainingSettings) => Crew): Promise<Uint8Array> {
  const run = startTraining(SETTINGS, SET, { muster })
  for (let i = 0; i < 3; i++) await run.step(false)
  const checkpoint = await run.checkpoint()
  run.dispose()
  return checkpoint
}

describe('minter/cli/train-crew startTrainingCrew', () => {
  before(startBackend)

  it('comes to the very weights that the same shares come to in one thread', async () => {
    expect(await trained(threads('canonical'))).to.deep.equal(await trained(here))
  })

  it('throws CREW_FAILED, and which share it was, when a thread cannot compute', async () => {
    const run = startTraining(SETTINGS, SET, { muster: threads('tensorflow') })
    const failure = await run.step(false).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(CrewFailed)
    expect(failure).to.include({ code: 'CREW_FAILED' })
    expect(String(failure)).to.include('share 1')
    run.dispose()
  })
})
