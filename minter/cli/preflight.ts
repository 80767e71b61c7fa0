import { formatEther } from 'ethers'
import type { Hex } from '../domain/digest.ts'
import { MinterError, ModelMismatch } from '../errors.ts'
import { askNode } from '../json-rpc.ts'
import { BOND_WEI } from '../pipeline/announce-step.ts'
import type { Announced, Registered } from '../pipeline/tools.ts'
import type { PinPlace } from '../ports.ts'
import { EXIT, explainFailure } from './exit.ts'
import { readModel } from './model-files.ts'
import type { PolicyFile } from './runs.ts'
import type { Session } from './session.ts'
import type { Studio } from './studio.ts'

/** What a drop sends from registering to closing, each with room to spare; see docs/gas.md. */
const GAS_OF_A_DROP = 4_000_000n
/** For a base fee that rises meanwhile. */
const FEE_MARGIN = 2n
/** Seconds that a block may be older than this machine's clock says; blocks of quiet chains come late. */
const MOST_BEHIND_SECONDS = 600
/** Seconds that a block may be ahead of this machine's clock. */
const MOST_AHEAD_SECONDS = 15
/** A drop that nobody watches wants two places, unless its policy says otherwise. */
const PLACES_UNWATCHED = 2

/** One thing that was looked at. */
export interface PreflightCheck {
  readonly name: string
  readonly state: 'ok' | 'bad'
  readonly detail: string
  readonly remedy: string | null
}

/** What was true when the drop was scheduled, and must be true still. */
export interface PreflightTerms {
  readonly signal: AbortSignal
  readonly now: () => number
  /** As text; undefined when it was never written down. */
  readonly chainId?: string
  readonly bundleDigest?: Hex
}

class PreflightFailed extends MinterError {
  readonly code = 'PREFLIGHT_FAILED'
}

function fail(message: string): never {
  throw new PreflightFailed(message)
}

async function checkChain({ access, house, embedded }: Studio, { chainId }: PreflightTerms): Promise<string> {
  const { number } = await access.head()
  if (chainId !== undefined && chainId !== String(access.chainId)) {
    fail(`this is chain ${access.chainId}, the drop was scheduled for chain ${chainId}; see LATENTMINT_RPC`)
  }
  if (embedded) return `chain ${access.chainId}, our own`
  const { factory } = await house()
  return `chain ${access.chainId}, block ${number}, factory ${factory}`
}

async function checkBalance({ access }: Studio): Promise<string> {
  const balance = await access.balanceWei(access.account)
  const price = BigInt(String(await askNode(access.url, 'eth_gasPrice')))
  const wanted = BOND_WEI + GAS_OF_A_DROP * price * FEE_MARGIN
  const text = `${access.account} has ${formatEther(balance)} ETH, a drop takes up to ${formatEther(wanted)}`
  return balance >= wanted
    ? text
    : fail(`${text}, of which ${formatEther(BOND_WEI)} are the bond; send it what is missing`)
}

async function checkClock({ access, embedded }: Studio, { now }: PreflightTerms): Promise<string> {
  if (embedded) return 'the chain is our own and goes by this machine'
  const ahead = (await access.next()).time - now()
  if (ahead > MOST_AHEAD_SECONDS) fail(`the chain is ${ahead} s ahead: this machine's clock is late; set it by NTP`)
  if (-ahead > MOST_BEHIND_SECONDS)
    fail(`the last block is ${-ahead} s old: the node lags, or this machine's clock is early`)
  return `chain and machine are ${Math.abs(ahead)} s apart`
}

