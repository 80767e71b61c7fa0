import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { Interface } from 'ethers'
import { MINT_ABI } from '../../minter/http/mint-call.ts'
import { explainRevert, MINT_ERRORS } from '../../web/mint/contract-errors.ts'

const errors = new Interface(MINT_ERRORS)

/** The contract's interface as it was built. */
async function builtInterface(): Promise<Interface> {
  const path = new URL('../../artifacts/contracts/Drop.sol/Drop.json', import.meta.url)
  const { abi }: { abi: string } = JSON.parse(await readFile(path, 'utf8'))
  return new Interface(abi)
}

describe('web/mint/contract-errors', () => {
  it('knows the errors as the contract has them', async () => {
    const built = await builtInterface()
    for (const { name, selector } of MINT_ERRORS.map((text) => errors.getError(text.slice(6).split('(')[0]!)!)) {
      expect(built.getError(selector)?.name, name).to.equal(name)
    }
  })

  it('says when a phase opens, in a sentence', () => {
    const data = errors.encodeErrorResult('PhaseNotOpen', [1_800_000_000, 1_800_003_600, 1_800_090_000])
    expect(explainRevert({ data })).to.equal('This phase opens at 2027-01-15 09:00 UTC.')
  })

  it('finds the contract’s answer however deep a wallet has put it', () => {
    const data = errors.encodeErrorResult('TokenAlreadyExists', [])
    expect(explainRevert({ code: -32_603, data: { originalError: { code: 3, data } } })).to.include('a moment ago')
  })

  it('has nothing to say about failures that are not the contract’s', () => {
    expect(explainRevert(new Error('the wallet is locked'))).to.equal(null)
  })
})

describe('minter/http/mint-call', () => {
  it('calls the functions as the contract has them', async () => {
    const built = await builtInterface()
    new Interface(MINT_ABI).forEachFunction(({ selector, name }) => {
      expect(built.getFunction(selector)?.name, name).to.equal(name)
    })
  })
})
