import type { JsonRpcProvider } from 'ethers'
import { MersenneTwister } from '../../gan/index.ts'
import type { Eligibility, MintTransaction } from '../../minter/http/shapes.ts'
import { collectorPhase, collectorWallet, type Opening, openProvider, PURSE } from './opening.ts'

/** How the sale went for everybody together. */
export interface RaceResult {
  readonly minted: number
  /** Collectors who left without a piece, by the reason that the site gave them last. */
  readonly losers: Readonly<Record<string, number>>
  /** What collectors were told on the way, before they paid anything: how often each reason was given. */
  readonly told: Readonly<Record<string, number>>
  /** Mints that the wallet's own trial refused; nothing was sent. */
  readonly refusedByTrial: number
  /** Transactions that were sent, and failed on the chain. */
  readonly reverted: number
  /** Collectors without a piece whose purse is not what it was. */
  readonly losersWhoPaid: number
  /** Connections that broke before an answer came; the visitor asked again. */
  readonly reconnected: number
  /** Answers of the site by status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly requests: number
  readonly medianMs: number
  readonly p99Ms: number
  /** Until the last collector had a piece or knew that there is none. */
  readonly seconds: number
}

interface Tally {
  readonly told: Map<string, number>
  readonly statuses: Map<string, number>
  readonly times: number[]
  reverted: number
  refusedByTrial: number
  reconnected: number
}

interface Site {
  readonly url: string
  readonly drop: number
  readonly provider: JsonRpcProvider
  readonly tally: Tally
  /** How long a collector waits before looking again, on average. */
  readonly patienceMs: number
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

interface Answer {
  readonly ok: boolean
  /** What the address answers, or why it does not; the asker knows which. */
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of the shape that test/http holds the site to
  readonly answer: any
}

/** As browsers do, asks again when a connection that was kept open turns out to be closed; every address here can be asked twice. */
async function persistently(tally: Tally, ask: () => Promise<Response>): Promise<Response> {
  for (let left = 3; ; left--) {
    try {
      return await ask()
    } catch (error) {
      tally.reconnected++
      if (left === 0) throw error
    }
  }
}

/** One visitor's browser: an address of its own, and what the site answers. */
class Visitor {
  private readonly site: Site
  private readonly headers: Readonly<Record<string, string>>

  constructor(site: Site, collector: number) {
    this.site = site
    const address = `10.${(collector >> 16) & 255}.${(collector >> 8) & 255}.${collector & 255}`
    this.headers = { 'content-type': 'application/json', 'x-forwarded-for': address }
  }

