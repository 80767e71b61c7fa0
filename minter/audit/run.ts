import { PngInvalid } from '../../gan/index.ts'
import { auditDrop, auditToken } from '../domain/audit.ts'
import { type AuditLinkResult, ContentAltered, ContentUnreachable, type LinkState } from '../domain/audit-source.ts'
import { DatasetProofInvalid } from '../domain/dataset-proof.ts'
import { bytesToHex } from '../domain/digest.ts'
import { CarInvalid, readCar } from './car.ts'
import { type Collection, DropUnknown, openCollection } from './chain.ts'
import { lookCloser } from './close-look.ts'
import type { Order } from './command-line.ts'
import { judgeFile, ManifestUntrue } from './file-verdict.ts'
import { type BlockClient, createBlockClient } from './gateway.ts'
import { type Counter, createCounter } from './progress.ts'
import { type RehearsalCase, rehearse } from './rehearsal.ts'
import { ChainUnreachable, connectChain, ContractSilent } from './rpc.ts'
import { createSource, type RecordingSource } from './source.ts'
import { linkRow, verdictRow } from './table.ts'
import { EXIT_CODES, identicalTokens, selectionVerdict, stateOf, verdictOf } from './verdict.ts'

/** What the process that runs an order lends it. */
export interface Surroundings {
  readonly out: { write(text: string): unknown }
  readonly progress: { write(text: string): unknown; readonly isTTY?: boolean | undefined }
  readonly colour: boolean
  /** How many threads can run at once. */
  readonly cores: number
  /** Milliseconds. */
  readonly now: () => number
  random(bytes: number): Uint8Array
  readFile(path: string): Promise<Uint8Array>
}

/** Everything that a command works with. */
interface Desk extends Surroundings {
  readonly order: Order
  readonly collection: Collection
  readonly chainId: bigint
  readonly client: BlockClient
  readonly source: RecordingSource
  readonly counter: Counter
  readonly started: number
}

const USAGE_EXIT = 2
/** Milliseconds. */
const REQUEST_MS = 15_000

/**
 * Carries out what the command line asks for.
 *
 * @returns the exit code: 0 all holds, 5 something is broken, 3 something could not be checked, 2 there is no such drop
 */
export async function runOrder(order: Order, surroundings: Surroundings): Promise<number> {
  const started = surroundings.now()
  try {
    const chain = await connectChain(order.rpc)
    const collection = openCollection(chain, order.contract)
    const shelf = order.car === null ? null : await readCar(await surroundings.readFile(order.car), order.car)
    const client = createBlockClient(order.gateways, REQUEST_MS, shelf)
    const bundle = order.bundle === null ? undefined : await surroundings.readFile(order.bundle)
    // Threads take a second to start, which only a whole drop is worth.
    const threads = order.sample === 'all' ? surroundings.cores : 1
    const source = createSource({ collection, drop: order.drop, client, bundle, threads })
    const counter = createCounter(surroundings.progress, 'candidates', surroundings.now)
    const desk = { ...surroundings, order, collection, chainId: chain.chainId, client, source, counter, started }
    try {
      return await COMMANDS[order.command](desk)
    } finally {
      await source.dispose()
    }
  } catch (error) {
    return explain(error, order, surroundings)
  }
}

const COMMANDS = { drop: runAudit, token: runAudit, file: runFile, rehearse: runRehearsal } as const

async function runAudit(desk: Desk): Promise<number> {
  const { order, source } = desk
  const count = { done: 0, total: 0 }
  const onProgress = (done: number, total: number): void => {
    Object.assign(count, { done, total })
    desk.counter.advance(done, total)
  }
  const drop = await source.drop()
  say(desk, `Audit of ${subjectOf(order)} of ${drop.collection} on chain ${desk.chainId}\n\n`)
  // Drawn here and now: a sample that the operator could foresee would prove nothing.
  const draw = bytesToHex(desk.random(32))
  const walk =
    order.tokenId === null
      ? auditDrop(source, { sample: order.sample, draw, onProgress })
      : auditToken(source, order.tokenId)
  const results: AuditLinkResult[] = []
  for await (const result of walk) {
    results.push(result)
    desk.counter.end()
    say(desk, `${linkRow(result, desk.colour)}\n`)
  }
  const findings = await closerLooks(desk)
  const verdict = verdictOf(results)
  const tokens = await auditedTokens(desk)
  const identical = identicalTokens(results, tokens)
  const candidates = stateOf(results, 'candidates')
  const seconds = elapsed(desk)
  say(desk, `\n${verdictRow(verdict, desk.colour)}\n${identical} of ${tokens.length} tokens identical, ${seconds} s\n`)
  answer(desk, {
    format: 'latentmint-audit-1',
    subject: order.command,
    contract: drop.collection,
    chainId: Number(desk.chainId),
    drop: order.drop,
    verdict,
    links: results,
    findings,
    liars: [...desk.client.liars],
    tokens: tokens.length,
    identical,
    candidates: { of: drop.candidates, checked: count.done, identical: candidates === 'ok' ? count.done : null, draw },
    selection: selectionVerdict(results),
    seconds,
  })
  return EXIT_CODES[verdict]
}

