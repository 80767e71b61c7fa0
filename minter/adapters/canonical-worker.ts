// A worker thread around the canonical engine; canonical-pool.ts starts it and asks.
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { createCanonicalEngine, openBundle, parseRecipe, renderArtifact, selfTest } from '../../gan/index.ts'
import { sha256 } from '../domain/digest.ts'
import { isBroken } from '../domain/qa.ts'
import { candidateTraits } from '../domain/traits.ts'
import type { ArtifactProvenance, MeasuredQuadrant } from '../ports.ts'
import { reply, tell } from '../worker-thread.ts'

/** What the pool hands over at the start. */
interface WorkerInput {
  readonly bundle: Uint8Array
  readonly recipe: unknown
  /** Path of the engine's binary. */
  readonly wasm: string
}

type Question =
  | { readonly task: 'render'; readonly seeds: readonly (number | Uint8Array)[] }
  | {
      readonly task: 'measure'
      readonly quadrants: readonly Uint8Array[]
      readonly seeds: readonly (number | Uint8Array)[]
    }
  | { readonly task: 'artifact'; readonly rgb: Uint8Array; readonly provenance: ArtifactProvenance }

const input: WorkerInput = workerData
const recipe = parseRecipe(input.recipe)
const bundle = openBundle(input.bundle)
const { description } = bundle
const wasm = new Uint8Array(readFileSync(input.wasm))
// A machine that computes something else must not have a part in a drop.
await selfTest(wasm)
const engine = await createCanonicalEngine({ bundle, recipe, wasm })

function measure(rgb: Uint8Array, seed: number | Uint8Array): MeasuredQuadrant {
  return { pixelDigest: sha256(rgb), traits: candidateTraits(description, seed, rgb), flat: isBroken(rgb) }
}

async function work(question: Question): Promise<object> {
  if (question.task === 'render') return { rendered: await engine.render(question.seeds) }
  if (question.task === 'measure')
    return { measured: question.quadrants.map((rgb, i) => measure(rgb, question.seeds[i] ?? 0)) }
  return { png: renderArtifact(question.rgb, engine.resolution, recipe, question.provenance) }
}

parentPort?.on('message', (question: Question) => void reply(() => work(question)))
tell({ ready: true, resolution: engine.resolution })
