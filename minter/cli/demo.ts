import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Command } from 'commander'
import { bytesToHex, type Hex } from '../domain/digest.ts'
import type { Policy } from '../domain/policy.ts'
import { NEXT_DEMAND_DOCUMENT } from '../pipeline/close-step.ts'
import { invite } from '../pipeline/invitations.ts'
import type { Chosen } from '../pipeline/select-step.ts'
import type { Closed } from '../pipeline/tools.ts'
import type { Progress } from '../ports.ts'
import { askAuditor, AuditBroken, type AuditTarget, type DropReport, type RehearsalReport } from './auditor.ts'
import {
  collectorProvider,
  type MintedToken,
  mintThroughSite,
  type Refusal,
  showRefusals,
  type Wish,
} from './collectors.ts'
import { type DemoFolder, takeDemoFolder } from './demo-folder.ts'
import { type DemoSummary, summaryJson, summaryLines, type Timed } from './demo-summary.ts'
import { funnelLines, writeReport } from './drop-report.ts'
import { readModel } from './model-files.ts'
import { parsePort, parseSalt, parseTime, parseWorkers } from './options.ts'
import { writeWhole } from './report-files.ts'
import { beginRun, type OpenRun, openRun, type PolicyFile, readPolicyFile, workLoader } from './runs.ts'
import type { Session } from './session.ts'
import { openSite, type Site } from './site.ts'
import { developmentWallet } from './operator.ts'
import { openStudio, type Studio } from './studio.ts'

/** Who collects in the demonstration: numbers of development accounts. */
const INVITED = 2
const PASSER_BY = 4
const DEVELOPMENT_ACCOUNTS = 20

interface DemoOptions {
  readonly exit: boolean
  readonly json: boolean
  readonly workers: number
  readonly policy: string
  readonly dir: string
  readonly port: number
  readonly fixedClock?: number
  readonly salt?: Hex
}

/** Adds `demo`. */
export function registerDemo(program: Command, session: Session): void {
  program
    .command('demo')
    .description('run a whole drop on an embedded chain, audit it, and show it at http://127.0.0.1:8787')
    .option('--exit', 'end after the audit instead of serving the site', false)
    .option('--json', 'print nothing but one JSON object', false)
    .option(
      '--workers <n>',
      'rendering workers; the bytes are the same for any number',
      parseWorkers,
      session.config.workers,
    )
    .option('--policy <file>', 'the policy of the drop', 'drops/looms-first.yaml')
    .option('--dir <folder>', 'where everything is kept', join(session.config.home, 'demo'))
    .option('--port <n>', 'port of the site', parsePort, 8787)
    .option('--fixed-clock <unix>', 'start the chain at this second and let every block take one second', parseTime)
    .option('--salt <hex>', 'the salt; with --fixed-clock two runs have the same beacon, root and directory', parseSalt)
    .addHelpText('after', '\nExample:\n  latentmint demo --exit --json --workers 2')
    .action(async (options: DemoOptions) => demo(session, options))
}

/** What the parts of the demonstration share. */
interface Stage {
  readonly session: Session
  readonly options: DemoOptions
  readonly progress: Progress
  readonly studio: Studio
  readonly opened: OpenRun
  readonly seconds: Record<Timed, number>
}

async function demo(session: Session, options: DemoOptions): Promise<void> {
  const progress = session.progress(options.json)
  const start = session.elapsed()
  const file = readPolicyFile(options.policy)
  const folder = takeDemoFolder(
    options.dir,
    {
      policyDigest: file.digest,
      bundleDigest: readModel(file.policy.model).bundleDigest,
      fixedClock: options.fixedClock ?? null,
      salt: options.salt ?? null,
    },
    () => bytesToHex(new Uint8Array(randomBytes(32))),
  )
  if (folder.resumed) progress.note('Going on with the demonstration that was interrupted.')
  const setup = progress.step('set-up')
  const studio = await openStudio({
    home: options.dir,
    // The demonstration brings its own chain, store and database, whatever the surroundings offer.
    config: {
      ...session.config,
      rpc: undefined,
      key: undefined,
      keystore: undefined,
      signer: undefined,
      databaseUrl: undefined,
      kubo: undefined,
      pinning: [],
    },
    now: session.now,
    ...(options.fixedClock === undefined ? {} : { fixedClock: options.fixedClock }),
  })
  try {
    setup.done(`chain ${studio.access.chainId} at ${studio.access.url}, database and blocks in ${options.dir}`)
    await runDemo(session, options, { progress, studio, file, folder, start })
  } finally {
    await studio.close()
  }
}

