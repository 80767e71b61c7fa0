import { expect } from 'chai'
import { EngineUnfit } from '../../gan/index.ts'
import { auditDrop, auditToken } from '../../minter/domain/audit.ts'
import {
  type AuditEngine,
  type AuditLinkResult,
  type AuditSource,
  ContentAltered,
} from '../../minter/domain/audit-source.ts'
import { REASONS } from '../../minter/domain/leaf.ts'
import { manifestJson, manifestTree } from '../../minter/domain/manifest.ts'
import { candidateSeed } from '../../minter/domain/seed.ts'
import { digestOf, fakeEngine, flipLastByte, type PublishedDrop, publishDrop, sourceOf } from './published-drop.ts'
import { makePolicy } from './policy-fixture.ts'

/** Everything that an audit says. */
async function collect(links: AsyncGenerator<AuditLinkResult>): Promise<readonly AuditLinkResult[]> {
  const results: AuditLinkResult[] = []
  for await (const result of links) results.push(result)
  return results
}

/** The audit of a drop in full. */
function auditAll(source: AuditSource): Promise<readonly AuditLinkResult[]> {
  return collect(auditDrop(source, { sample: 'all' }))
}

/** The names of the links in a state. */
function named(results: readonly AuditLinkResult[], state: AuditLinkResult['state']): readonly string[] {
  return results.filter((result) => result.state === state).map(({ link }) => link)
}

/** Rewrites a JSON file. */
function rewrite(change: (text: string) => string): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => new TextEncoder().encode(change(new TextDecoder().decode(bytes)))
}

/** An engine in which one candidate comes out otherwise. */
function engineThatAlters(drop: PublishedDrop, index: number): AuditEngine {
  const seed = candidateSeed(drop.chain.masterSeed, index)
  return {
    ...fakeEngine,
    render: async (seeds) => {
      const images = await fakeEngine.render(seeds)
      return images.map((image, i) =>
        Buffer.from(seeds[i]!).toString('hex') === seed.slice(2) ? { ...image, rgb: flipLastByte(image.rgb) } : image,
      )
    },
  }
}

