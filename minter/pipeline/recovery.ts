import { directoryCid } from '../domain/cid.ts'
import { neutralSnapshot, snapshotJson } from '../domain/demand.ts'
import { type Hex, ZERO_DIGEST } from '../domain/digest.ts'
import { type Manifest, parseManifest } from '../domain/manifest.ts'
import { phaseTerms } from '../domain/phase-terms.ts'
import { type Policy, policyDigest } from '../domain/policy.ts'
import { readPolicy } from '../domain/policy-json.ts'
import { rankClass } from '../domain/ranking.ts'
import { saltHash } from '../domain/seed.ts'
import { readVetoes, type Veto } from '../domain/vetoes.ts'
import { ContentAltered, RecoveryImpossible } from '../errors.ts'
import type { Address, DropHistory, DropOnChain } from '../ports.ts'
import { fetchRoot, readFiles } from './published-files.ts'
import { publishDrop } from './publish-step.ts'
import { type Run, runId } from './runs.ts'
import { DEMAND_DOCUMENT } from './select-step.ts'
import type { DropTools, DropWork, StepOutputs } from './tools.ts'

/** Which drop. */
export interface DropPlace {
  readonly collection: Address
  readonly drop: number
}

/** What its operator can add to what the chain and the directory say. */
export interface OwnKnowledge {
  /** Needed before the commit, which publishes it. */
  readonly policy: Policy | null
  /** The snapshot that the policy names. */
  readonly demand: Uint8Array | null
  /** Needed before the draw, which reveals it. */
  readonly salt: Hex | null
}

/** What a recovered run starts from. */
export interface RecoveredDrop {
  readonly run: Run
  readonly info: DropOnChain
  /** In the order of a drop. */
  readonly steps: readonly (readonly [step: string, outputs: object])[]
  readonly documents: readonly (readonly [name: string, content: Uint8Array])[]
  readonly vetoes: readonly Veto[]
}

/** What recovering stands on. */
export type RecoveryTools = Pick<DropTools, 'access' | 'chain' | 'house' | 'store' | 'places' | 'signal'>

/** What the directory says, checked against the chain. */
interface Published {
  readonly directory: string
  readonly policy: Policy
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly demand: Uint8Array
  readonly vetoes: readonly Veto[]
}

async function readPublished(tools: RecoveryTools, info: DropOnChain): Promise<Published | null> {
  if (info.root === ZERO_DIGEST) return null
  const directory = directoryCid(info.directoryDigest)
  await fetchRoot(tools, directory)
  const read = (path: string): Promise<Uint8Array> => tools.store.readFile(directory, path)
  const manifestBytes = await read('manifest.json')
  const manifest = parseManifest(manifestBytes)
  if (manifest.root !== info.root) throw new ContentAltered(`${directory}/manifest.json`, info.root, manifest.root)
  return {
    directory,
    policy: readPolicy(await read('policy.json'), `${directory}/policy.json`),
    manifest,
    manifestBytes,
    demand: await read('demand.json'),
    vetoes: readVetoes(await read('vetoes.json')),
  }
}

/** From when the policy's relative times count, by the phases that were announced; else the block's own time. */
function announcedAt(policy: Policy, starts: readonly number[], blockTime: number): number {
  const index = policy.phases.findIndex(({ start }) => start.from === 'announcement')
  const [phase, start] = [policy.phases[index], starts[index]]
  return phase === undefined || start === undefined ? blockTime : start - phase.start.seconds
}

