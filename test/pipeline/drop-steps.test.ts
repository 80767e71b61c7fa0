import { expect } from 'chai'
import { beginRun, type OpenRun, openRun, readPolicyFile } from '../../minter/cli/runs.ts'
import type { Studio } from '../../minter/cli/studio.ts'
import { asLearned, readSnapshot } from '../../minter/domain/demand.ts'
import { NO_ATTENTION } from '../../minter/domain/engagement.ts'
import { StorageFailed } from '../../minter/errors.ts'
import { NEXT_DEMAND_DOCUMENT } from '../../minter/pipeline/close-step.ts'
import { countEngagement } from '../../minter/pipeline/engagement.ts'
import type { ContentStore } from '../../minter/ports.ts'
import { openTinyStudio, type TinyPolicy, withFolder, writeTinyModel, writeTinyPolicy } from './tiny-studio.ts'

const SALT = `0x${'11'.repeat(32)}` as const
const SILENT = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }

async function open(studio: Studio, folder: string, vary: Partial<TinyPolicy> = {}): Promise<OpenRun> {
  const model = writeTinyModel(folder)
  const file = readPolicyFile(writeTinyPolicy(folder, { model, ...vary }))
  const { id } = await beginRun(studio, file, SALT)
  return openRun(studio, id, { workers: 1, progress: SILENT, signal: new AbortController().signal })
}

/** Everything up to the point where the selection is committed. */
async function untilRendered({ steps }: OpenRun): Promise<void> {
  await steps.register()
  await steps.announce()
  await steps.draw()
  await steps.render()
  await steps.select()
}

/** A drop without buyers, every step asked for twice; returns what it came to. */
async function wholeDrop(folder: string, home: string): Promise<object> {
  const studio = await openTinyStudio(folder, home)
  const opened = await open(studio, folder)
  await untilRendered(opened)
  const committed = await opened.steps.commit()
  const { archive } = await opened.steps.publish()
  await opened.steps.open()
  await opened.close()

  const again = await open(studio, folder)
  const { number } = await studio.access.head()
  await untilRendered(again)
  expect(await again.steps.commit()).to.deep.equal(committed)
  expect((await studio.access.head()).number).to.equal(number)
  await countEngagement(studio.database, again.work.run.id, [
    { rank: 0, act: 'view' },
    { rank: 0, act: 'save' },
  ])
  const { demandDigest, minted } = await again.steps.close()
  expect(minted).to.deep.equal([])
  const learned = await studio.runs.document(again.work.run.id, NEXT_DEMAND_DOCUMENT)
  const [facts] = asLearned(readSnapshot(learned ?? new Uint8Array())).drops
  expect(facts).to.deep.include({ drop: 1, sold: 0, attention: { ...NO_ATTENTION, view: 1, save: 1 } })
  await again.close()
  await studio.close()
  return { ...committed, demandDigest, archive: archive.digest }
}

/** A disk that is full for as long as `isFull` says. */
function onFullDisk(store: ContentStore, isFull: () => boolean): ContentStore {
  return {
    ...store,
    putDirectory: async (files, signal) => {
      if (isFull()) throw new StorageFailed(store.name, 'ENOSPC')
      return store.putDirectory(files, signal)
    },
  }
}

describe('minter/pipeline/drop-steps dropSteps', () => {
  it('comes to the same commitment from the same clock and salt, and does no step twice', async () => {
    await withFolder(async (folder) => {
      const first = await wholeDrop(folder, 'first')
      expect(await wholeDrop(folder, 'second')).to.deep.equal(first)
    })
  })

  it('gives each candidate of a conditional network the class that follows from its seed', async () => {
    await withFolder(async (folder) => {
      const classes = ['Ikat', 'Suzani', 'Batik']
      const studio = await openTinyStudio(folder)
      const model = writeTinyModel(folder, 8, classes)
      const { id } = await beginRun(studio, readPolicyFile(writeTinyPolicy(folder, { model })), SALT)
      const signal = new AbortController().signal
      const opened = await openRun(studio, id, { workers: 1, progress: SILENT, signal })
      await untilRendered(opened)
      const { candidates } = (await opened.steps.chosen()).manifest
      expect(candidates).to.have.length(24)
      for (const { seed, traits } of candidates) expect(traits['Cloth']).to.equal(classes[Number(BigInt(seed) % 3n)])
      expect(new Set(candidates.map(({ traits }) => traits['Cloth'])).size).to.equal(3)
      await opened.steps.commit()
      await opened.steps.publish()
      await opened.steps.open()
      await opened.close()
      await studio.close()
    })
  })

  it('throws STORAGE_FAILED on a full disk, commits nothing, and goes on once there is room', async () => {
    await withFolder(async (folder) => {
      let full = true
      const studio = await openTinyStudio(folder)
      const opened = await open({ ...studio, store: onFullDisk(studio.store, () => full) }, folder)
      await untilRendered(opened)
      const error = await opened.steps.commit().catch((failure: unknown) => failure)
      expect(error).to.include({ code: 'STORAGE_FAILED', reason: 'ENOSPC' })
      const { collection } = await opened.steps.left('register')
      expect(await studio.chain.dropOf(collection, 1)).to.have.property('state', 'drawn')

      full = false
      await opened.steps.commit()
      expect(await studio.chain.dropOf(collection, 1)).to.have.property('state', 'committed')
      await opened.close()
      await studio.close()
    })
  })

  it('shows a funnel and throws NOTHING_PASSED when nobody reaches the bar; nothing is committed', async () => {
    await withFolder(async (folder) => {
      const studio = await openTinyStudio(folder)
      const opened = await open(studio, folder, { minScore: 65_535 })
      await untilRendered(opened)
      const { funnel } = (await opened.steps.chosen()).selection
      expect(funnel.steps.at(-1)).to.deep.equal({ filter: 'edition size', fell: 0, left: 0 })
      expect(await opened.steps.commit().catch((error: unknown) => error)).to.have.property('code', 'NOTHING_PASSED')
      const { collection } = await opened.steps.left('register')
      expect(await studio.chain.dropOf(collection, 1)).to.have.property('state', 'drawn')
      await opened.close()
      await studio.close()
    })
  })

  it('throws STEP_MISSING for a step before its time', async () => {
    await withFolder(async (folder) => {
      const studio = await openTinyStudio(folder)
      const opened = await open(studio, folder)
      expect(await opened.steps.draw().catch((error: unknown) => error)).to.have.property('code', 'STEP_MISSING')
      await opened.close()
      await studio.close()
    })
  })
})
