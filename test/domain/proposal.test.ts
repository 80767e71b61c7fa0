import { expect } from 'chai'
import * as fc from 'fast-check'
import { type DemandSnapshot, type DropFacts, neutralSnapshot, snapshotDigest } from '../../minter/domain/demand.ts'
import { NO_ATTENTION } from '../../minter/domain/engagement.ts'
import {
  beyondGuardrails,
  type GuardrailsFile,
  guardrailsFor,
  GuardrailsImpossible,
  parseGuardrails,
} from '../../minter/domain/guardrails.ts'
import { parsePolicy } from '../../minter/domain/policy.ts'
import { editPolicy } from '../../minter/domain/policy-edit.ts'
import { type Change, proposeChanges } from '../../minter/domain/proposal.ts'
import { makePolicy, POLICY_YAML } from './policy-fixture.ts'

const SOLD_EARLY = { drop: 3, offered: 5, sold: 5, collectors: 4, seconds: 1000, medianSeconds: 100 }
const LOOSE = parseGuardrails(
  'edition: 9\nfloors: { score: 10000, rarity: 0 }\nspending: { cap: "1", perThousandCandidates: "10" }',
  'guardrails.yaml',
)

function after(facts: Partial<DropFacts>): DemandSnapshot {
  return { format: 'latentmint-demand-2', drops: [{ ...SOLD_EARLY, attention: NO_ATTENTION, ...facts }], traits: {} }
}

function propose(snapshot: DemandSnapshot, file: GuardrailsFile = LOOSE, policy = makePolicy()): readonly Change[] {
  return proposeChanges(policy, snapshot, guardrailsFor(policy, file), 'next.demand.json')
}

function changed(changes: readonly Change[], path: string): string | number | undefined {
  return changes.find((one) => one.path.join('.') === path)?.to
}

function demandWeight(offered: number): string | number | undefined {
  return changed(propose(after({ offered, sold: offered })), 'weights.demand')
}

function change(path: Change['path'], to: string | number): Change {
  return { path, from: null, to, because: '' }
}