describe('minter/domain/audit', () => {
  let drop: PublishedDrop
  before(async () => {
    drop = await publishDrop({ vetoes: [{ index: 3, reason: 'a seam', curator: 'Ada' }] })
  })

  describe('auditDrop', () => {
    it('finds every link of an honest drop in order', async () => {
      const results = await auditAll(sourceOf(drop))
      expect(results.filter(({ state }) => state !== 'ok')).to.deep.equal([])
      expect(results.slice(0, 15).map(({ link }) => link)).to.deep.equal([
        'lineage',
        'dataset',
        'bundle',
        'recipe',
        'engine',
        'policy',
        'terms',
        'seed',
        'manifest',
        'demand',
        'vetoes',
        'earlier',
        'selection',
        'candidates',
        'collection',
      ])
      expect(results.length).to.equal(15 + 6 * drop.tokens.length)
      expect(drop.tokens.length).to.be.above(1)
    })

    it('finds an honest drop in which nobody passed in order', async () => {
      const none = await publishDrop({
        policy: makePolicy({ thresholds: { score: 65_535, rarity: 65_535, demand: 0 } }),
      })
      expect(none.selection.edition).to.equal(0)
      expect((await auditAll(sourceOf(none))).filter(({ state }) => state !== 'ok')).to.deep.equal([])
    })

    it('makes only a sample again when asked, and tells how far it is', async () => {
      const progress: (readonly [number, number])[] = []
      const links = auditDrop(sourceOf(drop), { sample: 5, onProgress: (done, total) => progress.push([done, total]) })
      const candidates = (await collect(links)).find(({ link }) => link === 'candidates')
      expect(candidates?.detail).to.match(/^\d+ of 40 made again/)
      expect(progress.at(-1)?.[0]).to.equal(progress.at(-1)?.[1])
    })

    const tamperings: readonly (readonly [
      what: string,
      file: string,
      change: (bytes: Uint8Array) => Uint8Array,
      link: string,
    ])[] = [
      ['a byte of the model', 'bafybundle', flipLastByte, 'bundle'],
      [
        'a file of the dataset',
        'bafydataset',
        rewrite((text) => text.replace(/"sha256":"0x../, '"sha256":"0x00')),
        'dataset',
      ],
      ['psi', 'recipe.json', rewrite((text) => text.replace('"0.8"', '"0.7"')), 'recipe'],
      ['a threshold', 'policy.json', rewrite((text) => text.replace('16384', '16383')), 'policy'],
      ['a score', 'manifest.json', rewrite((text) => text.replace(/"score":(\d)/, '"score":1$1')), 'manifest'],
      ['the demand', 'demand.json', rewrite((text) => text.replace('"drops":[]', '"drops":[1]')), 'demand'],
      ['a veto', 'vetoes.json', rewrite((text) => text.replace('a seam', 'a seed')), 'vetoes'],
      ['the name of the collection', 'contract.json', rewrite((text) => text.replace('Adras', 'Adros')), 'collection'],
      ['a byte of a picture', 'images/0.png', flipLastByte, 'token 131072 artifact'],
      [
        'an attribute',
        'metadata/2.json',
        rewrite((text) => text.replace('"value":"', '"value":"X')),
        'token 131074 metadata',
      ],
      [
        'a proof',
        'proofs/0.json',
        rewrite((text) => text.replace(/"pixelDigest":"0x../, '"pixelDigest":"0xzz'.replace('zz', '00'))),
        'token 131072 proof',
      ],
    ]
    for (const [what, file, change, link] of tamperings) {
      it(`names "${link}" when somebody changes ${what}`, async () => {
        const results = await auditAll(sourceOf(drop, { [file]: change }))
        expect(named(results, 'broken')[0]).to.equal(link)
      })
    }

    it('names the first broken link, and leaves those that depend on it unchecked', async () => {
      const results = await auditAll(sourceOf(drop, { bafybundle: flipLastByte }))
      expect(named(results, 'broken')).to.deep.equal(['bundle'])
      expect(named(results, 'unchecked')).to.include.members([
        'engine',
        'selection',
        'candidates',
        'token 131072 pixels',
      ])
    })

    it('calls unchecked, never ok, what nobody has', async () => {
      const results = await auditAll(sourceOf(drop, { 'manifest.json': null, bafybundle: null }))
      expect(named(results, 'broken')).to.deep.equal([])
      expect(named(results, 'unchecked')).to.include.members([
        'bundle',
        'engine',
        'manifest',
        'selection',
        'candidates',
      ])
      expect(named(results, 'ok')).to.include.members(['lineage', 'policy', 'terms', 'seed', 'token 131072 proof'])
    })

    it('calls broken what is served altered under its CID, with both digests', async () => {
      const honest = sourceOf(drop)
      const read: AuditSource['read'] = (cid, path) =>
        path === 'manifest.json'
          ? Promise.reject(new ContentAltered('manifest.json', digestOf(1), digestOf(2)))
          : honest.read(cid, path)
      const results = await auditAll({ ...honest, read })
      expect(results.find(({ link }) => link === 'manifest')).to.include({
        state: 'broken',
        expected: digestOf(1),
        actual: digestOf(2),
      })
    })

    it('blames this machine and not the drop when the engine fails its known answers', async () => {
      const source: AuditSource = {
        ...sourceOf(drop),
        engine: () => Promise.reject(new EngineUnfit('pixels', digestOf(1), digestOf(2))),
      }
      const results = await auditAll(source)
      expect(named(results, 'broken')).to.deep.equal([])
      expect(named(results, 'unchecked')[0]).to.equal('engine')
    })

    it('names the candidate whose pixels come out otherwise', async () => {
      const unsold = drop.manifest.candidates.find(({ rank }) => rank > 10)!
      const results = await auditAll(sourceOf(drop, {}, engineThatAlters(drop, unsold.index)))
      expect(named(results, 'broken')).to.deep.equal(['candidates'])
      const broken = results.find(({ state }) => state === 'broken')
      expect(broken?.detail).to.equal(`candidate ${unsold.index} (rank ${unsold.rank}): pixelDigest differs`)
      expect(broken?.expected).to.equal(unsold.pixelDigest)
    })

    it('shows an operator who announced other numbers than the policy has', async () => {
      const announced = { ...drop.chain, thresholds: { ...drop.chain.thresholds, score: 1 } }
      expect(named(await auditAll(sourceOf({ ...drop, chain: announced })), 'broken')).to.deep.equal(['terms'])
    })

    it('shows phases whose times do not count from one second', async () => {
      const phases = drop.chain.phases.map((phase, i) => (i === 1 ? { ...phase, start: phase.start + 1 } : phase))
      const results = await auditAll(sourceOf({ ...drop, chain: { ...drop.chain, phases } }))
      expect(results.find(({ state }) => state === 'broken')).to.include({
        link: 'terms',
        detail: 'start of phase 1 differs',
      })
    })

    it('shows a master seed that is not the hash of block and salt', async () => {
      const results = await auditAll(sourceOf({ ...drop, chain: { ...drop.chain, beacon: digestOf(9) } }))
      expect(named(results, 'broken')).to.deep.equal(['seed'])
    })

    it('leaves the seed unchecked when the node no longer has the block', async () => {
      const results = await auditAll(sourceOf({ ...drop, chain: { ...drop.chain, beacon: null } }))
      expect(named(results, 'unchecked')).to.deep.equal(['seed'])
    })

    it('shows an operator who committed to another order than the rules give', async () => {
      const rows = [...drop.manifest.candidates]
      const [better, worse] = [rows[10]!, rows[11]!]
      rows[10] = { ...worse, rank: 10 }
      rows[11] = { ...better, rank: 11 }
      const { root } = manifestTree(rows, drop.chain.drop)
      const published = () => manifestJson({ ...drop.manifest, candidates: rows, root })
      const results = await auditAll(
        sourceOf({ ...drop, chain: { ...drop.chain, root } }, { 'manifest.json': published }),
      )
      expect(results.find(({ state }) => state === 'broken')).to.include({
        link: 'selection',
        detail: `rank 10, candidate ${worse.index}: index differs`,
        expected: String(better.index),
        actual: String(worse.index),
      })
    })

    describe('of a second drop', () => {
      const { qa } = makePolicy()
      let second: PublishedDrop
      before(async () => {
        // So wide a distance that the pieces of the first drop push some candidates out.
        const policy = makePolicy({ qa: { ...qa, minDistanceEarlier: 60_000 } })
        second = await publishDrop({ policy, before: drop })
      })

      it('remembers the pieces that were minted before', async () => {
        expect(second.selection.ranked.some(({ reason }) => reason === REASONS.nearEarlierPiece)).to.equal(true)
        const results = await auditAll(sourceOf(second))
        expect(results.filter(({ state }) => state !== 'ok')).to.deep.equal([])
        expect(results.find(({ link }) => link === 'earlier')?.detail).to.equal('pieces minted in earlier drops: 3')
      })

      it('shows an operator who forgets them', async () => {
        const results = await auditAll({ ...sourceOf(second), earlier: () => Promise.resolve([]) })
        expect(named(results, 'broken')).to.deep.equal(['selection'])
      })

      it('does not take the word of an earlier drop that leads to another root', async () => {
        const [closed] = await sourceOf(second).earlier()
        const earlier = () => Promise.resolve([{ ...closed!, root: digestOf(1) }])
        const results = await auditAll({ ...sourceOf(second), earlier })
        expect(named(results, 'broken')).to.deep.equal(['earlier'])
      })
    })

    it('shows a token below a threshold', async () => {
      const tokens = drop.tokens.map((token, i) => (i === 0 ? { ...token, score: 0 } : token))
      const results = await auditAll(sourceOf({ ...drop, tokens }))
      expect(results.find(({ state }) => state === 'broken')).to.include({
        link: 'token 131072 facts',
        detail: 'score is below the threshold',
      })
    })
  })

  describe('auditToken', () => {
    it('follows one token, and what it rests on', async () => {
      const results = await collect(auditToken(sourceOf(drop), 131_072n))
      expect(results.every(({ state }) => state === 'ok')).to.equal(true)
      expect(results.at(-1)?.link).to.equal('token 131072 metadata')
    })

    it('says so when there is no such token', async () => {
      const results = await collect(auditToken(sourceOf(drop), 131_073n))
      expect(results.at(-1)).to.include({ link: 'token 131073 facts', state: 'broken' })
    })
  })
})
