import { expect } from 'chai'
import { withFolder } from '../pipeline/tiny-studio.ts'
import { race, type RaceResult } from './crowd.ts'
import { stageOpening } from './opening.ts'

const COLLECTORS = 40
const PIECES = 5

describe('the opening of a drop, forty collectors for five pieces', () => {
  let result: RaceResult
  let owners: readonly string[] = []

  before(async function () {
    this.timeout(300_000)
    await withFolder(async (folder) => {
      const opening = await stageOpening(folder, { collectors: COLLECTORS, pieces: PIECES, candidates: 24 })
      try {
        // They are there before it opens, as collectors are.
        const racing = race({ ...opening, collectors: COLLECTORS, patienceMs: 500 })
        await opening.open()
        result = await racing
        owners = await opening.owners()
      } finally {
        await opening.close()
      }
    })
  })

  it('sells every piece once, each to somebody else', () => {
    expect(result.minted).to.equal(PIECES)
    expect(new Set(owners).size).to.equal(PIECES)
  })

  it('tells everybody else why, before they pay anything', () => {
    expect(result.losers).to.deep.equal({ SOLD_OUT: COLLECTORS - PIECES })
    expect(result).to.include({ reverted: 0, losersWhoPaid: 0 })
  })

  it('told those who wanted the same piece that somebody else is minting it, or has', () => {
    expect(Object.keys(result.told).some((code) => code === 'PIECE_HELD' || code === 'PIECE_TAKEN')).to.equal(true)
  })

  it('answers nothing with a failure of its own', () => {
    expect(Object.keys(result.statuses).filter((status) => Number(status) >= 500)).to.deep.equal([])
  })
})
