import { expect } from 'chai'
import { explainFailure, printFailure } from '../../minter/cli/exit.ts'
import { ChainUnreachable, StorageFailed } from '../../minter/errors.ts'

describe('minter/cli/exit explainFailure', () => {
  it('gives a failure of the network the resumable exit, and says where and what to do', () => {
    const failure = explainFailure(new ChainUnreachable('http://127.0.0.1:9'))
    expect(failure).to.include({ code: 'CHAIN_UNREACHABLE', where: 'http://127.0.0.1:9', exit: 3 })
    expect(printFailure(failure)).to.match(/^CHAIN_UNREACHABLE: .*\n {2}where: .*\n {2}do: {4}.*\n$/u)
  })

  it('looks through the causes for the first failure that it knows', () => {
    const wrapped = new Error('a library gave up', { cause: new StorageFailed('/disk', 'ENOSPC') })
    expect(explainFailure(wrapped)).to.include({ code: 'STORAGE_FAILED', exit: 3 })
  })

  it('calls anything else unexpected, and fails', () => {
    expect(explainFailure(new TypeError('no such thing'))).to.include({ code: 'UNEXPECTED', exit: 1 })
    expect(explainFailure('thrown text')).to.include({ code: 'UNEXPECTED', what: 'thrown text', exit: 1 })
  })
})
