import { z } from 'zod'
import { isPrice, weiFromEther } from './amounts.ts'
import { digestOfJson } from './canonical-json.ts'
import { DemandInvalid, readSnapshot as readDemandSnapshot } from './demand.ts'
import type { Hex } from './digest.ts'
import { PHASE_KINDS } from './phase-terms.ts'
import type { Phase, PhaseTime, Policy } from './policy.ts'
import {
  hex,
  integer,
  line,
  list,
  mapping,
  MAX_ARTIFACT_BYTES,
  MAX_PHASES,
  MAX_ROYALTY_BPS,
  pins,
  seconds,
  sharedFields,
} from './policy-schema.ts'

/** Returns the bytes of a demand snapshot by the path in the policy; throws when there is no such file. */
export type SnapshotReader = (path: string) => Uint8Array

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

const timeError =
  'seconds after the announcement (90, "+90s", "+15m", "+2h", "+1d") or a moment ("2026-12-01T20:00:00Z")'
/** When a phase starts or ends. */
const time = z.union([seconds, z.string()], { error: timeError }).transform((value, context): PhaseTime => {
  const parsed = typeof value === 'number' ? { from: 'announcement' as const, seconds: value } : timeOf(value)
  if (parsed !== null) return parsed
  context.issues.push({ code: 'custom', message: timeError, input: value })
  return z.NEVER
})

const priceError = 'ether as a decimal in quotes ("0.02"), at most 6 places, below 4294'
/** An amount in ether, as wei. A number is taken as it prints, so that 0.02 without quotes means what it says. */
const ether = z.union([z.string(), z.number()], { error: priceError }).transform((value, context): string => {
  const wei = weiFromEther(String(value))
  if (wei !== null && isPrice(wei)) return wei.toString()
  context.issues.push({ code: 'custom', message: priceError, input: value })
  return z.NEVER
})

/** One price, or one that falls linearly from the phase's start to its end. */
const price = z
  .union([mapping({ from: ether, to: ether }), ether], { error: `${priceError}, or a mapping with the keys from, to` })
  .transform((value) =>
    typeof value === 'string' ? { startWei: value, endWei: value } : { startWei: value.from, endWei: value.to },
  )

/** A window of the sale. Allowlist phases list their wallets; an entry without limit gets 1, without price the phase's. */
const phase = mapping({
  name: line(1, 80).optional(),
  kind: z.enum(PHASE_KINDS, { error: `one of ${PHASE_KINDS.join(', ')}` }),
  start: time,
  end: time,
  limit: integer(0, 0xffff).default(0),
  price,
  allowlist: z
    .array(mapping({ wallet: hex(20), limit: integer(1, 0xffff).default(1), price: ether.optional() }), {
      error: 'a list',
    })
    .default([]),
  signer: hex(20).nullable().default(null),
})
  .superRefine((value, context) => {
    for (const { path, wanted } of phaseFaults(value))
      context.addIssue({ code: 'custom', path: [path], message: wanted })
  })
  .transform(({ name, allowlist, ...rest }): Phase => {
    const entries = allowlist.map((entry) => ({
      wallet: entry.wallet,
      limit: entry.limit,
      priceWei: entry.price ?? rest.price.endWei,
    }))
    return { ...rest, name: name ?? rest.kind, allowlist: entries }
  })

const address = line(1, 2000).nullable().default(null)

const uint16 = integer(0, 0xffff).default(0)
const metrics = mapping({ score: uint16, rarity: uint16, demand: uint16 })

const fields = {
  ...sharedFields,
  story: sharedFields.story.default(''),
  collection: mapping({
    name: line(1, 80),
    symbol: line(1, 11),
    description: line(0, 10_000).default(''),
    image: address,
    externalLink: address,
  }),
  candidates: integer(1, 0xffff).default(1000),
  thresholds: metrics.prefault({}),
  weights: metrics.refine(({ score, rarity, demand }) => score + rarity + demand > 0, {
    error: 'at least one weight above 0',
  }),
  qa: mapping({
    minDistance: integer(0, 0x7fffffff).default(0),
    minDistanceEarlier: integer(0, 0x7fffffff).default(0),
    maxBytes: integer(1, MAX_ARTIFACT_BYTES).default(MAX_ARTIFACT_BYTES),
    licences: list(line(1, 200), 1, 50).default(['CC0-1.0']),
  }).prefault({}),
  royalty: mapping({ bps: integer(0, MAX_ROYALTY_BPS).default(500) }).prefault({}),
  phases: list(phase, 1, MAX_PHASES),
  schedule: mapping({
    seedDelayBlocks: integer(1, 0xffffffff).default(2),
    challengeWindowSeconds: integer(0, 0xffffffff).default(86_400),
    pins: pins.exactOptional(),
  }).prefault({}),
}