function stripScheme(uri: string): string {
  return uri.replace(/^ipfs:\/\//u, '')
}

type Steps = readonly (readonly [step: string, outputs: object])[]

async function earlySteps(
  tools: RecoveryTools,
  { collection, drop }: DropPlace,
  info: DropOnChain,
  known: { readonly policy: Policy; readonly blockTime: number },
): Promise<Steps> {
  const { access, chain } = tools
  const house = await tools.house()
  const model = await chain.lineageOf(house, info.model)
  const phases = await chain.phasesOf(collection, drop)
  const at = announcedAt(
    known.policy,
    phases.map(({ start }) => start),
    known.blockTime,
  )
  const expected = known.policy.phases.map((phase) => phaseTerms(phase, at, access.account))
  if (expected.some(({ start, end }, i) => start !== phases[i]?.start || end !== phases[i].end)) {
    throw new RecoveryImpossible(`the phases of drop ${drop} are not those of its policy`, collection)
  }
  const registered: StepOutputs['register'] = {
    house,
    datasetId: model.datasetId,
    modelId: info.model,
    collection,
    bundleCid: stripScheme(model.bundleUri),
    datasetCid: stripScheme(model.datasetUri),
  }
  return [
    ['register', registered],
    ['announce-time', { announcedAt: at }],
    ['announce', { drop, seedBlock: info.seedBlock, announcedAt: at }],
    ...(info.masterSeed === ZERO_DIGEST ? [] : [['draw', { masterSeed: info.masterSeed }] as const]),
  ]
}

function lateSteps(info: DropOnChain, { directory, manifest, policy }: Published): Steps {
  const passed = manifest.candidates.filter((row) => rankClass(row, policy.thresholds) === 2).length
  const edition = manifest.candidates.filter(({ artifactDigest }) => artifactDigest !== ZERO_DIGEST).length
  return [
    ['render', { candidates: manifest.candidates.length }],
    ['select', { passed, edition, root: info.root }],
    ['commit', { root: info.root, directory, liveAt: info.liveAt }],
  ]
}

interface Sources {
  readonly info: DropOnChain
  readonly history: DropHistory
  readonly published: Published | null
  readonly own: OwnKnowledge
}

/** Policy and salt, from whoever knows them; the chain knows the digests of both from the beginning. */
function whatIsHidden(where: string, { info, history, published, own }: Sources): { policy: Policy; salt: Hex } {
  const policy = published?.policy ?? own.policy
  if (policy === null) throw new RecoveryImpossible('its policy is published only with the commit', where)
  if (policyDigest(policy) !== info.policyDigest) {
    throw new RecoveryImpossible(`its policy has the digest ${info.policyDigest}, another one was given`, where)
  }
  const salt = history.salt ?? own.salt
  if (salt === null) throw new RecoveryImpossible('its salt is revealed only by the draw', where)
  if (saltHash(salt) !== history.saltHash) throw new RecoveryImpossible('its salt is another one', where)
  return { policy, salt }
}

/**
 * Learns a drop from the chain and from its directory alone.
 *
 * @throws {RecoveryImpossible} when the policy or the salt is needed and was not given, or is another one
 * @throws {ContentMissing} when no place holds the directory any more
 */
export async function readDrop(tools: RecoveryTools, place: DropPlace, own: OwnKnowledge): Promise<RecoveredDrop> {
  const { collection, drop } = place
  const info = await tools.chain.dropOf(collection, drop)
  const history = await tools.chain.historyOf(collection, drop)
  const published = await readPublished(tools, info)
  const { policy, salt } = whatIsHidden(`drop ${drop} of ${collection}`, { info, history, published, own })
  const model = await tools.chain.lineageOf(await tools.house(), info.model)
  const early = await earlySteps(tools, place, info, { policy, blockTime: history.announcedAt })
  return {
    run: {
      id: runId(info.policyDigest, salt),
      name: policy.name,
      policy,
      policyDigest: info.policyDigest,
      bundleDigest: model.bundleDigest,
      salt,
    },
    info,
    steps: [...early, ...(published === null ? [] : lateSteps(info, published))],
    documents: [
      [DEMAND_DOCUMENT, published?.demand ?? own.demand ?? snapshotJson(neutralSnapshot())],
      ...(published === null ? [] : [['manifest.json', published.manifestBytes] as const]),
    ],
    vetoes: published?.vetoes ?? [],
  }
}

/** Writes a drop's rows; again, it changes nothing. */
export async function writeDrop(
  { database, runs }: Pick<DropTools, 'database' | 'runs'>,
  { run, steps, documents, vetoes }: RecoveredDrop,
): Promise<void> {
  if ((await runs.find(run.id)) === null) await runs.create(run)
  for (const [name, content] of documents) await runs.putDocument(run.id, name, content)
  for (const { index, reason, curator } of vetoes) {
    const sql = 'insert into vetoes (run_id, candidate, reason, curator) values ($1, $2, $3, $4) on conflict do nothing'
    await database.query(sql, [run.id, index, reason, curator])
  }
  for (const [step, outputs] of steps) {
    await runs.once(run.id, step, async () => outputs, { recovered: true })
  }
}

/** Does the publishing again, from the directory itself: no candidate has to be rendered for it. */
export async function publishRecovered(tools: DropTools, work: DropWork, recovered: RecoveredDrop): Promise<void> {
  const { id } = work.run
  const committed = await tools.runs.outputs<StepOutputs['commit']>(id, 'commit')
  const registered = await tools.runs.outputs<StepOutputs['register']>(id, 'register')
  if (committed === null || registered === null) return
  const { directory } = committed
  for (const cid of [registered.bundleCid, registered.datasetCid]) await fetchRoot(tools, cid)
  const progress = tools.progress.step('publish')
  const { vetoes } = recovered
  await tools.runs.once(
    id,
    'publish',
    async () => publishDrop(tools, work, await readFiles(tools.store, directory), { registered, directory }),
    { recovered: true, vetoes: vetoes.length },
  )
  progress.done('held where it was, read back and hashed again')
}
