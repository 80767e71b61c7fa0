import type { Command } from 'commander'
import { appendAudit, type AuditEvent } from '../pipeline/audit-log.ts'
import { invite } from '../pipeline/invitations.ts'
import { transactionsOnTheirWay } from '../pipeline/outbox.ts'
import { answerQuestions } from '../pipeline/questions.ts'
import type { StepRecord } from '../pipeline/runs.ts'
import type { StepOutputs } from '../pipeline/tools.ts'
import { vetoCandidate } from '../pipeline/vetoes.ts'
import { ConfigInvalid, StepMissing } from '../errors.ts'
import type { Hex } from '../domain/digest.ts'
import { parseManifest } from '../domain/manifest.ts'
import { printPreflight, preflight } from './preflight.ts'
import { parseAddress, parseCount, parseSalt, parseWorkers } from './options.ts'
import { commitWithFunnel, keepDemand, runToSale } from './run-drop.ts'
import { beginRun, type OpenRun, openRun, readPolicyFile, unfinishedRun } from './runs.ts'
import type { Session } from './session.ts'
import { type Studio, withStudio } from './studio.ts'

interface DropOptions {
  readonly run?: string
  readonly json: boolean
  readonly workers: number
  readonly salt?: Hex
}

const STEPS = {
  draw: 'wait for the seed block, and draw the seeds from it',
  render: 'render and score all candidates; goes on where it was stopped',
  commit: 'select, and commit to the order and to the directory',
  publish: 'give every store a copy, read it back and hash it again',
  open: 'wait until the challenge window is over',
  close: 'after the last phase: pay the contributors, keep what was learned',
} as const
type StepName = keyof typeof STEPS

/** Adds `drop announce|draw|render|commit|publish|open|close|status|veto|invite|answer|run`. */
export function registerDrop(program: Command, session: Session): void {
  const drop = program.command('drop').description('the steps of a drop; each can be repeated without harm')
  const options = (command: Command): Command =>
    command
      .option('--json', 'print nothing but one JSON object', false)
      .option('--workers <n>', 'rendering workers', parseWorkers, session.config.workers)
  options(drop.command('announce').argument('<policy>', 'the policy file'))
    .description('freeze the terms of a drop on the chain')
    .option('--salt <hex>', 'your share of the randomness; chosen by chance when left out', parseSalt)
    .addHelpText('after', '\nExample:\n  latentmint drop announce drops/looms-first.yaml')
    .action(async (policy: string, given: DropOptions) => announce(session, policy, given))
  for (const name of ['draw', 'render', 'commit', 'publish', 'open', 'close'] as const) {
    options(drop.command(name).description(STEPS[name]))
      .option('--run <id>', 'which run; the newest when left out')
      .addHelpText('after', `\nExample:\n  latentmint drop ${name}`)
      .action(async (given: DropOptions) => oneStep(session, name, given))
  }
  drop
    .command('status')
    .description('where each run stands')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint drop status')
    .action(async ({ json }: DropOptions) => status(session, json))
  drop
    .command('preflight')
    .argument('<policy>', 'the policy file')
    .description('what would keep the drop from going well: chain, balance, places, model, clock; changes nothing')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint drop preflight drops/looms-first.yaml')
    .action(async (policy: string, { json }: DropOptions) => {
      const file = readPolicyFile(policy)
      await withStudio(session, async (studio) => {
        printPreflight(session, await preflight(studio, file, { signal: session.signal, now: session.now }), json)
      })
    })
  registerVeto(drop, session)
  registerAnswer(drop, session)
  drop
    .command('invite')
    .description('let a wallet have vouchers in the voucher phases of a run')
    .argument('<wallet>', 'its address', parseAddress)
    .option('--run <id>', 'which run; the newest when left out')
    .addHelpText('after', '\nExample:\n  latentmint drop invite 0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc')
    .action(async (wallet: Hex, { run }: DropOptions) => {
      await withStudio(session, async (studio) => {
        const id = await chooseRun(studio, run)
        await invite(studio.database, id, wallet)
        await keepAudit(session, studio, 'invite', { run: id, wallet })
      })
    })
  options(drop.command('run').argument('<policy>', 'the policy file'))
    .description('all steps up to the sale, going on with an unfinished run of the same policy')
    .option('--salt <hex>', 'your share of the randomness', parseSalt)
    .addHelpText('after', `\nExample:\n  latentmint drop run drops/looms-first.yaml\n\n${VETO_FLOW}`)
    .action(async (policy: string, given: DropOptions) => runAll(session, policy, given))
}

