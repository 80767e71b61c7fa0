import { BlockMissing, walkDag } from '../dag.ts'
import { digestOfCid } from '../domain/cid.ts'
import { type Hex, sha256, ZERO_DIGEST } from '../domain/digest.ts'
import { parseManifest } from '../domain/manifest.ts'
import { vetoDigest } from '../domain/vetoes.ts'
import type { Address, ContentStore, DropOnChain } from '../ports.ts'
import type { Run } from './runs.ts'
import type { DropTools, StepOutputs } from './tools.ts'
import { loadVetoes } from './vetoes.ts'

/** Two of the three (database, chain, directory) that do not say the same. */
export interface Difference {
  /** Null for a drop that the database does not know. */
  readonly run: string | null
  /** What is compared: `commit.root`, `directory/images/3.png`. */
  readonly what: string
  readonly database: string | null
  readonly chain: string | null
  readonly directory: string | null
}

type Tools = Pick<DropTools, 'database' | 'runs' | 'store' | 'chain' | 'house' | 'signal'>

const NOWHERE = { database: null, chain: null, directory: null } as const

/** Collects what differs in one run. */
class Comparison {
  readonly found: Difference[] = []
  private readonly run: string

  constructor(run: string) {
    this.run = run
  }

  chain(what: string, database: unknown, chain: unknown): void {
    if (String(database) !== String(chain)) this.add({ what, database: String(database), chain: String(chain) })
  }

  add(difference: Partial<Difference> & Pick<Difference, 'what'>): void {
    this.found.push({ run: this.run, ...NOWHERE, ...difference })
  }
}

interface Outputs {
  readonly register: StepOutputs['register'] | null
  readonly announce: StepOutputs['announce'] | null
  readonly draw: StepOutputs['draw'] | null
  readonly commit: StepOutputs['commit'] | null
  readonly publish: StepOutputs['publish'] | null
  readonly close: StepOutputs['close'] | null
}

async function outputsOf({ runs }: Tools, id: string): Promise<Outputs> {
  const of = <Step extends keyof StepOutputs>(step: Step): Promise<StepOutputs[Step] | null> => runs.outputs(id, step)
  return {
    register: await of('register'),
    announce: await of('announce'),
    draw: await of('draw'),
    commit: await of('commit'),
    publish: await of('publish'),
    close: await of('close'),
  }
}

/** The steps that the chain says are done, by a drop's state. */
function doneOnChain(info: DropOnChain): readonly (keyof Outputs)[] {
  if (info.state === 'none') return []
  return [
    'announce',
    ...(info.masterSeed === ZERO_DIGEST ? [] : (['draw'] as const)),
    ...(info.root === ZERO_DIGEST ? [] : (['commit'] as const)),
    ...(info.state === 'closed' ? (['close'] as const) : []),
  ]
}

function compareSteps(comparison: Comparison, run: Run, outputs: Outputs, info: DropOnChain): void {
  comparison.chain('policy digest', run.policyDigest, info.policyDigest)
  const done = doneOnChain(info)
  for (const step of ['announce', 'draw', 'commit', 'close'] as const) {
    const inDatabase = outputs[step] === null ? 'not done' : 'done'
    comparison.chain(step, inDatabase, done.includes(step) ? 'done' : 'not done')
  }
  if (outputs.announce !== null) comparison.chain('announce.seedBlock', outputs.announce.seedBlock, info.seedBlock)
  if (outputs.draw !== null) comparison.chain('draw.masterSeed', outputs.draw.masterSeed, info.masterSeed)
  if (outputs.commit === null) return
  comparison.chain('commit.root', outputs.commit.root, info.root)
  comparison.chain('commit.directory', digestOfCid(outputs.commit.directory), info.directoryDigest)
}

async function compareSales(tools: Tools, comparison: Comparison, outputs: Outputs, place: Place): Promise<void> {
  if (outputs.close === null) return
  const tokens = await tools.chain.tokensOf(place.collection, place.drop)
  comparison.chain('close.minted', outputs.close.minted.join(' '), tokens.map(({ rank }) => rank).join(' '))
}

