import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { MersenneTwister } from '../gan/index.ts'
import { digestOfJson } from '../minter/domain/canonical-json.ts'
import { type DemandSnapshot, type DropSales, neutralSnapshot, updateSnapshot } from '../minter/domain/demand.ts'
import { type Hex, sha256 } from '../minter/domain/digest.ts'
import { NO_ATTENTION } from '../minter/domain/engagement.ts'
import { guardrailsFor, parseGuardrails } from '../minter/domain/guardrails.ts'
import { parsePolicy, type Policy } from '../minter/domain/policy.ts'
import { proposeChanges } from '../minter/domain/proposal.ts'
import { type MeasuredCandidate, select } from '../minter/domain/selection.ts'
import type { Traits } from '../minter/domain/traits.ts'
import { salesChart } from './audience-chart.ts'
import { type Audience, hiddenTaste, holdSale, settleTaste } from './audience-model.ts'
import { POOL_SEEDS, type PooledCandidate, readPool } from './audience-pool.ts'

// Whether the demand loop sells more than uniform choice to an audience with a taste that it is not told. Candidates are what
// the shipped model makes of 4,000 seeds, rendered by the canonical engine; selection, demand and proposals are the domain's
// own code. Every way of choosing meets the same visitors and the same candidates, drop by drop.
// Run: node bench/audience.ts [trials]

const DROPS = 10
const CANDIDATES = 200
const EDITION = 20
const TRIALS = Number(process.argv[2] ?? 400)
const ROOT = resolve(import.meta.dirname, '..')

const POLICY = `
name: Audience
collection: { name: Audience, symbol: AUD }
model: looms-64
candidates: ${CANDIDATES}
edition: ${EDITION}
weights: { score: 1, rarity: 1, demand: 0 }
phases: [{ kind: public, start: +0s, end: +1d, price: '0.01' }]
`

const ARMS = ['uniform', 'fixed', 'sales', 'loop'] as const
/**
 * uniform: any twenty sound candidates. fixed: the first policy for ever. sales: the loop without what pages report. loop: after
 * each drop the snapshot learns, and the policy is what `propose` makes of it.
 */
type Arm = (typeof ARMS)[number]

const { bundleDigest, scaleOf, candidates: pool } = await readPool()

/** What an arm knows after so many drops. */
interface Knowledge {
  readonly policy: Policy
  readonly snapshot: DemandSnapshot
}

function selectEdition({ policy, snapshot }: Knowledge, candidates: readonly MeasuredCandidate[]): readonly Picked[] {
  const { ranked, edition } = select({
    policy,
    candidates,
    snapshot,
    earlier: [],
    vetoes: [],
    licenceOk: true,
    scaleOf,
  })
  return ranked.slice(0, edition)
}

interface Picked {
  readonly traits: Traits
}

/** The policy with the numbers of a proposal in it, as a person would have approved it. */
function nextPolicy(policy: Policy, snapshot: DemandSnapshot): Policy {
  const guardrails = guardrailsFor(policy, parseGuardrails('{}', 'guardrails'))
  const changes = proposeChanges(policy, snapshot, guardrails, 'next.demand.json')
  const weights = changes.flatMap(({ path: [key, metric], to }) => (key === 'weights' ? [[metric, to]] : []))
  return { ...policy, weights: { ...policy.weights, ...Object.fromEntries(weights) } }
}

function learn(arm: Arm, { policy, snapshot }: Knowledge, sales: DropSales): Knowledge {
  if (arm === 'uniform' || arm === 'fixed') return { policy, snapshot }
  const heard =
    arm === 'loop' ? sales : { ...sales, pieces: sales.pieces.map((piece) => ({ ...piece, attention: NO_ATTENTION })) }
  const learned = updateSnapshot(snapshot, heard)
  return { policy: nextPolicy(policy, learned), snapshot: learned }
}

function shuffled<T>(items: readonly T[], random: MersenneTwister): readonly T[] {
  const order = items.map((_, i) => i)
  random.shuffle(order)
  return order.flatMap((i) => items.slice(i, i + 1))
}

function measured({ logitBits, flat, traits, seed }: PooledCandidate): MeasuredCandidate {
  const pixelDigest = sha256(Uint8Array.of(seed & 255, seed >> 8))
  return { index: seed, pixelDigest, logitBits, flat, traits, features: new Int8Array() }
}

/** Pieces sold in each drop, by arm. */
type Trial = Readonly<Record<Arm, readonly number[]>>