interface VetoOptions {
  readonly reason: string
  readonly run?: string
  readonly json: boolean
}

const VETO_FLOW = `A veto needs the steps one by one, since \`drop run\` leaves no time for it:
  latentmint drop announce POLICY
  latentmint drop draw
  latentmint drop render
  latentmint drop veto INDEX --reason REASON
  latentmint drop commit
  latentmint drop publish
  latentmint drop open`

/** Adds `drop veto`. */
function registerVeto(drop: Command, session: Session): void {
  drop
    .command('veto')
    .description('keep a candidate from being sold, between render and commit; the reason is published with the drop')
    .argument('<index>', 'which candidate, from 0', parseCount)
    .requiredOption('--reason <text>', 'why, for everybody to read; at most 2000 characters')
    .option('--run <id>', 'which run; the newest when left out')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', `\nExample:\n  latentmint drop veto 17 --reason "Reads as a letter."\n\n${VETO_FLOW}`)
    .action(async (index: number, given: VetoOptions) => veto(session, index, given))
}

/** Adds `drop answer`. */
function registerAnswer(drop: Command, session: Session): void {
  drop
    .command('answer')
    .description('show every position of the drop that somebody asked to see; nothing is sold while one is open')
    .option('--run <id>', 'which run; the newest when left out')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint drop answer')
    .action(async (given: Pick<DropOptions, 'run' | 'json'>) => answer(session, given))
}

async function answer(session: Session, { run, json }: Pick<DropOptions, 'run' | 'json'>): Promise<void> {
  await withStudio(session, async (studio) => {
    const id = await chooseRun(studio, run)
    const registered = await studio.runs.outputs<StepOutputs['register']>(id, 'register')
    const bytes = await studio.runs.document(id, 'manifest.json')
    const committed = await studio.runs.outputs<StepOutputs['commit']>(id, 'commit')
    if (registered === null || bytes === null || committed === null) throw new StepMissing('answer', 'commit')
    const tools = { ...studio, progress: session.progress(json), signal: session.signal }
    const answers = await answerQuestions(tools, registered.collection, parseManifest(bytes))
    if (json) session.print(JSON.stringify({ run: id, ...answers }))
  })
}

/** What the operator does here stands beside what visitors do on the site. */
async function keepAudit(
  { now }: Session,
  { database, access }: Studio,
  action: string,
  subject: AuditEvent['subject'],
): Promise<void> {
  await appendAudit(database, { at: now(), account: access.account, action, subject })
}

async function veto(session: Session, index: number, { reason, run, json }: VetoOptions): Promise<void> {
  await withStudio(session, async (studio) => {
    const id = await chooseRun(studio, run)
    const found = await studio.runs.find(id)
    if (found === null) throw new ConfigInvalid(`there is no run ${id}`, 'database')
    const kept = await vetoCandidate(studio.database, found, { index, reason, curator: studio.access.account })
    await keepAudit(session, studio, 'veto', { run: id, index: kept.index, reason: kept.reason })
    if (json) return session.print(JSON.stringify({ run: id, ...kept }))
    session.print(`candidate ${kept.index} of run ${id} is vetoed: ${kept.reason}`)
  })
}

async function chooseRun(studio: Studio, id: string | undefined): Promise<string> {
  if (id !== undefined) return id
  const [newest] = await studio.runs.list()
  if (newest === undefined)
    throw new ConfigInvalid('there is no run yet: begin with `latentmint drop announce`', studio.home)
  return newest.id
}

