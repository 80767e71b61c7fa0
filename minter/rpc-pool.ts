import { FetchRequest } from 'ethers'
import { ChainMismatch, ChainUnreachable } from './errors.ts'
import { RpcRefused } from './json-rpc.ts'

/** A JSON-RPC call, as it goes over the wire. */
export interface RpcCall {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[] | Readonly<Record<string, unknown>>
  readonly jsonrpc: string
}

/** What comes back for a call. */
export interface RpcAnswer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message?: string; readonly data?: unknown }
}

/**
 * Whether a node is asked: `lagging` is behind the others, `lying` has another block at the same height, `foreign` serves another
 * chain.
 */
export type NodeState = 'healthy' | 'lagging' | 'lying' | 'foreign' | 'unreachable'

/** A node as it was last seen. */
export interface NodeHealth {
  /** Without user, password and query. */
  readonly name: string
  readonly state: NodeState
  /** The number of its newest block; null when it did not say. */
  readonly head: number | null
  /** Why it is left out; empty for a healthy one. */
  readonly detail: string
}

/** Which nodes, and how far they may differ. */
export interface PoolOptions {
  /** In the order of preference. */
  readonly urls: readonly string[]
  /** A node this many blocks behind the others is left out. */
  readonly maxLag?: number
  /** How often nodes are compared, and those left out looked at again. */
  readonly surveyMs?: number
  readonly timeoutMs?: number
  /** Told when a node is left out, and when it is back. */
  readonly note?: (line: string) => void
}

interface Member {
  readonly url: string
  readonly name: string
  state: NodeState
  head: number | null
  detail: string
  /** Failures in a row. */
  failures: number
  /** Not to be asked before. */
  restsUntil: number
}

interface Sight {
  readonly member: Member
  readonly chainId: string
  readonly head: number
}

const TIMEOUT_MS = 20_000
const SURVEY_TIMEOUT_MS = 5000
const SURVEY_MS = 15_000
const MAX_LAG = 5
/** Nodes that are honest may differ in the newest blocks, for as long as those are still being reorganised. */
const AGREED_DEPTH = 3
const FIRST_REST_MS = 500
const LONGEST_REST_MS = 60_000
/** How often a lone node is asked the same question again, when it is busy or hangs up. */
const PATIENCE = 4

/** The node did not answer, as opposed to answering no. */
class NodeFailed extends Error {
  /** How long it wants to be left alone, where it says. */
  readonly restMs: number | null

  constructor(reason: string, restMs: number | null, cause?: unknown) {
    super(reason, { cause })
    this.restMs = restMs
  }
}

/** An address without what may be secret in it: user, password, query, and long parts of the path. */
export function publicNodeName(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  const path = pathname.split('/').map((part) => (part.length >= 16 ? '…' : part))
  return `${protocol}//${host}${path.join('/').replace(/\/$/u, '')}`
}

async function post(url: string, body: string, timeoutMs: number): Promise<unknown> {
  const request = new FetchRequest(url)
  request.timeout = timeoutMs
  // Waiting is decided here, where there may be another node to ask.
  request.retryFunc = async () => false
  request.setHeader('content-type', 'application/json')
  request.body = body
  try {
    const response = await request.send()
    if (response.statusCode === 429) {
      const seconds = Number(response.getHeader('retry-after'))
      throw new NodeFailed('it is asked too often (429)', Number.isFinite(seconds) ? seconds * 1000 : null)
    }
    response.assertOk()
    return response.bodyJson
  } catch (error) {
    if (error instanceof NodeFailed) throw error
    throw new NodeFailed(error instanceof Error ? error.message.slice(0, 160) : String(error), null, error)
  }
}

function isAnswer(value: unknown): value is RpcAnswer {
  return typeof value === 'object' && value !== null && ('result' in value || 'error' in value)
}

/** Providers answer their own limits by an error in the body. */
function isOverload({ error }: RpcAnswer): boolean {
  return error?.code === -32_005 || /rate limit|too many requests/iu.test(error?.message ?? '')
}

function isKnown({ error }: RpcAnswer): boolean {
  return /already known|known transaction|already imported/iu.test(error?.message ?? '')
}

/**
 * Several nodes of one chain as one. A question goes to the first healthy one, and to the next when that fails; what changes the
 * chain goes to all of them. Nodes are compared with each other again and again: whoever serves another chain, lags, or has other
 * blocks than most is named and left out.
 */
export class RpcPool {
  private readonly members: readonly Member[]
  private readonly options: Required<Omit<PoolOptions, 'urls'>>
  private surveyedAt = Number.NEGATIVE_INFINITY
  private running: Promise<void> | null = null

