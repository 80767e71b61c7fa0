import { expect } from 'chai'
import { datasetId, modelId } from '../../minter/domain/lineage.ts'
import { commitment } from './commitment-vector.ts'

const { lineage } = commitment

describe('minter/domain/lineage', () => {
  it('gives the dataset of the vector its id', () => {
    expect(datasetId(lineage.dataset)).to.equal(lineage.datasetId)
  })

  it('gives the model of the vector its id', () => {
    expect(modelId(lineage.model, lineage.registrant)).to.equal(lineage.modelId)
  })

  it('gives the same model another id when somebody else registers it', () => {
    expect(modelId(lineage.model, `0x${'01'.repeat(20)}`)).to.not.equal(lineage.modelId)
  })
})
