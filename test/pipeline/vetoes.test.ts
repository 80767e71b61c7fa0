import { expect } from 'chai'
import type { OpenRun } from '../../minter/cli/runs.ts'
import type { Studio } from '../../minter/cli/studio.ts'
import { REASONS } from '../../minter/domain/leaf.ts'
import { readVetoes, type Veto } from '../../minter/domain/vetoes.ts'
import { vetoCandidate } from '../../minter/pipeline/vetoes.ts'
import { openTinyRun, openTinyStudio, untilDrawn, withFolder, withRendered } from './tiny-studio.ts'

const CANDIDATES = 24
const ADA = { reason: 'Reads as a letter.', curator: 'Ada' }

function veto(studio: Studio, { work }: OpenRun, index: number, given = ADA): Promise<Veto> {
  return vetoCandidate(studio.database, work.run, { index, ...given })
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  )
}

describe('minter/pipeline/vetoes vetoCandidate', () => {
  it('ranks the first choice behind all for sale, publishes why, and is VETO_TOO_LATE after the commit', async () => {
    await withRendered(CANDIDATES, async (studio, opened, folder) => {
      // Selected as by a commit that was stopped: the veto must undo that.
      const before = await opened.steps.select()
      const [first] = (await opened.steps.chosen()).selection.ranked
      const index = first?.index ?? -1
      await veto(studio, opened, index)

      const again = await openTinyRun(studio, folder, CANDIDATES)
      await again.steps.select()
      const { selection } = await again.steps.chosen()
      const rank = selection.ranked.findIndex((one) => one.index === index)
      expect(rank).to.be.at.least(selection.passed)
      expect(selection.ranked[rank]).to.have.property('reason', REASONS.vetoed)
      expect(selection.passed).to.equal(before.passed - 1)

      const committed = await again.steps.commit()
      expect(committed.root).to.not.equal(before.root)
      const published = readVetoes(await studio.store.readFile(committed.directory, 'vetoes.json'))
      expect(published).to.deep.equal([{ index, ...ADA }])

      const other = selection.ranked[0]?.index ?? -1
      expect(await failureOf(veto(studio, again, other))).to.include({ code: 'VETO_TOO_LATE', index: other })
      expect(readVetoes(await studio.store.readFile(committed.directory, 'vetoes.json'))).to.have.length(1)
      await again.close()
    })
  })

  it('counts when it comes in after the selection and before the commit of the same process', async () => {
    await withRendered(CANDIDATES, async (studio, opened) => {
      await opened.steps.select()
      const [first] = (await opened.steps.chosen()).selection.ranked
      const index = first?.index ?? -1
      await veto(studio, opened, index)

      const { root, directory } = await opened.steps.commit()
      expect(readVetoes(await studio.store.readFile(directory, 'vetoes.json'))).to.deep.equal([{ index, ...ADA }])
      expect(await opened.steps.left('select')).to.have.property('root', root)
    })
  })

  it('changes nothing the second time, and throws VETO_INVALID for another reason', async () => {
    await withRendered(CANDIDATES, async (studio, opened) => {
      expect(await veto(studio, opened, 3)).to.deep.equal({ index: 3, ...ADA })
      const again = { reason: ` ${ADA.reason} `, curator: 'Ben' }
      expect(await veto(studio, opened, 3, again)).to.deep.equal({ index: 3, ...ADA })
      const other = failureOf(veto(studio, opened, 3, { reason: 'A seam.', curator: 'Ada' }))
      expect(await other).to.have.property('code', 'VETO_INVALID')
      expect((await opened.steps.chosen()).vetoes).to.deep.equal([{ index: 3, ...ADA }])
    })
  })

  it('throws STEP_MISSING before the candidates are rendered', async () => {
    await withFolder(async (folder) => {
      const studio = await openTinyStudio(folder)
      const opened = await openTinyRun(studio, folder, CANDIDATES)
      await untilDrawn(opened)
      expect(await failureOf(veto(studio, opened, 0))).to.have.property('code', 'STEP_MISSING')
      await opened.close()
      await studio.close()
    })
  })
})
