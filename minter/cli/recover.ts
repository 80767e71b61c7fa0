import type { Command } from 'commander'
import { RecoveryImpossible } from '../errors.ts'
import type { Hex } from '../domain/digest.ts'
import { type OwnKnowledge, publishRecovered, readDrop, type RecoveredDrop, writeDrop } from '../pipeline/recovery.ts'
import { type Difference, ownDrops, placeName, reconcile } from '../pipeline/reconcile.ts'
import type { StepOutputs } from '../pipeline/tools.ts'
import { EXIT } from './exit.ts'
import { parseAddress, parseSalt } from './options.ts'
import { openRun, readPolicyFile } from './runs.ts'
import type { Session } from './session.ts'
import { type Studio, withStudio } from './studio.ts'

interface RecoverOptions {
  readonly collection?: Hex
  readonly policy?: string
  readonly salt?: Hex
  readonly json: boolean
}

/** Adds `recover` and `reconcile`. */
export function registerRecovery(program: Command, session: Session): void {
  program
    .command('recover')
    .description('learn our drops again from the chain and their directories, into a database that does not know them')
    .option(
      '--collection <address>',
      'only the drops of this collection; all that our account made when left out',
      parseAddress,
    )
    .option('--policy <file>', 'the policy of a drop that is not committed yet')
    .option('--salt <hex>', 'the salt of a drop that is not drawn yet', parseSalt)
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint recover')
    .action(async (options: RecoverOptions) => recover(session, options))
  program
    .command('reconcile')
    .description('compare what the database, the chain and the directories say of our drops; changes nothing')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      '\nExits with 0 when they agree, with 5 when they do not.\n\nExample:\n  latentmint reconcile',
    )
    .action(async ({ json }: { json: boolean }) => compare(session, json))
}

/** Where the database's own runs are on the chain. */
async function knownPlaces({ runs }: Studio): Promise<ReadonlySet<string>> {
  const places = new Set<string>()
  for (const { id } of await runs.list()) {
    const registered = await runs.outputs<StepOutputs['register']>(id, 'register')
    const announced = await runs.outputs<StepOutputs['announce']>(id, 'announce')
    if (registered === null || announced === null) continue
    places.add(placeName({ collection: registered.collection, drop: announced.drop }))
  }
  return places
}

function ownKnowledge({ policy, salt }: RecoverOptions): OwnKnowledge {
  const file = policy === undefined ? null : readPolicyFile(policy)
  return { policy: file?.policy ?? null, demand: file?.demand ?? null, salt: salt ?? null }
}

/** Does what follows from what is known again: publishing from the directory, opening when it was open, closing when closed. */
async function goOn(session: Session, studio: Studio, recovered: RecoveredDrop, json: boolean): Promise<string[]> {
  const { run, info } = recovered
  const settings = { workers: session.config.workers, progress: session.progress(json), signal: session.signal }
  const opened = await openRun(studio, run.id, settings)
  try {
    if (recovered.steps.some(([step]) => step === 'commit')) {
      await publishRecovered(opened.tools, opened.work, recovered)
      if (info.state === 'closed' || info.liveAt <= (await studio.access.head()).time) await opened.steps.open()
      if (info.state === 'closed') await opened.steps.close()
    }
    return (await studio.runs.steps(run.id)).filter(({ state }) => state === 'done').map(({ step }) => step)
  } finally {
    await opened.close()
  }
}

/** What the chain and the directory do not say, and recovering therefore does not bring back. */
const LOST = 'Not brought back, since nobody else has it: invitations, visitors’ events, transactions on their way.'

async function recover(session: Session, options: RecoverOptions): Promise<void> {
  await withStudio(session, async (studio) => {
    const known = await knownPlaces(studio)
    const own = ownKnowledge(options)
    const tools = { ...studio, signal: session.signal }
    const recovered: object[] = []
    const failures: RecoveryImpossible[] = []
    for (const place of await ownDrops(studio, options.collection === undefined ? undefined : [options.collection])) {
      if (known.has(placeName(place))) continue
      try {
        const drop = await readDrop(tools, place, own)
        await writeDrop(studio, drop)
        const steps = await goOn(session, studio, drop, options.json)
        recovered.push({ run: drop.run.id, name: drop.run.name, ...place, steps, minted: drop.info.minted })
        if (!options.json) session.print(`${drop.run.id}  ${drop.run.name}, ${placeName(place)}: ${steps.join(' > ')}`)
      } catch (error) {
        // One that needs its operator's help keeps none of the others waiting.
        if (!(error instanceof RecoveryImpossible)) throw error
        failures.push(error)
      }
    }
    if (options.json) session.print(JSON.stringify({ recovered }))
    else session.print(recovered.length === 0 ? 'Nothing to recover: every drop is in the database.' : LOST)
    if (failures[0] !== undefined) throw failures[0]
  })
}

function line({ run, what, database, chain, directory }: Difference): string {
  const sides = Object.entries({ database, chain, directory }).filter(([, value]) => value !== null)
  return `${run ?? '(no run)'}  ${what}: ${sides.map(([side, value]) => `${side} ${value}`).join(', ')}`
}

async function compare(session: Session, json: boolean): Promise<void> {
  await withStudio(session, async (studio) => {
    const progress = session.progress(json).step('reconcile')
    const differences = await reconcile({ ...studio, signal: session.signal }, () => progress.advance())
    progress.done(differences.length === 0 ? 'all three agree' : `${differences.length} differences`)
    if (json) session.print(JSON.stringify({ differences }))
    else for (const difference of differences) session.print(line(difference))
    if (differences.length > 0) session.end(EXIT.integrity)
  })
}
