import { expect } from 'chai'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { DemandInvalid, neutralSnapshot, snapshotDigest, snapshotJson } from '../../minter/domain/demand.ts'
import { parsePolicy, type Policy, policyDigest, policyJson } from '../../minter/domain/policy.ts'
import { readPolicy } from '../../minter/domain/policy-json.ts'
import { PolicyInvalid, type PolicyProblem } from '../../minter/domain/policy-problem.ts'
import { makePolicy, POLICY_YAML } from './policy-fixture.ts'

/** The problems that a text has. */
function problemsIn(text: string): readonly PolicyProblem[] {
  try {
    parsePolicy(text, 'bad.yaml')
  } catch (error) {
    if (error instanceof PolicyInvalid) return error.problems
    throw error
  }
  return []
}

/** The fixture's text with one line replaced. */
function withLine(line: string, replacement: string): string {
  expect(POLICY_YAML).to.include(line)
  return POLICY_YAML.replace(line, replacement)
}

describe('minter/domain/policy', () => {
  describe('parsePolicy', () => {
    it('turns times into seconds after the announcement or of the epoch', () => {
      const [friends, , open] = makePolicy().phases
      expect(friends?.start).to.deep.equal({ from: 'announcement', seconds: 60 })
      expect(friends?.end).to.deep.equal({ from: 'announcement', seconds: 3600 })
      expect(open?.end).to.deep.equal({ from: 'announcement', seconds: 86_400 })
      const dated = parsePolicy(withLine('end: +1d', 'end: 2026-12-01T20:00:00Z'), 'oasis.yaml')
      expect(dated.phases[2]?.end).to.deep.equal({ from: 'epoch', seconds: 1_796_155_200 })
    })

    it('turns ether into wei without a float, quoted or not', () => {
      const [friends, voucher, open] = makePolicy().phases
      expect(friends?.allowlist.map(({ priceWei }) => priceWei)).to.deep.equal([
        '5000000000000000',
        '10000000000000000',
      ])
      expect(voucher?.price).to.deep.equal({ startWei: '20000000000000000', endWei: '20000000000000000' })
      expect(open?.price).to.deep.equal({ startWei: '50000000000000000', endWei: '20000000000000000' })
    })

    it('fills in what is left out', () => {
      const policy = parsePolicy(
        'name: A\ncollection: {name: A, symbol: A}\nmodel: m\nedition: 3\nweights: {score: 1}\nphases: [{kind: public, start: 0, end: 9, price: 0}]\n',
        'short.yaml',
      )
      expect(policy.candidates).to.equal(1000)
      expect(policy.thresholds).to.deep.equal({ score: 0, rarity: 0, demand: 0 })
      expect(policy.qa.maxBytes).to.equal(1 << 20)
      expect(policy.schedule.seedDelayBlocks).to.be.at.least(1)
      expect(policy.phases[0]?.price).to.deep.equal({ startWei: '0', endWei: '0' })
    })

    it('throws POLICY_INVALID with every problem at once, each with its line', () => {
      const problems = problemsIn('name: A\ncandidates: 0\nedition: many\nweights: {score: 1}\nphases: []\n')
      expect(problems.map(({ path, line }) => [path, line])).to.deep.include.members([
        ['candidates', 2],
        ['edition', 3],
        ['phases', 5],
        ['collection', null],
        ['model', null],
      ])
    })

    it('says what came and what is wanted', () => {
      const [problem] = problemsIn(withLine('edition: 5', 'edition: -1'))
      expect(problem).to.deep.equal({
        path: 'edition',
        line: 13,
        came: '-1',
        wanted: 'an integer from 1 to 65535',
        nearest: null,
      })
    })

    it('names the known key that an unknown one looks like', () => {
      const [problem] = problemsIn(withLine('seedDelayBlocks: 3', 'seedDelayBlock: 3'))
      expect(problem).to.include({ path: 'schedule.seedDelayBlock', nearest: 'seedDelayBlocks' })
    })

    const refusals: readonly (readonly [what: string, line: string, replacement: string, path: string])[] = [
      ['an edition larger than the pool', 'edition: 5', 'edition: 41', 'edition'],
      ['weights that are all zero', 'weights: { score: 3, rarity: 2, demand: 1 }', 'weights: {}', 'weights'],
      ['a royalty above a tenth', 'bps: 750', 'bps: 1001', 'royalty.bps'],
      ['a price finer than 1e12 wei', 'price: 0.02', 'price: "0.0000001"', 'phases[1].price'],
      ['a price that rises', 'from: "0.05"', 'from: "0.01"', 'phases[2].price'],
      ['a falling price in a voucher phase', 'price: 0.02', 'price: {from: 2, to: 1}', 'phases[1].price'],
      ['a phase that ends before it starts', 'end: +90m', 'end: +10m', 'phases[1].end'],
      [
        'a signer of a public phase',
        'end: +1d',
        'end: +1d\n    signer: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"',
        'phases[2].signer',
      ],
      [
        'a wallet listed twice',
        '"0x70997970C51812dc3A010C7d01b50e0d17dc79C8" }',
        '"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" }',
        'phases[0].allowlist',
      ],
      ['files larger than one IPFS block', 'maxBytes: 1000000', 'maxBytes: 1048577', 'qa.maxBytes'],
      ['a time that is neither', 'start: 60', 'start: tomorrow', 'phases[0].start'],
      ['a snapshot that nobody can read', 'demand: null', 'demand: demand.json', 'demand'],
    ]
    for (const [what, line, replacement, path] of refusals) {
      it(`refuses ${what}`, () => {
        expect(problemsIn(withLine(line, replacement)).map((problem) => problem.path)).to.deep.equal([path])
      })
    }

    it('refuses a key given twice, and text that is not YAML', () => {
      expect(problemsIn('name: A\nname: B\n')[0]).to.include({ line: 2, came: 'not YAML' })
      expect(problemsIn('name: [A\n')[0]).to.include({ came: 'not YAML' })
    })

    it('puts the digest of the demand snapshot in place of its path', () => {
      const snapshot = { ...neutralSnapshot(), drops: [1] }
      const policy = parsePolicy(withLine('demand: null', 'demand: demand-1.json'), 'oasis.yaml', (path) => {
        expect(path).to.equal('demand-1.json')
        return snapshotJson(snapshot)
      })
      expect(policy.demand).to.equal(snapshotDigest(snapshot))
    })

    it('throws DEMAND_INVALID when the snapshot is something else', () => {
      const text = withLine('demand: null', 'demand: demand-1.json')
      expect(() => parsePolicy(text, 'oasis.yaml', () => canonicalJson({ format: 'other' }))).to.throw(DemandInvalid)
    })
  })

  describe('policyDigest', () => {
    it('does not change when the file is only laid out differently', () => {
      const respaced = POLICY_YAML.replaceAll('{ ', '{').replaceAll(', ', ',   ').replace('end: +1h', 'end: 3600')
      expect(policyDigest(parsePolicy(respaced, 'other.yaml'))).to.equal(policyDigest(makePolicy()))
    })

    it('is what it was before a policy could say how many places must hold the directory', () => {
      expect(policyDigest(makePolicy())).to.equal('0x3e00960f3c54eeed7e0adfc86788ff25a1f14e5f521eb1a38002e01f5cbab889')
      const text = withLine('challengeWindowSeconds: 600 }', 'challengeWindowSeconds: 600, pins: 2 }')
      const wanting = parsePolicy(text, 'pins.yaml')
      expect(wanting.schedule.pins).to.equal(2)
      expect(policyDigest(wanting)).to.not.equal(policyDigest(makePolicy()))
      expect(readPolicy(policyJson(wanting), 'policy.json')).to.deep.equal(wanting)
    })

    it('changes with every rule', () => {
      const policy = makePolicy()
      const changes: readonly Partial<Policy>[] = [
        { edition: 6 },
        { weights: { score: 3, rarity: 2, demand: 2 } },
        { qa: { ...policy.qa, minDistance: 31 } },
        { phases: policy.phases.slice(1) },
      ]
      for (const change of changes) expect(policyDigest({ ...policy, ...change })).to.not.equal(policyDigest(policy))
    })
  })

  describe('readPolicy', () => {
    it('reads policy.json back', () => {
      const policy = makePolicy()
      expect(readPolicy(policyJson(policy), 'policy.json')).to.deep.equal(policy)
    })

    it('throws POLICY_INVALID for the form in which operators write', () => {
      expect(() => readPolicy(canonicalJson({ name: 'A' }), 'policy.json')).to.throw(PolicyInvalid)
    })
  })
})
