import { type Bundle, EngineError, EngineUnfit, type Recipe, type Rendered } from '../../gan/index.ts'
import type { AuditEngine, Provenance } from '../../minter/domain/audit-source.ts'

/** What the engine on the other thread is asked. */
export type EngineQuestion =
  | { readonly task: 'open'; readonly bundle: Bundle; readonly recipe: Recipe }
  | { readonly task: 'render'; readonly seeds: readonly Uint8Array[] }
  | { readonly task: 'renderArtifact'; readonly rgb: Uint8Array; readonly provenance: Provenance }

/** A question with the number that its answer will bear. */
export interface EngineAsked {
  readonly id: number
  readonly question: EngineQuestion
}

/** An error as it travels between threads: an unfit engine must not pass for a broken token, nor a bug for either. */
export type EngineFailure =
  | { readonly kind: 'refused' | 'failed'; readonly message: string }
  | {
      readonly kind: 'unfit'
      readonly message: string
      readonly check: string
      readonly expected: string
      readonly actual: string
    }

/** What the engine made; which of these, depends on the question. */
export interface EngineMade {
  readonly images?: readonly Rendered[]
  readonly png?: Uint8Array
}

/** The answer to the question of the same number. */
export type EngineAnswer =
  { readonly id: number; readonly made: EngineMade } | { readonly id: number; readonly failure: EngineFailure }

/** The engine refused what it was given, for a reason of the network's or the recipe's. */
class EngineRefused extends EngineError {
  readonly code = 'VERIFY_ENGINE_REFUSED'
}

/** Tells who watches what the engine is doing, and shows the piece that it made. */
export interface EngineWatcher {
  doing(what: string): void
  remade(png: Uint8Array): void
}

/**
 * The engine of another thread, as the audit uses one.
 *
 * @param port of a channel whose other end the engine's worker has
 */
export async function openEngine(
  port: MessagePort,
  bundle: Bundle,
  recipe: Recipe,
  watcher: EngineWatcher,
): Promise<AuditEngine> {
  const ask = createAsk(port)
  watcher.doing('Starting the engine')
  await ask({ task: 'open', bundle, recipe })
  return {
    resolution: bundle.description.G.img_resolution,
    render: async (seeds) => {
      watcher.doing(seeds.length === 1 ? 'Making the picture again' : `Making ${seeds.length} pictures again`)
      const { images = [] } = await ask({ task: 'render', seeds })
      return images
    },
    renderArtifact: async (rgb, provenance) => {
      const { png = new Uint8Array() } = await ask({ task: 'renderArtifact', rgb, provenance })
      watcher.remade(png)
      return png
    },
  }
}

function createAsk(port: MessagePort): (question: EngineQuestion) => Promise<EngineMade> {
  const waiting = new Map<number, (answer: EngineAnswer) => void>()
  let asked = 0
  port.addEventListener('message', ({ data }: MessageEvent<EngineAnswer>) => {
    waiting.get(data.id)?.(data)
    waiting.delete(data.id)
  })
  port.start()
  return (question) =>
    new Promise((resolve, reject) => {
      const id = asked++
      waiting.set(id, (answer) => {
        if ('failure' in answer) reject(errorOf(answer.failure))
        else resolve(answer.made)
      })
      port.postMessage({ id, question } satisfies EngineAsked)
    })
}

function errorOf(failure: EngineFailure): Error {
  if (failure.kind === 'unfit') return new EngineUnfit(failure.check, failure.expected, failure.actual)
  return failure.kind === 'refused' ? new EngineRefused(failure.message) : new Error(failure.message)
}