  async ask(path: string, body?: object): Promise<Answer> {
    const { url, drop, tally } = this.site
    const start = performance.now()
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await persistently(tally, () => {
      return fetch(`${url}/api/v1/drops/${drop}${path}`, { headers: this.headers, ...request })
    })
    const answer: Answer['answer'] = await response.json()
    tally.times.push(performance.now() - start)
    count(tally.statuses, String(response.status))
    return { ok: response.ok, answer }
  }
}

interface Pieces {
  readonly pieces: readonly { readonly rank: number; readonly owner: string | null }[]
}

interface Refusal {
  readonly code: string
  readonly reasons?: readonly { readonly code: string }[]
}

type Reasons = readonly { readonly code: string }[]

/** One collector, from the page to the piece; returns null with one, or why there is none. */
async function collect(site: Site, collector: number): Promise<string | null> {
  const visitor = new Visitor(site, collector)
  const random = new MersenneTwister(collector)
  const wallet = collectorWallet(collector).connect(site.provider)
  const phase = collectorPhase(collector)
  for (;;) {
    const rank = await chooseFree(visitor, random)
    const reasons = await reasonsAgainst(visitor, wallet.address, { rank, phase })
    for (const { code } of reasons ?? []) count(site.tally.told, code)
    if (reasons?.some(({ code }) => code === 'SOLD_OUT')) return 'SOLD_OUT'
    if (reasons?.length === 0 && (await mint(site, visitor, wallet, { rank, phase }))) return null
    // The pages ask again every four seconds.
    await new Promise((resolve) => setTimeout(resolve, site.patienceMs * (0.5 + random.nextDouble())))
  }
}

async function chooseFree(visitor: Visitor, random: MersenneTwister): Promise<number> {
  const list: Partial<Pieces> = (await visitor.ask('/pieces')).answer
  const free = (list.pieces ?? []).filter(({ owner }) => owner === null)
  return free[Math.floor(random.nextDouble() * free.length)]?.rank ?? 0
}

/** Null when the site had no answer. */
async function reasonsAgainst(visitor: Visitor, wallet: string, { rank, phase }: Choice): Promise<Reasons | null> {
  const { ok, answer } = await visitor.ask(`/eligibility?wallet=${wallet}&rank=${rank}`)
  if (!ok) return null
  const asked: Eligibility = answer
  return asked.phases.find((verdict) => verdict.phase === phase)?.reasons ?? []
}

interface Choice {
  readonly rank: number
  readonly phase: number
}

async function mint(
  { provider, tally }: Site,
  visitor: Visitor,
  wallet: ReturnType<typeof collectorWallet>,
  choice: Choice,
): Promise<boolean> {
  const prepared = await visitor.ask('/mints', { wallet: wallet.address, ...choice })
  if (!prepared.ok) {
    const refusal: Refusal = prepared.answer
    for (const { code } of refusal.reasons ?? [refusal]) count(tally.told, code)
    return false
  }
  const { to, data, value }: MintTransaction = prepared.answer
  const call = { from: wallet.address, to, data, value }
  try {
    // As the page does before it lets the wallet ask its owner.
    await provider.call({ ...call, blockTag: 'pending' })
  } catch {
    tally.refusedByTrial++
    return false
  }
  const fees = { gasLimit: 600_000n, maxFeePerGas: 100n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n }
  const signed = await wallet.signTransaction({ ...call, ...fees, nonce: 0, chainId: 31_337, type: 2 })
  const { hash } = await provider.broadcastTransaction(signed)
  const receipt = await provider.waitForTransaction(hash)
  if (receipt?.status !== 1) tally.reverted++
  return receipt?.status === 1
}

/** Where and for what everybody races. */
export interface RaceTerms extends Pick<Opening, 'site' | 'rpc' | 'drop'> {
  readonly collectors: number
  readonly patienceMs: number
}

/** Lets everybody loose at once, and waits until each has a piece or knows why not. */
export async function race({ site: url, rpc, drop, collectors, patienceMs }: RaceTerms): Promise<RaceResult> {
  const provider = openProvider(rpc)
  const tally: Tally = {
    told: new Map(),
    statuses: new Map(),
    times: [],
    reverted: 0,
    refusedByTrial: 0,
    reconnected: 0,
  }
  const start = performance.now()
  try {
    const site = { url, drop, provider, tally, patienceMs }
    const outcomes = await Promise.all(Array.from({ length: collectors }, (_, collector) => collect(site, collector)))
    const seconds = (performance.now() - start) / 1000
    const losers = new Map<string, number>()
    let losersWhoPaid = 0
    for (const [collector, reason] of outcomes.entries()) {
      if (reason === null) continue
      count(losers, reason)
      if ((await provider.getBalance(collectorWallet(collector).address)) !== PURSE) losersWhoPaid++
    }
    return {
      minted: outcomes.filter((reason) => reason === null).length,
      losers: Object.fromEntries(losers),
      told: Object.fromEntries(tally.told),
      refusedByTrial: tally.refusedByTrial,
      reverted: tally.reverted,
      reconnected: tally.reconnected,
      losersWhoPaid,
      statuses: Object.fromEntries(tally.statuses),
      requests: tally.times.length,
      medianMs: quantile(tally.times, 0.5),
      p99Ms: quantile(tally.times, 0.99),
      seconds: Number(seconds.toFixed(1)),
    }
  } finally {
    provider.destroy()
  }
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1))
}
