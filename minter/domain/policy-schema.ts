import { z } from 'zod'
import { isPrice } from './amounts.ts'
import type { Hex } from './digest.ts'
import { PHASE_KINDS } from './phase-terms.ts'
import type { Policy } from './policy.ts'

/** The largest file that is one block under the profile unixfs-v1-2025. */
export const MAX_ARTIFACT_BYTES = 1 << 20
/** The contract takes no royalty above a tenth. */
export const MAX_ROYALTY_BPS = 1000
/** The contract takes no more phases. */
export const MAX_PHASES = 8

/** An integer within bounds; the message is what is wanted, see policy-problem.ts. */
export function integer(least: number, most: number): z.ZodNumber {
  const error = `an integer from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** A mapping that takes these keys and no others. */
export function mapping<Shape extends z.core.$ZodShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? keys : `a mapping with the keys ${keys}`),
  })
}

/** Text of a length. */
export function line(least: number, most: number): z.ZodString {
  const error = least === 0 ? `text of at most ${most} characters` : `text of ${least} to ${most} characters`
  return z.string({ error }).min(least, { error }).max(most, { error })
}

/** A list of a length. */
export function list<Item extends z.ZodType>(item: Item, least: number, most: number): z.ZodArray<Item> {
  const error = `a list of ${least} to ${most}`
  return z.array(item, { error }).min(least, { error }).max(most, { error })
}

/** '0x' and a number of bytes in lower-case hex. */
export function hex(bytes: number): z.ZodType<Hex, string> {
  const error = `'0x' and ${2 * bytes} hex digits`
  return z
    .string({ error })
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`), { error })
    .transform((text): Hex => `0x${text.slice(2).toLowerCase()}`)
}

const uint16 = integer(0, 0xffff)

/** Three numbers that the chain keeps in 16 bits each. */
const metricsSchema = mapping({ score: uint16, rarity: uint16, demand: uint16 })

/** The fields that a policy file and policy.json write in the same way. */
export const sharedFields = {
  name: line(1, 80),
  story: line(0, 10_000),
  model: line(1, 500),
  edition: integer(1, 0xffff),
}

/** Places that keep copies; a policy without the key has the digest that it had before there was one. */
export const pins = integer(1, 16)

/** Seconds that fit the chain's 40 bits, with room for an offset. */
export const seconds = integer(0, 0xffffffff)

const weiError = 'wei as a decimal string, a multiple of 1000000000000'
const wei = z
  .string({ error: weiError })
  .regex(/^(?:0|[1-9]\d{0,30})$/, { error: weiError })
  .refine((text) => isPrice(BigInt(text)), { error: weiError })

const phaseTimeSchema = mapping({
  from: z.enum(['announcement', 'epoch'], { error: 'announcement or epoch' }),
  seconds,
})

const phaseSchema = mapping({
  name: line(1, 80),
  kind: z.enum(PHASE_KINDS, { error: `one of ${PHASE_KINDS.join(', ')}` }),
  start: phaseTimeSchema,
  end: phaseTimeSchema,
  limit: uint16,
  price: mapping({ startWei: wei, endWei: wei }),
  allowlist: z.array(mapping({ wallet: hex(20), limit: integer(1, 0xffff), priceWei: wei }), { error: 'a list' }),
  signer: hex(20).nullable(),
})

const text = line(0, 2000).nullable()

/** policy.json, as it is hashed. */
export const policySchema: z.ZodType<Policy> = mapping({
  format: z.literal('latentmint-policy-1', { error: 'latentmint-policy-1' }),
  ...sharedFields,
  collection: mapping({
    name: line(1, 80),
    symbol: line(1, 11),
    description: line(0, 10_000),
    image: text,
    externalLink: text,
  }),
  candidates: integer(1, 0xffff),
  thresholds: metricsSchema,
  weights: metricsSchema,
  qa: mapping({
    minDistance: integer(0, 0x7fffffff),
    minDistanceEarlier: integer(0, 0x7fffffff),
    maxBytes: integer(1, MAX_ARTIFACT_BYTES),
    licences: list(line(1, 200), 1, 50),
  }),
  royalty: mapping({ bps: integer(0, MAX_ROYALTY_BPS) }),
  phases: list(phaseSchema, 1, MAX_PHASES),
  schedule: mapping({
    seedDelayBlocks: integer(1, 0xffffffff),
    challengeWindowSeconds: integer(0, 0xffffffff),
    pins: pins.exactOptional(),
  }),
  demand: hex(32).nullable(),
})