/** Opens a run, does something with it, and closes its workers. */
async function withRun<T>(
  session: Session,
  studio: Studio,
  id: string,
  given: DropOptions,
  work: (opened: OpenRun) => Promise<T>,
): Promise<T> {
  const settings = { workers: given.workers, progress: session.progress(given.json), signal: session.signal }
  const opened = await openRun(studio, id, settings)
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

function say(session: Session, { json }: DropOptions, result: object): void {
  if (json) session.print(JSON.stringify(result))
}

async function announce(session: Session, policy: string, given: DropOptions): Promise<void> {
  const file = readPolicyFile(policy)
  await withStudio(session, async (studio) => {
    const run = await beginRun(studio, file, given.salt)
    await withRun(session, studio, run.id, given, async ({ steps }) => {
      const registered = await steps.register()
      const announced = await steps.announce()
      say(session, given, { run: run.id, ...registered, ...announced })
    })
  })
}

async function oneStep(session: Session, name: StepName, given: DropOptions): Promise<void> {
  await withStudio(session, async (studio) => {
    const id = await chooseRun(studio, given.run)
    await withRun(session, studio, id, given, async (opened) => {
      const note = (line: string): void => (given.json ? undefined : session.print(line))
      const outputs = name === 'commit' ? await commitWithFunnel(opened, note) : await opened.steps[name]()
      if (name === 'close') await keepDemand(studio, id)
      say(session, given, { run: id, ...outputs })
    })
  })
}

async function runAll(session: Session, policy: string, given: DropOptions): Promise<void> {
  const file = readPolicyFile(policy)
  await withStudio(session, async (studio) => {
    const unfinished = given.salt === undefined ? await unfinishedRun(studio, file.digest) : null
    const run = unfinished ?? (await beginRun(studio, file, given.salt))
    await withRun(session, studio, run.id, given, async (opened) => {
      const left = await runToSale(studio, opened, {
        step: async () => {},
        note: (line) => (given.json ? undefined : session.print(line)),
      })
      if (!given.json) session.print(`report ${left.report}\nNext: latentmint serve`)
      say(session, given, left)
    })
  })
}

async function status(session: Session, json: boolean): Promise<void> {
  await withStudio(session, async (studio) => {
    const runs = await Promise.all(
      (await studio.runs.list()).map(async ({ id, name }) => {
        const steps = await studio.runs.steps(id)
        return { run: id, name, steps, outputs: outputsOf(steps) }
      }),
    )
    const transactions = await transactionsOnTheirWay(studio.database)
    if (json) return session.print(JSON.stringify({ runs, transactions }))
    if (runs.length === 0)
      session.print('There is no run yet. Begin with: latentmint drop announce drops/looms-first.yaml')
    for (const { run, name, steps, outputs } of runs) {
      session.print(`${run}  ${name}`)
      session.print(`  ${steps.map(describeStep).join(' > ')}`)
      const archive = outputs.publish?.archive
      if (archive !== undefined) session.print(`  archive ${archive.path}, sha-256 ${archive.digest}`)
      const { state, lastError } = steps.at(-1) ?? {}
      if (state === 'failed' && lastError) session.print(`  ${lastError.code}: ${lastError.message}`)
    }
    for (const { intent, nonce, state, hash, maxFeeGwei } of transactions) {
      session.print(`on its way: ${intent}, nonce ${nonce}, ${state}, offers ${maxFeeGwei} gwei, ${hash}`)
    }
  })
}

function describeStep({ step, state, attempts }: StepRecord): string {
  if (state === 'done') return step
  return `${step} (${state === 'failed' ? 'failed' : 'begun'}${attempts > 1 ? `, attempt ${attempts}` : ''})`
}

function outputsOf(steps: readonly { readonly step: string; readonly outputs: unknown }[]): Partial<StepOutputs> {
  return Object.fromEntries(steps.map(({ step, outputs }) => [step, outputs]))
}