/** What else can be said of what was served altered, and which gateways to avoid. */
async function closerLooks(desk: Desk): Promise<readonly string[]> {
  const findings: string[] = []
  for (const alteration of desk.source.alterations) {
    const found = await lookCloser(alteration, desk.source)
    if (found !== null) findings.push(`${alteration.what}: ${found}`)
  }
  for (const liar of desk.client.liars) findings.push(`${liar} served altered bytes; another gateway had the true ones`)
  for (const finding of new Set(findings)) say(desk, `    ${finding}\n`)
  return [...new Set(findings)]
}

async function auditedTokens({ order, source }: Desk): Promise<readonly bigint[]> {
  if (order.tokenId !== null) return [order.tokenId]
  return (await source.minted()).map(({ tokenId }) => tokenId)
}

async function runFile(desk: Desk): Promise<number> {
  const { order, source } = desk
  const verdict = await judgeFile(await desk.readFile(order.file ?? ''), source)
  const { kind, rank, tokenId, owner, detail } = verdict
  const name =
    tokenId === null
      ? ''
      : ` of token ${tokenId} (rank ${rank}, ${owner === null ? 'not minted' : `owned by ${owner}`})`
  const headings = {
    authentic: `The file${name}`,
    'same-pixels': `The picture${name}`,
    'altered-copy': `An altered copy${name}`,
    unknown: `Not a piece of drop ${order.drop}, as far as can be seen`,
  } as const
  say(desk, `${headings[kind]}: ${detail}\nsha-256 ${verdict.fileDigest}\n`)
  answer(desk, { format: 'latentmint-file-1', ...verdict, tokenId: tokenId === null ? null : String(tokenId) })
  const state = { authentic: 'ok', 'same-pixels': 'ok', 'altered-copy': 'broken', unknown: 'unchecked' } as const
  return EXIT_CODES[state[kind]]
}

async function runRehearsal(desk: Desk): Promise<number> {
  const { collection, order } = desk
  say(desk, `Rehearsal with altered copies of drop ${order.drop} of ${order.contract}\n\n`)
  const cases: RehearsalCase[] = []
  for await (const tried of rehearse({ collection, drop: order.drop, gateways: order.gateways })) {
    cases.push(tried)
    const state: LinkState = tried.caught ? 'ok' : 'broken'
    const detail = `${tried.caught ? `caught at ${tried.link ?? ''}` : 'NOT CAUGHT'}: ${tried.object}, ${tried.detail}`
    say(desk, `${linkRow({ link: `altered ${tried.tampering}`, state, detail }, desk.colour)}\n`)
  }
  const caught = cases.filter((tried) => tried.caught).length
  say(desk, `\n${caught} of ${cases.length} altered copies caught\n`)
  answer(desk, { format: 'latentmint-rehearsal-1', tried: cases.length, caught, cases, seconds: elapsed(desk) })
  return cases.length > 0 && caught === cases.length ? EXIT_CODES.ok : EXIT_CODES.broken
}

/** Failures that are an answer: without a chain nothing can be checked, and of a drop that does not exist there is nothing. */
export function explain(error: unknown, order: Pick<Order, 'json'>, { out, progress }: Surroundings): number {
  const verdict = ANSWERS.find(([kind]) => error instanceof kind)?.[1]
  if (verdict === undefined || !(error instanceof Error)) throw error
  progress.write(`${error.message}\n`)
  if (order.json) {
    const code = 'code' in error ? error.code : error.name
    const failure = { code, message: error.message }
    out.write(`${JSON.stringify({ format: 'latentmint-audit-1', verdict, error: failure })}\n`)
  }
  return verdict === 'usage' ? USAGE_EXIT : EXIT_CODES[verdict]
}

const ANSWERS = [
  [ChainUnreachable, 'unchecked'],
  [ContentUnreachable, 'unchecked'],
  [ContentAltered, 'broken'],
  [ManifestUntrue, 'broken'],
  [DatasetProofInvalid, 'broken'],
  [ContractSilent, 'usage'],
  [DropUnknown, 'usage'],
  [PngInvalid, 'usage'],
  [CarInvalid, 'usage'],
] as const

function subjectOf(order: Order): string {
  return order.tokenId === null ? `drop ${order.drop}` : `token ${order.tokenId}`
}

function elapsed({ now, started }: Desk): number {
  return Math.round((now() - started) / 100) / 10
}

function say({ order, out }: Desk, text: string): void {
  if (!order.json) out.write(text)
}

function answer({ order, out }: Desk, value: object): void {
  if (order.json) out.write(`${JSON.stringify(value)}\n`)
}