async function checkPlaces({ places }: Studio, { policy }: PolicyFile, { signal }: PreflightTerms): Promise<string> {
  const asked = await Promise.allSettled(places.map((place: PinPlace) => place.probe(signal)))
  const up = places.filter((_, i) => asked[i]?.status === 'fulfilled').map(({ name }) => name)
  const down = asked.flatMap((answer) => (answer.status === 'rejected' ? [explainFailure(answer.reason).what] : []))
  const wanted = policy.schedule.pins ?? PLACES_UNWATCHED
  const text = `${up.join(', ') || 'none'} would take a pin, ${wanted} must`
  if (up.length >= wanted) return [text, ...down].join('; ')
  const hint =
    places.length < wanted ? ['set LATENTMINT_KUBO or LATENTMINT_PINNING, or schedule.pins in the policy'] : []
  return fail([text, ...down, ...hint].join('; '))
}

function checkModel({ policy }: PolicyFile, { bundleDigest }: PreflightTerms): string {
  const model = readModel(policy.model)
  if (bundleDigest !== undefined && model.bundleDigest !== bundleDigest) {
    throw new ModelMismatch(policy.model, bundleDigest, model.bundleDigest)
  }
  const refused = model.licences.filter((licence) => !policy.qa.licences.includes(licence))
  if (refused.length > 0) fail(`the policy does not admit the licence ${refused.join(', ')}: no candidate would pass`)
  return `${policy.model}, ${model.bundleDigest}`
}

/** A collection has one drop at a time. */
async function checkCollection({ runs, chain }: Studio, { policy, digest }: PolicyFile): Promise<string> {
  for (const run of await runs.list()) {
    const { name, symbol } = run.policy.collection
    if (name !== policy.collection.name || symbol !== policy.collection.symbol || run.policyDigest === digest) continue
    const registered = await runs.outputs<Registered>(run.id, 'register')
    const announced = await runs.outputs<Announced>(run.id, 'announce')
    if (registered === null || announced === null) continue
    const { state } = await chain.dropOf(registered.collection, announced.drop)
    if (state !== 'closed' && state !== 'void')
      fail(`drop ${announced.drop} of ${name} is not over (${state}): latentmint drop close --run ${run.id}`)
  }
  return `no other drop of ${policy.collection.name} is under way`
}

/** Looks at everything, whatever the first things say. */
export async function preflight(
  studio: Studio,
  file: PolicyFile,
  terms: PreflightTerms,
): Promise<readonly PreflightCheck[]> {
  const looks: readonly (readonly [string, () => string | Promise<string>])[] = [
    ['policy', () => `${file.policy.name}, ${file.digest}`],
    ['model', () => checkModel(file, terms)],
    ['chain', () => checkChain(studio, terms)],
    ['collection', () => checkCollection(studio, file)],
    ['balance', () => checkBalance(studio)],
    ['clock', () => checkClock(studio, terms)],
    ['places', () => checkPlaces(studio, file, terms)],
  ]
  const checks: PreflightCheck[] = []
  for (const [name, look] of looks) {
    try {
      checks.push({ name, state: 'ok', detail: await look(), remedy: null })
    } catch (error) {
      const { what, remedy, code } = explainFailure(error)
      checks.push({
        name,
        state: 'bad',
        detail: what,
        remedy: code in { PREFLIGHT_FAILED: 0, UNEXPECTED: 0 } ? null : remedy,
      })
    }
  }
  return checks
}

/** What stands in the way, in words. */
export function preflightReasons(checks: readonly PreflightCheck[]): readonly string[] {
  return checks.filter(({ state }) => state === 'bad').map(({ name, detail }) => `${name}: ${detail}`)
}

/** Shows it, and ends with 1 when something stands in the way. */
export function printPreflight(session: Session, checks: readonly PreflightCheck[], json: boolean): void {
  const ready = preflightReasons(checks).length === 0
  if (!ready) session.end(EXIT.failed)
  if (json) return session.print(JSON.stringify({ ready, checks }))
  for (const { name, state, detail, remedy } of checks) {
    session.print(`${state === 'ok' ? 'ok ' : 'BAD'} ${name.padEnd(10)} ${detail}`)
    if (remedy !== null) session.print(`    ${''.padEnd(10)} ${remedy}`)
  }
  session.print(ready ? 'Ready.' : 'Not ready: a scheduled drop would be refused.')
}
