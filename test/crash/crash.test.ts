import { expect } from 'chai'
import { MISSING_POSTGRES, serverPrograms } from '../adapters/debian-postgres.ts'
import { endureKills } from './endurance.ts'
import { openRig, type Rig } from './rig.ts'

const KILLS = 12

describe('minter, killed by SIGKILL at changes and at random instants', function () {
  this.timeout(600_000)
  let rig: Rig

  before(async () => {
    rig = await openRig(serverPrograms() === null ? 'pglite' : 'postgres', 16)
  })

  it(`ends every drop right after ${KILLS} kills: nothing sent twice, no block lost${MISSING_POSTGRES && ' (PGlite)'}`, async () => {
    const endured = await endureKills(rig, KILLS, 7)
    expect(endured.kills).to.equal(KILLS)
    expect(endured.atPlaces).to.be.greaterThan(0)
    expect(endured.atInstants).to.be.greaterThan(0)
    expect(endured.transactions).to.equal(12 * endured.drops)
  })

  after(() => rig.close())
})