function runTrial(seed: number, hasTaste: boolean): Trial {
  const order = shuffled(pool, new MersenneTwister(Uint32Array.of(seed, 1)))
  const arms = ARMS.map((arm, number) => {
    // To a public without taste all choices would sell the same to the piece, if each met the same visitors.
    const audience = hiddenTaste(hasTaste ? seed : seed + TRIALS * number, hasTaste)
    settleTaste(audience, pool)
    return [arm, runArm(arm, audience, order)] as const
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each arm
  return Object.fromEntries(arms) as Record<Arm, readonly number[]>
}

function runArm(arm: Arm, audience: Audience, order: readonly PooledCandidate[]): readonly number[] {
  let known: Knowledge = { policy: parsePolicy(POLICY, 'audience.yaml'), snapshot: neutralSnapshot() }
  return Array.from({ length: DROPS }, (_, drop) => {
    // No candidate comes twice, as no seed does.
    const candidates = order.slice(drop * CANDIDATES, (drop + 1) * CANDIDATES).map(measured)
    // They are in random order already, so that the first sound ones are a uniform choice.
    const edition =
      arm === 'uniform' ? candidates.filter(({ flat }) => !flat).slice(0, EDITION) : selectEdition(known, candidates)
    const sales = holdSale(audience, drop + 1, edition)
    known = learn(arm, known, sales)
    return sales.pieces.filter(({ sale }) => sale !== null).length
  })
}

interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
  /** Trials in which the first sold more, and those in which the second did. */
  readonly ahead: number
  readonly behind: number
}

/** Mean of paired differences with its 95 % interval: the trials are hundreds, so that their mean is normal. */
function paired(trials: readonly Trial[], one: Arm, other: Arm, sold: (drops: readonly number[]) => number): Interval {
  const differences = trials.map((trial) => sold(trial[one]) - sold(trial[other]))
  const mean = average(differences)
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (differences.length - 1)
  const half = 1.96 * Math.sqrt(variance / differences.length)
  return {
    mean: rounded(mean),
    low: rounded(mean - half),
    high: rounded(mean + half),
    ahead: differences.filter((d) => d > 0).length,
    behind: differences.filter((d) => d < 0).length,
  }
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

function rounded(number: number): number {
  return Number(number.toFixed(3))
}

function total(drops: readonly number[]): number {
  return drops.reduce((sum, pieces) => sum + pieces, 0)
}

function last(drops: readonly number[]): number {
  return drops.at(-1) ?? 0
}

function soldByDrop(trials: readonly Trial[]): Readonly<Record<Arm, readonly number[]>> {
  const means = ARMS.map((arm) => {
    return [
      arm,
      Array.from({ length: DROPS }, (_, drop) => rounded(average(trials.map((trial) => trial[arm][drop] ?? 0)))),
    ]
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each arm
  return Object.fromEntries(means) as Record<Arm, readonly number[]>
}

function trialsOf(hasTaste: boolean, count: number): readonly Trial[] {
  return Array.from({ length: count }, (_, seed) => {
    process.stderr.write(`\r${hasTaste ? 'taste' : 'no taste'}: trial ${seed + 1} of ${count}`)
    return runTrial(seed, hasTaste)
  })
}

const tasteful = trialsOf(true, TRIALS)
const indifferent = trialsOf(false, TRIALS)
process.stderr.write('\n')
const poolDigest: Hex = digestOfJson(pool)
const sold = soldByDrop(tasteful)
const result = {
  question: 'does the demand loop sell more than uniform choice, to an audience whose taste it is not told',
  model: { name: 'looms-64', bundleDigest },
  pool: { seeds: POOL_SEEDS, digest: poolDigest },
  drops: DROPS,
  candidates: CANDIDATES,
  edition: EDITION,
  trials: TRIALS,
  soldByDrop: sold,
  moreSoldInTenDrops: {
    loopOverUniform: paired(tasteful, 'loop', 'uniform', total),
    loopOverFixed: paired(tasteful, 'loop', 'fixed', total),
    loopOverSalesAlone: paired(tasteful, 'loop', 'sales', total),
    fixedOverUniform: paired(tasteful, 'fixed', 'uniform', total),
  },
  moreSoldInTheTenthDrop: { loopOverUniform: paired(tasteful, 'loop', 'uniform', last) },
  withoutAnyTaste: {
    note: 'traits mean nothing to this audience, which is another one for each choice: there is nothing to learn, and the interval holds 0',
    loopOverUniform: paired(indifferent, 'loop', 'uniform', total),
  },
}
writeFileSync(resolve(ROOT, 'bench/results/audience.json'), `${JSON.stringify(result, null, 2)}\n`)
writeFileSync(resolve(ROOT, 'docs/images/audience.svg'), salesChart(sold, EDITION))
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
