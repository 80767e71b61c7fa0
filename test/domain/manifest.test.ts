import { expect } from 'chai'
import * as fc from 'fast-check'
import { Base64Invalid, fromBase64, toBase64 } from '../../minter/domain/base64.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { ZERO_DIGEST } from '../../minter/domain/digest.ts'
import {
  manifestEdition,
  ManifestInvalid,
  manifestJson,
  manifestTree,
  parseManifest,
  rowMeasures,
} from '../../minter/domain/manifest.ts'
import { verifyRank } from '../../minter/domain/merkle.ts'
import { parseProof, proofJson, proveRow, RankProofInvalid } from '../../minter/domain/proof.ts'
import { type PublishedDrop, publishDrop } from './published-drop.ts'

describe('minter/domain/manifest', () => {
  let drop: PublishedDrop
  before(async () => {
    drop = await publishDrop()
  })

  it('reads back what was published', () => {
    expect(parseManifest(manifestJson(drop.manifest))).to.deep.equal(drop.manifest)
  })

  it('keeps every measure, so that the selection can be run again', () => {
    drop.selection.ranked.forEach((candidate, rank) => {
      const { index, pixelDigest, logitBits, features, traits } = candidate
      expect(rowMeasures(drop.manifest.candidates[rank]!)).to.deep.include({
        index,
        pixelDigest,
        logitBits,
        features,
        traits,
      })
    })
  })

  it('names an artifact for each piece for sale, and for no other', () => {
    expect(manifestEdition(drop.manifest)).to.equal(drop.selection.edition)
    for (const { rank, artifactDigest } of drop.manifest.candidates) {
      expect(artifactDigest !== ZERO_DIGEST).to.equal(rank < drop.selection.edition)
    }
  })

  it('throws MANIFEST_INVALID and says where, for a fraction, a missing or an unknown key', () => {
    const text = new TextDecoder().decode(manifestJson(drop.manifest))
    const damaged = [
      text.replace(/"score":\d+/, '"score":1.5'),
      text.replace(/"score":\d+,/, ''),
      text.replace('"score":', '"scores":'),
      text.replace('latentmint-candidates-1', 'latentmint-candidates-2'),
    ]
    for (const bad of damaged) expect(() => parseManifest(new TextEncoder().encode(bad))).to.throw(ManifestInvalid)
  })

  describe('proveRow', () => {
    it('proves every rank under the root, and reads back', () => {
      const tree = manifestTree(drop.manifest.candidates, drop.chain.drop)
      for (const row of drop.manifest.candidates) {
        const proof = proveRow(row, drop.chain.drop, tree)
        expect(verifyRank(drop.chain.root, tree.depth, row.rank, proof.leaf, proof.proof)).to.equal(true)
        expect(parseProof(proofJson(proof))).to.deep.equal(proof)
      }
    })

    it('throws RANK_PROOF_INVALID for something else', () => {
      expect(() => parseProof(canonicalJson({}))).to.throw(RankProofInvalid)
    })
  })

  describe('base64', () => {
    it('is what Node writes, and reads back', () => {
      fc.assert(
        fc.property(fc.uint8Array(), (bytes) => {
          expect(toBase64(bytes)).to.equal(Buffer.from(bytes).toString('base64'))
          expect(fromBase64(toBase64(bytes))).to.deep.equal(bytes)
        }),
      )
    })

    it('throws BASE64_INVALID for every other text, spare bits included', () => {
      for (const text of ['A', 'AA', 'AAA', 'A===', 'AB==', 'AA-_', 'AAAA=', 'é===']) {
        expect(() => fromBase64(text), text).to.throw(Base64Invalid)
      }
    })
  })
})
