import { parseManifest } from '../domain/manifest.ts'
import { StepMissing } from '../errors.ts'
import type { StepProgress } from '../ports.ts'
import { announceDrop, drawSeeds, registerModel } from './announce-step.ts'
import { closeDrop } from './close-step.ts'
import { commitDrop, directoryFiles, publishDrop } from './publish-step.ts'
import { renderCandidates } from './render-step.ts'
import { chooseEdition, type Chosen, loadSnapshot } from './select-step.ts'
import type {
  Announced,
  Closed,
  Committed,
  Drawn,
  DropTools,
  DropWork,
  Published,
  Registered,
  Selected,
  StepOutputs,
} from './tools.ts'

/** The steps of one drop. Each does its work once, whatever happened before, and finds what the others left. */
export interface DropSteps {
  register(): Promise<Registered>
  announce(): Promise<Announced>
  draw(): Promise<Drawn>
  render(): Promise<{ candidates: number }>
  select(): Promise<Selected>
  commit(): Promise<Committed>
  publish(): Promise<Published>
  open(): Promise<{ liveAt: number }>
  close(): Promise<Closed>
  /** The selection, computed from what is stored when it is not at hand. */
  chosen(): Promise<Chosen>
  /** What a step left. */
  left<Step extends keyof StepOutputs>(step: Step): Promise<StepOutputs[Step]>
}

/** The steps whose outputs each step reads. */
const STANDS_ON: Readonly<Record<keyof StepOutputs, readonly (keyof StepOutputs)[]>> = {
  register: [],
  announce: ['register'],
  draw: ['register', 'announce'],
  render: ['draw'],
  select: ['register', 'announce', 'draw', 'render'],
  commit: ['register', 'announce', 'select'],
  publish: ['register', 'commit'],
  open: ['register', 'announce', 'publish'],
  close: ['register', 'announce', 'select', 'open'],
}

class StepRunner implements DropSteps {
  private readonly tools: DropTools
  private readonly work: DropWork
  private choice: Chosen | undefined

  constructor(tools: DropTools, work: DropWork) {
    this.tools = tools
    this.work = work
  }

  async left<Step extends keyof StepOutputs>(step: Step): Promise<StepOutputs[Step]> {
    const outputs = await this.tools.runs.outputs<StepOutputs[Step]>(this.work.run.id, step)
    if (outputs === null) throw new StepMissing(this.work.run.name, step)
    return outputs
  }

  register(): Promise<Registered> {
    return this.step(
      'register',
      undefined,
      async () => registerModel(this.tools, this.work),
      (out) => `model ${short(out.modelId)}`,
    )
  }

  async announce(): Promise<Announced> {
    const registered = await this.left('register')
    return this.step(
      'announce',
      undefined,
      () => announceDrop(this.tools, this.work, registered),
      (out) => `drop ${out.drop}, seeds from block ${out.seedBlock}`,
    )
  }

  async draw(): Promise<Drawn> {
    const registered = await this.left('register')
    const announced = await this.left('announce')
    return this.step(
      'draw',
      undefined,
      () => drawSeeds(this.tools, this.work, registered, announced),
      (out) => `master seed ${short(out.masterSeed)}`,
    )
  }

  async render(): Promise<{ candidates: number }> {
    const { masterSeed } = await this.left('draw')
    const total = this.work.policy.candidates
    return this.step(
      'render',
      total,
      async (progress) => {
        const { database, queue, signal } = this.tools
        const renderer = await this.tools.renderer()
        const job = { run: this.work.run.id, masterSeed, total }
        await renderCandidates({ database, queue, signal, renderer }, job, progress)
        return { candidates: total }
      },
      (out) => `${out.candidates} candidates`,
    )
  }

  async select(): Promise<Selected> {
    await this.left('render')
    return this.step(
      'select',
      this.work.policy.edition,
      async (progress) => {
        const { selection, manifest } = await this.choose(progress)
        return { passed: selection.passed, edition: selection.edition, root: manifest.root }
      },
      (out) => `${out.passed} pass, ${out.edition} for sale`,
    )
  }

  async commit(): Promise<Committed> {
    await this.left('render')
    const registered = await this.left('register')
    const announced = await this.left('announce')
    return this.step(
      'commit',
      undefined,
      async () => commitDrop(this.tools, this.work, await this.lastChoice(), { registered, announced }),
      (out) => `root ${short(out.root)}, directory ${out.directory}`,
    )
  }