interface Opening {
  readonly progress: Progress
  readonly studio: Studio
  readonly file: PolicyFile
  readonly folder: DemoFolder
  readonly start: number
}

async function runDemo(session: Session, options: DemoOptions, opening: Opening): Promise<void> {
  const { progress, studio, file, folder } = opening
  const run = await beginRun(studio, file, folder.salt)
  const { workers } = options
  const opened = await openRun(studio, run.id, { workers, progress, signal: session.signal })
  const seconds = { setup: 0, render: 0, score: 0, publish: 0, mint: 0, audit: 0 }
  const stage: Stage = { session, options, progress, studio, opened, seconds }
  const site = await openSite({
    studio,
    loadWork: workLoader(studio.runs),
    port: options.exit ? 0 : options.port,
    logLevel: session.config.logLevel,
    signal: session.signal,
  })
  try {
    await opened.steps.register()
    seconds.setup = (session.elapsed() - opening.start) / 1000
    const summary = await wholeDrop(stage, site)
    folder.finish()
    for (const line of options.json ? [JSON.stringify(summaryJson(summary))] : summaryLines(summary))
      session.print(line)
    await opened.close()
    if (!options.exit) await serveUntilStopped(session, progress, site)
  } finally {
    await opened.close()
    await site.close()
  }
}

