import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  type Bundle,
  type CanonicalEngine,
  type CanonicalOptions,
  createCanonicalEngine,
  renderArtifact,
  type Rendered,
} from '../../gan/index.ts'
import type { AuditEngine } from '../domain/audit-source.ts'

/** What a thread says to a batch of seeds. */
type Answer = { readonly images: readonly Rendered[] } | { readonly failure: string }

/** A thread could not render, so that nothing is known about the candidates that it had. */
class RenderThreadFailed extends Error {
  readonly code = 'AUDIT_RENDER_THREAD_FAILED'
}

/** The part of an engine that audits need, whoever does the work. */
export type RenderEngine = AuditEngine & Pick<CanonicalEngine, 'dispose'>

/**
 * The canonical engine on several threads; the bits do not depend on how many.
 *
 * @param threads 1 works on the calling thread, which spares small audits the start of others
 */
export async function createRenderEngine(options: CanonicalOptions, threads: number): Promise<RenderEngine> {
  const { img_resolution: resolution } = options.bundle.description.G
  const artifacts: Pick<AuditEngine, 'renderArtifact'> = {
    renderArtifact: async (rgb, provenance) => renderArtifact(rgb, resolution, options.recipe, provenance),
  }
  if (threads <= 1) return { ...(await createCanonicalEngine(options)), ...artifacts }
  const workerData = { ...options, bundle: sharedBundle(options.bundle) }
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./render-worker.ts', import.meta.url), { workerData }),
  )
  return {
    resolution,
    ...artifacts,
    async render(seeds) {
      const part = Math.ceil(seeds.length / workers.length)
      const parts = workers.map((worker, i) => renderPart(worker, seeds.slice(i * part, (i + 1) * part)))
      return (await Promise.all(parts)).flat()
    },
    dispose() {
      for (const worker of workers) void worker.terminate()
    },
  }
}

/** The same with its weights in memory that threads share, instead of a copy for each of them. */
function sharedBundle(bundle: Bundle): Bundle {
  return { ...bundle, generator: shared(bundle.generator), discriminator: shared(bundle.discriminator) }
}

function shared(weights: Bundle['generator']): Bundle['generator'] {
  const entries = [...weights].map(([name, { shape, data }]) => {
    const copy = new Float32Array(new SharedArrayBuffer(data.byteLength))
    copy.set(data)
    return [name, { shape, data: copy }] as const
  })
  return new Map(entries)
}

async function renderPart(worker: Worker, seeds: readonly (number | Uint8Array)[]): Promise<readonly Rendered[]> {
  if (seeds.length === 0) return []
  const answered = once(worker, 'message')
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, which has no origin
  worker.postMessage(seeds)
  const [answer]: Answer[] = await answered
  if (answer !== undefined && 'images' in answer) return answer.images
  throw new RenderThreadFailed(answer?.failure ?? 'a thread said nothing')
}
