import { z } from 'zod'
import { weiFromEther } from './amounts.ts'
import { DomainError } from './errors.ts'
import type { Policy } from './policy.ts'
import { PolicyInvalid, problemsOf } from './policy-problem.ts'
import { integer, mapping } from './policy-schema.ts'
import { readYaml } from './policy-yaml.ts'
import { METRICS, type Metrics } from './ranking.ts'

/** How far a proposal may go. */
export interface Guardrails {
  /** Pieces for sale at most. */
  readonly editionCap: number
  /** Below these no threshold is lowered. */
  readonly floors: Metrics
  /** Per cent of all weights that demand may have at most. */
  readonly demandShare: number
  readonly spending: Spending
}

/** What a drop may cost its operator; the unit costs are the operator's own. */
export interface Spending {
  readonly capWei: bigint
  /** What a drop costs however many candidates it has: transactions, bond, pins. */
  readonly perDropWei: bigint
  /** What rendering and storing a thousand candidates costs. */
  readonly perThousandWei: bigint
}

/** No proposal can keep within the guardrails. */
export class GuardrailsImpossible extends DomainError {
  readonly code = 'GUARDRAILS_IMPOSSIBLE'
}

const etherError = 'ether as a decimal in quotes ("0.5"), at most 6 places, below 4294'
const ether = z.union([z.string(), z.number()], { error: etherError }).transform((value, context): bigint => {
  const wei = weiFromEther(String(value))
  if (wei !== null) return wei
  context.issues.push({ code: 'custom', message: etherError, input: value })
  return z.NEVER
})

const fileSchema = mapping({
  edition: integer(1, 0xffff).optional(),
  floors: mapping({
    score: integer(0, 0xffff).optional(),
    rarity: integer(0, 0xffff).optional(),
    demand: integer(0, 0xffff).optional(),
  }).prefault({}),
  demandShare: integer(0, 90).default(50),
  spending: mapping({ cap: ether, perDrop: ether.default(0n), perThousandCandidates: ether.default(0n) }).optional(),
})

/** What a guardrails file says; what it leaves out is as the policy has it, so that nothing loosens unasked. */
export type GuardrailsFile = z.infer<typeof fileSchema>

/**
 * Reads guardrails: `edition`, `floors` (score, rarity, demand), `demandShare` in per cent, `spending` (cap, perDrop and
 * perThousandCandidates in ether).
 *
 * @param source what to call it in messages
 * @throws {PolicyInvalid} with every problem, its place and what is wanted
 */
export function parseGuardrails(text: string, source: string): GuardrailsFile {
  const yaml = readYaml(text)
  if (yaml.problems.length > 0) throw new PolicyInvalid(source, yaml.problems)
  const parsed = fileSchema.safeParse(yaml.value ?? {})
  if (!parsed.success) throw new PolicyInvalid(source, problemsOf(parsed.error, yaml.value, yaml.lineOf))
  return parsed.data
}

/** The guardrails of a policy: what the file leaves out is what the policy does now. */
export function guardrailsFor(policy: Policy, file: GuardrailsFile): Guardrails {
  const { score, rarity, demand } = policy.thresholds
  const { floors, spending } = file
  return {
    editionCap: file.edition ?? policy.edition,
    floors: { score: floors.score ?? score, rarity: floors.rarity ?? rarity, demand: floors.demand ?? demand },
    demandShare: file.demandShare,
    spending:
      spending === undefined
        ? // One wei a candidate, and as many as there are: more is not asked for, and fewer cost less.
          { capWei: BigInt(policy.candidates), perDropWei: 0n, perThousandWei: 1000n }
        : {
            capWei: spending.cap,
            perDropWei: spending.perDrop,
            perThousandWei: spending.perThousandCandidates,
          },
  }
}

/** How many candidates the spending cap pays for, 65535 at most; below 0 when not even a drop without any. */
export function affordableCandidates({ capWei, perDropWei, perThousandWei }: Spending): number {
  const left = capWei - perDropWei
  if (left < 0n) return -1
  if (perThousandWei === 0n) return 0xffff
  const most = (left * 1000n) / perThousandWei
  return most > 0xffffn ? 0xffff : Number(most)
}

/** What of a policy is outside the guardrails; empty when all of it keeps within. */
export function beyondGuardrails(policy: Policy, guardrails: Guardrails): readonly string[] {
  const { editionCap, floors, spending, demandShare } = guardrails
  const { score, rarity, demand } = policy.weights
  const affordable = affordableCandidates(spending)
  return [
    ...(policy.edition > editionCap ? [`edition ${policy.edition}, at most ${editionCap}`] : []),
    ...METRICS.filter((metric) => policy.thresholds[metric] < floors[metric]).map(
      (metric) => `thresholds.${metric} ${policy.thresholds[metric]}, at least ${floors[metric]}`,
    ),
    ...(policy.candidates > affordable ? [`candidates ${policy.candidates}, the cap pays for ${affordable}`] : []),
    ...(demand * 100 > demandShare * (score + rarity + demand) && score + rarity > 0
      ? [`weights.demand ${demand}, at most ${demandShare} % of all weights`]
      : []),
  ]
}