async function serveUntilStopped(session: Session, progress: Progress, site: Site): Promise<void> {
  progress.note(`\nThe sale is open at ${site.url}, where this chain's own purse can mint  (Ctrl-C ends)`)
  progress.note(`The finished review, as the operator saw it before the commit: ${site.reviewLink()}  (opens once)`)
  await new Promise<void>((resolve) => {
    if (session.signal.aborted) resolve()
    session.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function timed<T>({ session, seconds }: Stage, part: Timed, work: () => Promise<T>): Promise<T> {
  const start = session.elapsed()
  const result = await work()
  seconds[part] += (session.elapsed() - start) / 1000
  return result
}

async function wholeDrop(stage: Stage, site: Site): Promise<DemoSummary> {
  const { steps, work } = stage.opened
  const announced = await steps.announce()
  await steps.draw()
  await timed(stage, 'render', () => steps.render())
  const selected = await timed(stage, 'score', () => steps.select())
  const chosen = await steps.chosen()
  for (const line of funnelLines(chosen.selection.funnel)) stage.progress.note(line)
  const committed = await timed(stage, 'publish', () => steps.commit())
  const { archive } = await timed(stage, 'publish', () => steps.publish())
  const registered = await steps.left('register')
  const place = { rpc: stage.studio.access.url, gateway: site.url, directory: committed.directory, archive }
  const folder = join(stage.options.dir, 'report')
  const report = writeReport(folder, work, chosen, { registered, announced }, place)
  stage.progress.note(`report       ${report}`)
  await steps.open()
  const { minted, refusals } = await timed(stage, 'mint', () => collect(stage, site, chosen))
  const target: AuditTarget = { rpc: place.rpc, contract: registered.collection, gateway: site.url }
  const { audit, rehearsal } = await timed(stage, 'audit', () => auditAll(stage, target, announced.drop))
  // A site that goes on shows a sale that goes on: what is left can be minted there.
  const closed = stage.options.exit ? await closeSale(stage) : null
  return {
    candidates: work.policy.candidates,
    passed: selected.passed,
    edition: selected.edition,
    minted,
    refusals,
    audit,
    rehearsal,
    closed,
    seconds: rounded(stage.seconds),
    contract: registered.collection,
    root: committed.root,
    directory: committed.directory,
    report,
  }
}

async function closeSale({ opened, options, studio }: Stage): Promise<Closed> {
  const closed = await opened.steps.close()
  const next = await studio.runs.document(opened.work.run.id, NEXT_DEMAND_DOCUMENT)
  if (next !== null) writeWhole(options.dir, NEXT_DEMAND_DOCUMENT, next)
  return closed
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

function rounded({
  setup,
  render,
  score,
  publish,
  mint,
  audit,
}: Readonly<Record<Timed, number>>): Record<Timed, number> {
  return {
    setup: tenths(setup),
    render: tenths(render),
    score: tenths(score),
    publish: tenths(publish),
    mint: tenths(mint),
    audit: tenths(audit),
  }
}

/** One collector for each kind of phase that the policy has, each with a piece of their own. */
function wishesOf(policy: Policy, edition: number): readonly Wish[] {
  const kinds = ['public', 'allowlist', 'voucher'] as const
  return kinds.slice(0, edition).flatMap((kind, rank): Wish[] => {
    const phase = policy.phases.findIndex((one) => one.kind === kind)
    const wallet = phase < 0 ? undefined : collectorFor(kind, policy.phases[phase]?.allowlist ?? [])
    return wallet === undefined ? [] : [{ kind, phase, rank, wallet }]
  })
}

function collectorFor(kind: Wish['kind'], allowlist: readonly { readonly wallet: Hex }[]): Wish['wallet'] | undefined {
  if (kind !== 'allowlist') return developmentWallet(kind === 'voucher' ? INVITED : PASSER_BY)
  const listed = new Set<string>(allowlist.map(({ wallet }) => wallet))
  const accounts = Array.from({ length: DEVELOPMENT_ACCOUNTS }, (_, account) => developmentWallet(account))
  return accounts.find(({ address }) => listed.has(address.toLowerCase()))
}

async function collect(
  stage: Stage,
  site: Site,
  chosen: Chosen,
): Promise<{ minted: readonly MintedToken[]; refusals: readonly Refusal[] }> {
  const { studio, opened } = stage
  const { run, policy } = opened.work
  const { drop } = await opened.steps.left('announce')
  const { collection } = await opened.steps.left('register')
  const wishes = wishesOf(policy, chosen.selection.edition)
  const step = stage.progress.step('mint', wishes.length)
  await invite(studio.database, run.id, `0x${developmentWallet(INVITED).address.slice(2).toLowerCase()}`)
  const provider = collectorProvider(studio.access.url, studio.access.chainId)
  try {
    const known = new Map((await studio.chain.tokensOf(collection, drop)).map((token) => [token.rank, token]))
    const minted: MintedToken[] = []
    for (const wish of wishes) {
      const token = known.get(wish.rank)
      // A run that was killed after this mint goes on behind it.
      minted.push(
        token === undefined
          ? await mintThroughSite(site.url, provider, drop, wish)
          : { ...wish, ...token, tokenId: String((drop << 16) | wish.rank), wallet: wish.wallet.address },
      )
      step.advance()
    }
    step.done(`${minted.length} collectors, ${minted.map(({ kind }) => kind).join(', ')}`)
    const refusals = await refuse(stage, chosen, provider, wishes.length)
    return { minted, refusals }
  } finally {
    provider.destroy()
  }
}

async function refuse(
  { studio, opened, progress }: Stage,
  chosen: Chosen,
  provider: ReturnType<typeof collectorProvider>,
  unsold: number,
): Promise<readonly Refusal[]> {
  const { policy } = opened.work
  const phase = Math.max(
    0,
    policy.phases.findIndex(({ kind }) => kind === 'public'),
  )
  const { drop } = await opened.steps.left('announce')
  const { collection } = await opened.steps.left('register')
  const refusals = await showRefusals(provider, developmentWallet(PASSER_BY), {
    collection,
    drop,
    phase,
    priceWei: await studio.chain.priceWei(collection, drop, phase),
    manifest: chosen.manifest,
    tree: chosen.tree,
    thresholds: policy.thresholds,
    unsold: Math.min(unsold, chosen.selection.edition - 1),
  })
  for (const { attempt, error } of refusals) progress.note(`  refused    ${attempt}: ${error}`)
  return refusals
}

async function auditAll(
  { progress }: Stage,
  target: AuditTarget,
  drop: number,
): Promise<{ audit: DropReport; rehearsal: RehearsalReport }> {
  const step = progress.step('audit')
  const audit = await askAuditor('drop', target, ['--drop', String(drop)])
  step.done(`${audit.verdict}: ${audit.identical} of ${audit.tokens} tokens identical, selection ${audit.selection}`)
  for (const { link, state, detail } of audit.links) progress.note(`  ${state.padEnd(9)} ${link}: ${detail}`)
  if (audit.verdict === 'broken')
    throw new AuditBroken('the audit found a broken link; they are listed above', target.contract)
  const tampered = progress.step('tampering')
  const rehearsal = await askAuditor('rehearse', target, ['--drop', String(drop)])
  tampered.done(`${rehearsal.caught} of ${rehearsal.tried} tampered copies caught`)
  for (const { tampering, object, link } of rehearsal.cases) progress.note(`  ${tampering} in ${object}: ${link}`)
  if (rehearsal.caught < rehearsal.tried) throw new AuditBroken('a tampered copy was not caught', target.contract)
  return { audit, rehearsal }
}