  async publish(): Promise<Published> {
    const { directory } = await this.left('commit')
    const registered = await this.left('register')
    return this.step(
      'publish',
      undefined,
      async () => {
        const files = directoryFiles(this.work, await this.chosen(), registered)
        return publishDrop(this.tools, this.work, files, { registered, directory })
      },
      (out) =>
        `${out.files} files at ${out.stores.join(', ')}, read back and hashed again; archive ${short(out.archive.digest)}`,
    )
  }

  async open(): Promise<{ liveAt: number }> {
    await this.left('publish')
    const { collection } = await this.left('register')
    const { drop } = await this.left('announce')
    return this.step(
      'open',
      undefined,
      async () => {
        // The commit began the challenge window; until it is final, a reorganisation may begin it anew.
        await this.tools.access.settle(this.tools.signal)
        const { liveAt } = await this.tools.chain.dropOf(collection, drop)
        await this.tools.access.waitForTime(liveAt, this.tools.signal)
        return { liveAt }
      },
      (out) => `for sale since ${new Date(out.liveAt * 1000).toISOString()}`,
    )
  }

  async close(): Promise<Closed> {
    const registered = await this.left('register')
    const announced = await this.left('announce')
    const { edition } = await this.left('select')
    await this.left('open')
    return this.step(
      'close',
      undefined,
      async () => {
        const { manifest, snapshot } = await this.published()
        return closeDrop(this.tools, this.work, { registered, announced, edition }, { manifest, snapshot })
      },
      (out) => `${out.minted.length} sold, ${out.claims.length} contributors paid`,
    )
  }

  chosen(): Promise<Chosen> {
    return this.choose({ advance: () => {}, done: () => {} })
  }

  /** What was committed to, as it was written down; selected again only where it is not. */
  private async published(): Promise<Pick<Chosen, 'manifest' | 'snapshot'>> {
    const { runs } = this.tools
    const { root } = await this.left('commit')
    const bytes = await runs.document(this.work.run.id, 'manifest.json')
    const manifest = bytes === null ? null : parseManifest(bytes)
    if (manifest?.root !== root) return this.chosen()
    return { manifest, snapshot: await loadSnapshot(this.tools, this.work) }
  }

  /** The selection once no veto is taken any more; selects again when one came in since. */
  private async lastChoice(): Promise<Chosen> {
    const selected = await this.tools.runs.outputs<Selected>(this.work.run.id, 'select')
    if (selected !== null) return this.chosen()
    this.choice = undefined
    await this.select()
    return this.chosen()
  }

  private async choose(progress: StepProgress): Promise<Chosen> {
    if (this.choice === undefined) {
      const done = {
        registered: await this.left('register'),
        announced: await this.left('announce'),
        drawn: await this.left('draw'),
      }
      this.choice = await chooseEdition(this.tools, this.work, done, progress)
    }
    return this.choice
  }

  /** What a step stands on: the run's own digests, and what the steps before it left. */
  private async inputs(name: keyof StepOutputs): Promise<object> {
    const { id, policyDigest, bundleDigest } = this.work.run
    const earlier = await Promise.all(
      STANDS_ON[name].map(async (step) => [step, await this.tools.runs.outputs(id, step)] as const),
    )
    return { policyDigest, bundleDigest, ...Object.fromEntries(earlier) }
  }

  private async step<Step extends keyof StepOutputs>(
    name: Step,
    total: number | undefined,
    work: (progress: StepProgress) => Promise<StepOutputs[Step]>,
    describe: (outputs: StepOutputs[Step]) => string,
  ): Promise<StepOutputs[Step]> {
    this.tools.signal.throwIfAborted()
    const progress = this.tools.progress.step(name, total)
    const outputs = await this.tools.runs.once(this.work.run.id, name, () => work(progress), await this.inputs(name))
    progress.done(describe(outputs))
    return outputs
  }
}

/** The first digits of a digest, for people. */
function short(digest: string): string {
  return `${digest.slice(0, 10)}…`
}

/** The steps of a drop over these tools. */
export function dropSteps(tools: DropTools, work: DropWork): DropSteps {
  return new StepRunner(tools, work)
}
