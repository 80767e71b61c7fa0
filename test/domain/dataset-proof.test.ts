import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { parseDatasetManifest, treeOfDataset } from '../../minter/domain/dataset-manifest.ts'
import {
  checkDatasetProof,
  type DatasetProof,
  DatasetProofInvalid,
  parseDatasetProof,
  proveFile,
} from '../../minter/domain/dataset-proof.ts'
import { datasetTree } from '../../minter/domain/dataset-tree.ts'
import type { Hex } from '../../minter/domain/digest.ts'
import { digests } from './arbitraries.ts'
import { digestOf } from './published-drop.ts'

const sets = fc.uniqueArray(digests, { minLength: 1, maxLength: 40 })

function holds(proof: DatasetProof, root: Hex, files: number | null = null): boolean {
  try {
    checkDatasetProof(proof, root, files)
    return true
  } catch (error) {
    if (error instanceof DatasetProofInvalid) return false
    throw error
  }
}

/** The same text with one of its hex digits another one. */
function changeDigit(text: Hex, at: number): Hex {
  const place = 2 + (at % (text.length - 2))
  const other = text[place] === '0' ? '1' : '0'
  return `0x${text.slice(2, place)}${other}${text.slice(place + 1)}`
}

/** Every proof that differs from a true one in one number or digest. */
function alterationsOf(proof: DatasetProof, at: number): readonly DatasetProof[] {
  const leaves = proof.leaves.flatMap((leaf, i) => {
    const replaced = (change: Partial<typeof leaf>) => ({
      ...proof,
      leaves: proof.leaves.map((one, k) => (k === i ? { ...one, ...change } : one)),
    })
    return [
      replaced({ sha256: changeDigit(leaf.sha256, at) }),
      replaced({ position: leaf.position + 1 }),
      replaced({ path: [...leaf.path, proof.root] }),
      ...leaf.path.map((node, k) =>
        replaced({ path: leaf.path.map((one, j) => (j === k ? changeDigit(node, at) : one)) }),
      ),
      ...(leaf.path.length > 0 ? [replaced({ path: leaf.path.slice(1) })] : []),
    ]
  })
  const other = proof.claim === 'member' ? 'absent' : 'member'
  return [...leaves, { ...proof, claim: other }, { ...proof, root: changeDigit(proof.root, at) }]
}

describe('minter/domain/dataset-proof', () => {
  it('proves every member, and every other file to be absent', () => {
    fc.assert(
      fc.property(sets, fc.array(digests, { maxLength: 10 }), (files, strangers) => {
        const tree = datasetTree(files)
        for (const file of [...files, ...strangers]) {
          const proof = proveFile(tree, file)
          expect(proof.claim).to.equal(files.includes(file) ? 'member' : 'absent')
          checkDatasetProof(proof, tree.root, files.length)
          expect(parseDatasetProof(canonicalJson(proof))).to.deep.equal(proof)
        }
      }),
    )
  })

  it('accepts no proof in which a leaf, a position, a path, the claim or the root was changed', () => {
    fc.assert(
      fc.property(sets, digests, fc.nat(63), (files, stranger, at) => {
        const tree = datasetTree(files)
        for (const file of [files[at % files.length]!, stranger]) {
          const proof = proveFile(tree, file)
          for (const altered of alterationsOf(proof, at)) expect(holds(altered, tree.root)).to.equal(false)
        }
      }),
    )
  })

  it('never proves a member to be absent, whatever number of files, positions and leaves are claimed', () => {
    const few = fc.uniqueArray(digests, { minLength: 2, maxLength: 9 })
    fc.assert(
      fc.property(few, fc.nat(), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 12 }), (files, a, b, c, claimed) => {
        const tree = datasetTree(files)
        const [file, low, high] = [a, b, c].map((at) => tree.digests[at % files.length]!)
        const leafOf = (sha256: Hex, position: number) => ({
          sha256,
          position,
          path: tree.path(tree.digests.indexOf(sha256)),
        })
        for (let position = 0; position < claimed; position++) {
          const forged = {
            ...proveFile(tree, file!),
            claim: 'absent',
            files: claimed,
            leaves: [leafOf(low!, position), leafOf(high!, position + 1)],
          } as const
          expect(holds(forged, tree.root)).to.equal(false)
          expect(holds({ ...forged, leaves: forged.leaves.slice(0, 1) }, tree.root)).to.equal(false)
          expect(holds({ ...forged, leaves: forged.leaves.slice(1) }, tree.root)).to.equal(false)
        }
      }),
    )
  })

  it('compares the number of files with that of the chain', () => {
    const tree = datasetTree([1, 2, 3].map(digestOf))
    const proof = proveFile(tree, digestOf(2))
    expect(() => checkDatasetProof(proof, tree.root, 4)).to.throw(DatasetProofInvalid, '3 files, the dataset has 4')
  })

  it('names what is wrong with two leaves that are no neighbours', () => {
    const tree = datasetTree(Array.from({ length: 5 }, (_, i) => digestOf(i)))
    const [first, , third] = tree.digests.map((sha256, position) => ({ sha256, position, path: tree.path(position) }))
    const proof = { ...proveFile(tree, digestOf(99)), leaves: [first!, third!] }
    expect(() => checkDatasetProof(proof, tree.root)).to.throw(DatasetProofInvalid, 'positions 0 and 2')
  })

  for (const text of ['', '[]', '{"format":"latentmint-dataset-proof-1"}']) {
    it(`refuses ${JSON.stringify(text)} with DATASET_PROOF_INVALID`, () => {
      expect(() => parseDatasetProof(new TextEncoder().encode(text))).to.throw(DatasetProofInvalid)
    })
  }

  it('proves over the shipped manifest, in thirteen steps', () => {
    const bytes = readFileSync(new URL('../../models/ikat-64.dataset.json', import.meta.url))
    const tree = treeOfDataset(parseDatasetManifest(bytes))
    for (const file of [tree.digests[4711]!, digestOf(7)]) {
      const proof = proveFile(tree, file)
      checkDatasetProof(proof, '0x39d3002036e801fceaffd3bab1cd4da0651c8d625f8d9d411b57b255e5f0d714', 8192)
      expect(proof.leaves.map(({ path }) => path.length)).to.satisfy((lengths: number[]) =>
        lengths.every((length) => length === 13),
      )
    }
  })
})
