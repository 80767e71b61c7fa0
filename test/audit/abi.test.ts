import { expect } from 'chai'
import { Interface } from 'ethers'
import { artifacts } from 'hardhat'
import { DROP_ABI, LINEAGE_ABI } from '../../minter/audit/abi.ts'

/** Signatures with the names of all fields, since the auditor takes answers apart by name. */
function wordsOf(abi: Interface): ReadonlyMap<string, string> {
  const words = new Map<string, string>()
  for (const fragment of abi.fragments) {
    if (fragment.type === 'function' || fragment.type === 'event') {
      const { type, name, inputs, outputs } = JSON.parse(fragment.format('json')) as Record<string, unknown>
      words.set(`${String(type)} ${String(name)}`, shape(type === 'event' ? inputs : [inputs, outputs]))
    }
  }
  return words
}

/** Types and field names; not Solidity's names for the structs. */
function shape(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) =>
    key === 'internalType' || key === 'indexed' ? undefined : inner,
  )
}

/** Plain arguments are passed by position, so their names do not matter. */
function unnamed(text: string | undefined): string | undefined {
  return text?.replaceAll(/"name":"(?:id|model|drop|tokenId|word)"/gu, '"name":""')
}

describe('the auditor’s words to the contracts', () => {
  for (const [contract, words] of [
    ['IDrop', DROP_ABI],
    ['ILineage', LINEAGE_ABI],
  ] as const) {
    it(`are those of ${contract}`, async () => {
      const { abi } = await artifacts.readArtifact(contract)
      const theirs = wordsOf(new Interface(abi))
      for (const [name, ours] of wordsOf(new Interface(words))) {
        if (name === 'function ownerOf') continue
        expect(unnamed(ours), name).to.equal(unnamed(theirs.get(name)))
      }
    })
  }
})
