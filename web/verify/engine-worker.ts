import wasmAddress from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import {
  type CanonicalEngine,
  createCanonicalEngine,
  EngineError,
  EngineUnfit,
  type Recipe,
  renderArtifact,
  selfTest,
} from '../../gan/index.ts'
import type { EngineAnswer, EngineAsked, EngineFailure, EngineMade, EngineQuestion } from './engine-port.ts'

// The canonical engine on a thread of its own. What needs no network is done at once, while others still read the chain.
const tested = testEngine()
tested.catch(() => undefined)
let opened: { readonly engine: CanonicalEngine; readonly recipe: Recipe } | null = null

addEventListener('message', ({ data: port }: MessageEvent<MessagePort>) => {
  port.addEventListener('message', ({ data: { id, question } }: MessageEvent<EngineAsked>) => {
    void work(question).then(
      (made) => port.postMessage({ id, made } satisfies EngineAnswer),
      (error: unknown) => port.postMessage({ id, failure: failureOf(error) } satisfies EngineAnswer),
    )
  })
  port.start()
})

/** The binary comes with the page; the known answers say that this browser computes as all others do. */
async function testEngine(): Promise<Uint8Array> {
  const response = await fetch(wasmAddress)
  const wasm = new Uint8Array(await response.arrayBuffer())
  await selfTest(wasm)
  return wasm
}

async function work(question: EngineQuestion): Promise<EngineMade> {
  if (question.task === 'open') {
    const { bundle, recipe } = question
    const engine = await createCanonicalEngine({ bundle, recipe, wasm: await tested })
    opened = { engine, recipe }
    return {}
  }
  if (opened === null) throw new TypeError(`the engine was asked to ${question.task} before it had a network`)
  if (question.task === 'render') return { images: await opened.engine.render(question.seeds) }
  return { png: renderArtifact(question.rgb, opened.engine.resolution, opened.recipe, question.provenance) }
}

function failureOf(error: unknown): EngineFailure {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof EngineUnfit) {
    const { check, expected, actual } = error
    return { kind: 'unfit', message, check, expected, actual }
  }
  return { kind: error instanceof EngineError ? 'refused' : 'failed', message }
}