/** Every block of a directory, hashed; says which are not there or not what they were. */
async function compareBlocks(comparison: Comparison, store: ContentStore, directory: string): Promise<boolean> {
  let whole = true
  try {
    for await (const { cid, bytes, path } of walkDag((block) => store.readBlock(block), directory)) {
      const found = sha256(bytes)
      if (found === digestOfCid(cid)) continue
      whole = false
      comparison.add({ what: `directory/${path}`, chain: digestOfCid(cid), directory: found })
    }
  } catch (error) {
    if (!(error instanceof BlockMissing)) throw error
    whole = false
    comparison.add({ what: `block ${error.cid}`, chain: directory, directory: 'missing' })
  }
  return whole
}

async function compareDirectory(tools: Tools, comparison: Comparison, run: Run, info: DropOnChain): Promise<void> {
  const { directory } = (await tools.runs.outputs<StepOutputs['commit']>(run.id, 'commit')) ?? {}
  if (directory === undefined || !(await compareBlocks(comparison, tools.store, directory))) return
  const published = sha256(await tools.store.readFile(directory, 'policy.json'))
  if (published !== run.policyDigest) {
    comparison.add({ what: 'policy.json', database: run.policyDigest, directory: published })
  }
  const bytes = await tools.store.readFile(directory, 'manifest.json')
  const { root } = parseManifest(bytes)
  if (root !== info.root) comparison.add({ what: 'manifest.json, root', chain: info.root, directory: root })
  const kept = await tools.runs.document(run.id, 'manifest.json')
  const digests = [kept === null ? 'missing' : sha256(kept), sha256(bytes)] as const
  if (digests[0] !== digests[1]) comparison.add({ what: 'manifest.json', database: digests[0], directory: digests[1] })
  const vetoes = vetoDigest(await loadVetoes(tools.database, run.id))
  const vetoesFile = sha256(await tools.store.readFile(directory, 'vetoes.json'))
  if (vetoes !== ZERO_DIGEST && vetoes !== vetoesFile) {
    comparison.add({ what: 'vetoes.json', database: vetoes, directory: vetoesFile })
  }
}

interface Place {
  readonly collection: Address
  readonly drop: number
}

async function compareRun(tools: Tools, run: Run, onPlace: (place: Place) => void): Promise<readonly Difference[]> {
  const comparison = new Comparison(run.id)
  const outputs = await outputsOf(tools, run.id)
  const { register, announce } = outputs
  if (register === null || announce === null) return []
  const place = { collection: register.collection, drop: announce.drop }
  onPlace(place)
  const info = await tools.chain.dropOf(place.collection, place.drop)
  if (info.state === 'none') {
    comparison.chain(`drop ${place.drop} of ${place.collection}`, 'announced', 'none')
    return comparison.found
  }
  comparison.chain('register.modelId', register.modelId, info.model)
  compareSteps(comparison, run, outputs, info)
  await compareSales(tools, comparison, outputs, place)
  if (outputs.publish !== null) await compareDirectory(tools, comparison, run, info)
  return comparison.found
}

/** Every drop of the collections that our account has made. */
export async function ownDrops(
  tools: Pick<DropTools, 'chain' | 'house'>,
  collections?: readonly Hex[],
): Promise<readonly Place[]> {
  const places: Place[] = []
  for (const collection of collections ?? (await tools.chain.collectionsOf(await tools.house()))) {
    for (let drop = 1; (await tools.chain.dropOf(collection, drop)).state !== 'none'; drop++) {
      places.push({ collection, drop })
    }
  }
  return places
}

/** Where a drop is, in a form that can be looked up. */
export function placeName({ collection, drop }: Place): string {
  return `drop ${drop} of ${collection}`
}

/**
 * Compares what the database, the chain and the directories say of every drop of ours.
 *
 * @param onRun told after each run
 */
export async function reconcile(tools: Tools, onRun: () => void): Promise<readonly Difference[]> {
  const differences: Difference[] = []
  const known = new Set<string>()
  for (const run of await tools.runs.list()) {
    tools.signal.throwIfAborted()
    differences.push(...(await compareRun(tools, run, (place) => known.add(placeName(place)))))
    onRun()
  }
  for (const place of await ownDrops(tools)) {
    if (known.has(placeName(place))) continue
    differences.push({ run: null, ...NOWHERE, what: placeName(place), database: 'unknown', chain: 'announced' })
  }
  return differences
}
