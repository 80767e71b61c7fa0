import { expect } from 'chai'
import { computeFormats, type Formats, readFormats } from './formats.ts'

describe('minter/domain, the formats', () => {
  let now: Formats
  before(async () => {
    now = await computeFormats()
  })

  const fields = [
    'policyDigest',
    'vetoDigest',
    'demand',
    'engagedDemand',
    'informationBits',
    'traits',
    'files',
    'root',
  ] as const
  for (const field of fields) {
    it(`has not changed in ${field}, which drops on the chain rely on`, () => {
      expect(now[field]).to.deep.equal(readFormats()[field])
    })
  }
})