describe('minter/domain/proposal', () => {
  describe('proposeChanges', () => {
    it('changes nothing while nothing was learned', () => {
      expect(propose(neutralSnapshot())).to.deep.equal([])
    })

    it('offers a fifth more after a drop that sold out early, up to the cap', () => {
      expect(changed(propose(after({})), 'edition')).to.equal(6)
      expect(changed(propose(after({}), { ...LOOSE, edition: 5 }), 'edition')).to.equal(undefined)
    })

    it('offers no more when all sold, but late', () => {
      expect(changed(propose(after({ medianSeconds: 251 })), 'edition')).to.equal(undefined)
    })

    it('offers a fifth fewer when less than half sold', () => {
      expect(changed(propose(after({ sold: 2, medianSeconds: 5 })), 'edition')).to.equal(4)
    })

    it('lowers the bar by a twentieth where places stayed empty, and not below the floors', () => {
      const short = after({ offered: 3, sold: 3 })
      expect(changed(propose(short), 'thresholds.score')).to.equal(15_564)
      expect(changed(propose(short, { ...LOOSE, floors: { score: 16_000 } }), 'thresholds.score')).to.equal(16_000)
    })

    it('asks for a quarter more candidates once the bar is at its floors, as far as the cap pays', () => {
      const short = after({ offered: 3, sold: 3 })
      const floors = { score: 16_384, rarity: 2048 }
      expect(changed(propose(short, { ...LOOSE, floors }), 'candidates')).to.equal(50)
      const spending = { cap: 45n, perDrop: 0n, perThousandCandidates: 1000n }
      expect(changed(propose(short, { ...LOOSE, floors, spending }), 'candidates')).to.equal(45)
    })

    it('asks for fewer candidates when the cap does not pay for as many', () => {
      const spending = { cap: 30n, perDrop: 10n, perThousandCandidates: 1000n }
      expect(changed(propose(after({ medianSeconds: 900 }), { ...LOOSE, spending }), 'candidates')).to.equal(20)
    })

    it('throws GUARDRAILS_IMPOSSIBLE when the cap pays for nothing', () => {
      const spending = { cap: 1n, perDrop: 2n, perThousandCandidates: 0n }
      expect(() => propose(after({}), { ...LOOSE, spending })).to.throw(GuardrailsImpossible)
    })

    it('gives demand more of the weights the more pieces were offered, half of its share at a hundred', () => {
      expect([5, 100, 10_000].map(demandWeight)).to.deep.equal([2, 33, 98])
    })

    it('names the snapshot, unless the policy names it already', () => {
      const snapshot = after({})
      expect(changed(propose(snapshot), 'demand')).to.equal('next.demand.json')
      const named = makePolicy({ demand: snapshotDigest(snapshot) })
      expect(changed(propose(snapshot, LOOSE, named), 'demand')).to.equal(undefined)
    })

    it('loosens nothing that no guardrail speaks of', () => {
      const nothingSaid = parseGuardrails('{}', 'guardrails.yaml')
      for (const facts of [{}, { offered: 1, sold: 1 }]) {
        const paths = propose(after(facts), nothingSaid).map(({ path }) => path.join('.'))
        expect(paths.filter((path) => !path.startsWith('weights') && path !== 'demand')).to.deep.equal([])
      }
    })

    it('keeps within the guardrails, whatever was learned and wherever the policy stood', () => {
      const uint16 = fc.integer({ min: 0, max: 0xffff })
      const facts = fc.record({
        offered: uint16,
        sold: uint16,
        seconds: fc.nat(100_000),
        medianSeconds: fc.option(fc.nat(100_000)),
      })
      const metrics = fc.record({ score: uint16, rarity: uint16, demand: uint16 })
      const file = fc.record({
        edition: fc.integer({ min: 1, max: 100 }),
        floors: metrics,
        demandShare: fc.integer({ min: 0, max: 90 }),
        spending: fc.record({
          cap: fc.bigInt(1n, 100n),
          perDrop: fc.constant(0n),
          perThousandCandidates: fc.bigInt(0n, 1000n),
        }),
      })
      fc.assert(
        fc.property(facts, file, metrics, metrics, (learned, guardrails, thresholds, weights) => {
          fc.pre(weights.score + weights.rarity > 0)
          const policy = makePolicy({ thresholds, weights })
          const changes = propose(after(learned), guardrails, policy)
          const text = editPolicy(yamlOf(thresholds, weights), changes)
          const next = parsePolicy(text, 'next.yaml', () => new TextEncoder().encode(JSON.stringify(after(learned))))
          expect(beyondGuardrails(next, guardrailsFor(policy, guardrails))).to.deep.equal([])
        }),
      )
    })
  })
})

function yamlOf(thresholds: object, weights: object): string {
  return POLICY_YAML.replace(/^thresholds: .*$/mu, `thresholds: ${JSON.stringify(thresholds)}`).replace(
    /^weights: .*$/mu,
    `weights: ${JSON.stringify(weights)}`,
  )
}

describe('minter/domain/guardrails parseGuardrails', () => {
  it('throws POLICY_INVALID for an unknown key, with the one that was meant', () => {
    expect(() => parseGuardrails('editon: 5', 'guardrails.yaml')).to.throw(
      /guardrails\.yaml.*\n.*line 1.*did you mean edition/u,
    )
  })

  it('throws POLICY_INVALID for an amount that is none', () => {
    expect(() => parseGuardrails('spending: { cap: "-1" }', 'g.yaml')).to.throw(/ether as a decimal/u)
  })
})

describe('minter/domain/policy-edit editPolicy', () => {
  it('changes the value alone, and keeps the comment behind it', () => {
    expect(editPolicy('a: 1\nedition: 48 # at most\nb: 2\n', [change(['edition'], 38)])).to.equal(
      'a: 1\nedition: 38 # at most\nb: 2\n',
    )
  })

  it('adds a key at the end when the file leaves it to its default', () => {
    expect(editPolicy('a: 1', [change(['demand'], 'next.demand.json')])).to.equal('a: 1\ndemand: next.demand.json\n')
  })

  it('adds a key to a mapping that leaves it to its default', () => {
    const text = editPolicy('# why\nthresholds: { score: 1 }\n', [change(['thresholds', 'demand'], 5)])
    expect(text).to.equal('# why\nthresholds: { score: 1, demand: 5 }\n')
  })

  it('quotes a text that would read as something else', () => {
    expect(editPolicy('demand: null\n', [change(['demand'], '0x10')])).to.equal('demand: "0x10"\n')
  })
})