  constructor({ urls, maxLag = MAX_LAG, surveyMs = SURVEY_MS, timeoutMs = TIMEOUT_MS, note = () => {} }: PoolOptions) {
    this.members = urls.map((url) => ({
      url,
      name: publicNodeName(url),
      state: 'healthy',
      head: null,
      detail: '',
      failures: 0,
      restsUntil: 0,
    }))
    this.options = { maxLag, surveyMs, timeoutMs, note }
  }

  /** The address of the node that is asked first. */
  get url(): string {
    return (this.candidates()[0] ?? this.members[0])?.url ?? ''
  }

  /** All nodes as they were last seen. */
  health(): readonly NodeHealth[] {
    return this.members.map(({ name, state, head, detail }) => ({ name, state, head, detail }))
  }

  /** One question. @throws {RpcRefused} when the node says no */
  async ask(method: string, params: readonly unknown[] = []): Promise<unknown> {
    const answer = await this.sendOne({ jsonrpc: '2.0', id: 1, method, params })
    if (answer.error !== undefined && answer.error !== null) {
      const { message = '', data } = answer.error
      throw new RpcRefused(this.url, method, { message, data: typeof data === 'string' ? data : undefined })
    }
    return answer.result
  }

  /**
   * One call, or several at once.
   *
   * @throws {ChainUnreachable} when no node answers
   */
  async send(calls: RpcCall | readonly RpcCall[]): Promise<RpcAnswer[]> {
    const list = [calls].flat()
    // Reads may go together; each change must reach every node by itself.
    if (list.length > 1 && list.every(({ method }) => !method.startsWith('eth_send'))) return this.read(list)
    return Promise.all(list.map((call) => this.sendOne(call)))
  }

  /**
   * Compares all nodes with each other.
   *
   * @param chainId refuses any other chain; left out, most nodes decide
   * @throws {ChainMismatch} when a chain id is wanted and no node serves it
   */
  async survey(chainId?: bigint): Promise<void> {
    const seen = await Promise.all(this.members.map((member) => this.look(member)))
    const sights = seen.filter((sight) => sight !== null)
    this.surveyedAt = performance.now()
    if (sights.length === 0) return
    const chain = chainId === undefined ? mostCommon(sights.map((one) => one.chainId)) : `0x${chainId.toString(16)}`
    const own = sights.filter((one) => one.chainId === chain)
    for (const one of sights.filter((sight) => sight.chainId !== chain)) {
      this.judge(one.member, 'foreign', `it serves chain ${BigInt(one.chainId)}, not ${BigInt(chain)}`)
    }
    if (own.length === 0) throw new ChainMismatch(`no RPC serves chain ${BigInt(chain)}`, this.members[0]?.name)
    const newest = newestHead(own.map(({ head }) => head))
    const current = own.filter(({ head }) => head >= newest - this.options.maxLag)
    for (const { member, head } of own.filter((sight) => !current.includes(sight))) {
      this.judge(member, 'lagging', `it is at block ${head}, the others at ${newest}`)
    }
    await this.compare(current)
  }

  /** Asks every node for the same block, a little below what all of them have. */
  private async compare(current: readonly Sight[]): Promise<void> {
    const height = Math.max(0, Math.min(...current.map(({ head }) => head)) - AGREED_DEPTH)
    const asked = [`0x${height.toString(16)}`, false]
    const hashes = await Promise.all(
      current.map(async ({ member }) => {
        const answer = await this.askMember(member, 'eth_getBlockByNumber', asked).catch(() => null)
        return answer === null ? null : String(Reflect.get(Object(answer), 'hash'))
      }),
    )
    const agreed = mostCommon(hashes.filter((hash) => hash !== null))
    for (const [i, { member }] of current.entries()) {
      const hash = hashes[i]
      if (hash === null || hash === undefined) this.judge(member, 'unreachable', `it does not show block ${height}`)
      else if (hash !== agreed)
        this.judge(member, 'lying', `its block ${height} is ${hash}, that of the others ${agreed}`)
      else this.judge(member, 'healthy', '')
    }
  }

  private async look(member: Member): Promise<Sight | null> {
    try {
      const [chainId, head] = await Promise.all([
        this.askMember(member, 'eth_chainId', []),
        this.askMember(member, 'eth_blockNumber', []),
      ])
      member.head = Number(head)
      member.failures = 0
      member.restsUntil = 0
      return { member, chainId: String(chainId), head: Number(head) }
    } catch (error) {
      member.head = null
      this.judge(member, 'unreachable', error instanceof Error ? error.message : String(error))
      return null
    }
  }

