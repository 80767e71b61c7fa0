import type { Command } from 'commander'
import { createSeedRenderer, type Rendered } from '../../gan/index.ts'
import type { EngineSource } from '../engine-source.ts'
import { type LoadedModel } from '../pipeline/model.ts'
import { installEngine, INSTALLABLE, type InstallOptions } from './engine-install.ts'
import { ENGINES, openEngine } from './engine-registry.ts'
import { explainFailure } from './exit.ts'
import { readModel, SHIPPED_MODEL } from './model-files.ts'
import type { Session } from './session.ts'

/** Enough for a steady figure, short enough for software that pretends to be a graphics processor. */
const MEASURED_MS = 3000
const BATCH = 8

/** What can be said of one engine on this machine. */
interface EngineState {
  readonly name: string
  readonly purpose: string
  readonly here: boolean
  /** Versions and device; or why it is absent, and how to get it. */
  readonly detail: string
  /** Rendered and scored, of the shipped model. */
  readonly imagesPerSecond?: number
  /** How far a byte of its images is from the canonical one, of 255. */
  readonly largestDifference?: number
}

/** Adds `engines`. */
export function registerEngines(program: Command, session: Session): void {
  const engines = program
    .command('engines')
    .description('what can compute here, how fast, and how to get the rest')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText('after', '\nExamples:\n  latentmint engines\n  latentmint engines install tensorflow --wheel')
    .action(async ({ json }: { readonly json: boolean }) => listEngines(session, json))
  engines
    .command('install')
    .description('fetch an engine, after saying how much that is')
    .argument('<name>', INSTALLABLE.join(', '))
    .option('--wheel', "build against the libtensorflow in TensorFlow's Python wheel; needs python3 and g++", false)
    .option('--yes', 'fetch without asking', false)
    .addHelpText('after', '\nExample:\n  latentmint engines install webgpu --yes')
    .action(async (name: string, options: InstallOptions) => installEngine(session, name, options))
}

async function listEngines(session: Session, json: boolean): Promise<void> {
  const model = readModel(SHIPPED_MODEL)
  const canonical = await renderFirst(session, model)
  const states: EngineState[] = []
  for (const source of ENGINES) {
    session.signal.throwIfAborted()
    const state = await examine(session, source, model, canonical)
    states.push(state)
    if (!json) session.print(describeState(state))
  }
  if (json) session.print(JSON.stringify({ engines: states }))
}

async function renderFirst(session: Session, { bundle, recipe }: LoadedModel): Promise<readonly Rendered[]> {
  const { interpreter } = await openEngine('canonical', session.config.engines)
  const renderer = await createSeedRenderer(interpreter, bundle, recipe)
  const rendered = await renderer.render(firstSeeds())
  renderer.dispose()
  return rendered
}

function firstSeeds(): readonly number[] {
  return Array.from({ length: BATCH }, (_, seed) => seed)
}

/** Opens, warms up, measures; an engine that fails is absent, and says why. */
async function examine(
  session: Session,
  source: EngineSource,
  { bundle, recipe }: LoadedModel,
  canonical: readonly Rendered[],
): Promise<EngineState> {
  const { name, purpose } = source
  try {
    const { interpreter, detail } = await source.open(session.config.engines)
    const renderer = await createSeedRenderer(interpreter, bundle, recipe)
    const first = await renderer.render(firstSeeds())
    const start = session.elapsed()
    let images = 0
    while (images === 0 || session.elapsed() - start < MEASURED_MS)
      images += (await renderer.render(firstSeeds())).length
    const seconds = (session.elapsed() - start) / 1000
    renderer.dispose()
    return {
      name,
      purpose,
      here: true,
      detail,
      imagesPerSecond: Number((images / seconds).toFixed(1)),
      largestDifference: compareBytes(first, canonical),
    }
  } catch (error) {
    return { name, purpose, here: false, detail: explainFailure(error).what }
  }
}

function compareBytes(images: readonly Rendered[], canonical: readonly Rendered[]): number {
  let largest = 0
  for (const [i, { rgb }] of images.entries()) {
    for (const [k, byte] of rgb.entries()) {
      largest = Math.max(largest, Math.abs(byte - (canonical[i]?.rgb[k] ?? 0)))
    }
  }
  return largest
}

function describeState({ name, here, purpose, detail, imagesPerSecond, largestDifference }: EngineState): string {
  if (!here) return `${name.padEnd(12)} absent   ${purpose}\n${' '.repeat(22)}${detail}`
  const bits = largestDifference === 0 ? 'the same bytes' : `bytes differ by ${largestDifference} of 255 at most`
  const speed = `${imagesPerSecond} images/s, rendered and scored; ${bits}`
  return `${name.padEnd(12)} here     ${purpose}\n${' '.repeat(22)}${detail}\n${' '.repeat(22)}${speed}`
}