/**
 * A policy file as an operator writes it; parsing gives the hashed form.
 *
 * Numbers for thresholds and weights are 0 to 65535 (a score of 32768 is the median of the model's calibration set, of the
 * candidate's own class where the model has a scale for each; a rarity unit is 1/2048 bit, a demand of 32768 is neutral).
 */
export function policyFileSchema(readSnapshot: SnapshotReader | undefined): z.ZodType<Policy> {
  const demandError = 'the path of a demand snapshot (JSON, latentmint-demand-1 or -2), its digest, or null'
  const demand = z
    .string({ error: demandError })
    .nullable()
    .default(null)
    .transform((value, context): Hex | null => {
      const digest = value === null ? null : snapshotDigest(value, readSnapshot)
      if (digest !== undefined) return digest
      context.issues.push({ code: 'custom', message: demandError, input: value })
      return z.NEVER
    })
  return mapping({ ...fields, demand })
    .superRefine(({ edition, candidates }, context) => {
      const message = `at most the number of candidates, ${candidates}`
      if (edition > candidates) context.addIssue({ code: 'custom', path: ['edition'], message })
    })
    .transform((value): Policy => ({ format: 'latentmint-policy-1', ...value }))
}

function snapshotDigest(value: string, readSnapshot: SnapshotReader | undefined): Hex | undefined {
  const digest = hex(32).safeParse(value)
  if (digest.success) return digest.data
  if (readSnapshot === undefined) return undefined
  try {
    return digestOfJson(readDemandSnapshot(readSnapshot(value)))
  } catch (error) {
    // Whatever is wrong inside the snapshot is a problem of the snapshot, not of this line of the policy.
    if (error instanceof DemandInvalid) throw error
    return undefined
  }
}

function timeOf(text: string): PhaseTime | null {
  const [, amount, unit] = /^\+?(\d{1,9})([smhd])$/.exec(text) ?? []
  if (amount !== undefined && unit !== undefined) {
    return { from: 'announcement', seconds: Number(amount) * (UNIT_SECONDS[unit] ?? 1) }
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?Z$/.test(text)) return null
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) ? null : { from: 'epoch', seconds: milliseconds / 1000 }
}

interface PhaseDraft {
  readonly kind: Phase['kind']
  readonly start: PhaseTime
  readonly end: PhaseTime
  readonly price: Phase['price']
  readonly allowlist: readonly { readonly wallet: string }[]
  readonly signer: string | null
}

/** What fits each field but not its neighbours. */
function phaseFaults(draft: PhaseDraft): readonly { readonly path: string; readonly wanted: string }[] {
  const { kind, start, end, price: prices, allowlist, signer } = draft
  const falls = prices.startWei !== prices.endWei
  const faults = [
    { path: 'end', wanted: 'a time after start', bad: start.from === end.from && end.seconds <= start.seconds },
    { path: 'price', wanted: 'a price that does not rise', bad: BigInt(prices.startWei) < BigInt(prices.endWei) },
    {
      path: 'price',
      wanted: 'one price, since only public phases have a falling one',
      bad: kind !== 'public' && falls,
    },
    { path: 'allowlist', wanted: 'a list of wallets', bad: kind === 'allowlist' && allowlist.length === 0 },
    { path: 'allowlist', wanted: `nothing in a ${kind} phase`, bad: kind !== 'allowlist' && allowlist.length > 0 },
    {
      path: 'allowlist',
      wanted: 'each wallet once',
      bad: new Set(allowlist.map(({ wallet }) => wallet)).size !== allowlist.length,
    },
    { path: 'signer', wanted: `nothing in a ${kind} phase`, bad: kind !== 'voucher' && signer !== null },
  ]
  return faults.filter(({ bad }) => bad)
}