  private async askMember({ url, name }: Member, method: string, params: readonly unknown[]): Promise<unknown> {
    const timeoutMs = Math.min(SURVEY_TIMEOUT_MS, this.options.timeoutMs)
    const answer: unknown = await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), timeoutMs)
    const result: unknown = Reflect.get(Object(answer), 'result')
    if (result === undefined || result === null) throw new NodeFailed(`${name} has no answer to ${method}`, null)
    return result
  }

  private judge(member: Member, state: NodeState, detail: string): void {
    const changed = member.state !== state
    member.state = state
    member.detail = detail
    if (!changed) return
    this.options.note(
      state === 'healthy' ? `rpc ${member.name} is back` : `rpc ${member.name} is left out: ${state}, ${detail}`,
    )
  }

  /** Whom to ask, the best first: never a node that lies or serves another chain. */
  private candidates(): readonly Member[] {
    const now = performance.now()
    const healthy = this.members.filter(({ state, restsUntil }) => state === 'healthy' && restsUntil <= now)
    if (healthy.length > 0) return healthy
    return this.members.filter(({ state }) => state === 'healthy' || state === 'unreachable')
  }

  private async sendOne(call: RpcCall): Promise<RpcAnswer> {
    if (call.method.startsWith('eth_send')) return this.broadcast(call)
    const [answer] = await this.read([call])
    if (answer === undefined) throw new ChainUnreachable(this.url, new TypeError(`no answer to ${call.method}`))
    return answer
  }

  /** Asks one node after the other until one answers. */
  private async read(calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    await this.keepSurveyed()
    let last: unknown
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      for (const member of this.candidates()) {
        try {
          return await this.exchange(member, calls)
        } catch (error) {
          last = error
          this.rest(member, error)
        }
      }
      if (!isPassing(last)) break
      await new Promise((resolve) => setTimeout(resolve, this.shortestRest()))
    }
    throw new ChainUnreachable(publicNodeName(this.url), last)
  }

  /** Hands a change to every healthy node; the best of their answers counts. */
  private async broadcast(call: RpcCall): Promise<RpcAnswer> {
    await this.keepSurveyed()
    const members = this.candidates()
    const ended = await Promise.allSettled(members.map((member) => this.exchange(member, [call])))
    const answers = ended.flatMap((end) => (end.status === 'fulfilled' ? end.value : []))
    for (const [i, end] of ended.entries()) {
      const member = members[i]
      if (end.status === 'rejected' && member !== undefined) this.rest(member, end.reason)
    }
    const best =
      answers.find(({ error }) => error === undefined || error === null) ?? answers.find(isKnown) ?? answers[0]
    if (best !== undefined) return best
    const failed = ended.find((end) => end.status === 'rejected')
    throw new ChainUnreachable(publicNodeName(this.url), failed?.reason)
  }

  private async exchange(member: Member, calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    const body = JSON.stringify(calls.length === 1 ? calls[0] : calls)
    const found: unknown[] = [await post(member.url, body, this.options.timeoutMs)].flat()
    const answers = found.filter(isAnswer)
    if (answers.length !== calls.length) throw new NodeFailed('it answers something that is no JSON-RPC', null)
    if (answers.some(isOverload)) throw new NodeFailed('it is asked too often', null)
    member.failures = 0
    if (member.state === 'unreachable') this.judge(member, 'healthy', '')
    return answers
  }

  /** Leaves a node alone for a while, longer each time; half of it is chance, so that many who wait do not come back at once. */
  private rest(member: Member, error: unknown): void {
    member.failures++
    const asked = error instanceof NodeFailed ? error.restMs : null
    const growing = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (member.failures - 1)) * (0.5 + Math.random() / 2)
    member.restsUntil = performance.now() + Math.min(LONGEST_REST_MS, asked ?? growing)
    if (this.members.length > 1)
      this.judge(member, 'unreachable', error instanceof Error ? error.message : String(error))
  }

  private shortestRest(): number {
    return Math.max(0, Math.min(...this.members.map(({ restsUntil }) => restsUntil)) - performance.now())
  }

  /** Compares the nodes when that is due; the first time it is waited for. */
  private async keepSurveyed(): Promise<void> {
    if (this.members.length < 2 || performance.now() - this.surveyedAt < this.options.surveyMs) return
    const first = this.surveyedAt === Number.NEGATIVE_INFINITY
    this.running ??= this.survey()
      .catch(() => {})
      .finally(() => (this.running = null))
    if (first) await this.running
  }
}

/** The most frequent; of several, the one that comes first. */
function mostCommon(values: readonly string[]): string {
  const count = (value: string): number => values.filter((other) => other === value).length
  return values.reduce((best, value) => (count(value) > count(best) ? value : best), values[0] ?? '')
}

/** The newest block that counts: with three nodes or more, one that runs ahead alone is not believed. */
function newestHead(heads: readonly number[]): number {
  const sorted = heads.toSorted((a, b) => b - a)
  return (sorted.length > 2 ? sorted[1] : sorted[0]) ?? 0
}

/** Whether the same node may do better in a moment: it was busy, or hung up on a connection that it had kept open. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof NodeFailed)) return false
  if (error.message.includes('too often')) return true
  return Reflect.get(Object(error.cause), 'code') === 'ECONNRESET'
}
