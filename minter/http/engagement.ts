import { z } from 'zod'
import type { HttpDeps } from './deps.ts'
import { endpoint, type Endpoint } from './endpoint.ts'
import * as shape from './shapes.ts'
import type { Gallery } from './snapshot.ts'

/** What visitors do with the pieces, as their pages report it. */
export function engagementEndpoints({ engagement }: HttpDeps, gallery: Gallery): readonly Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/drops/:drop/engagement',
      summary: 'What was done with pieces on a page, counted without asking by whom',
      params: shape.dropParams,
      query: z.object({}),
      body: shape.engagementInput,
      answer: shape.engagementShape,
      perMinute: 12,
      handle: async ({ params, body }) => {
        const { drop, onChain } = await gallery.snapshot(params.drop)
        const over = onChain.stage === 'closed' || onChain.stage === 'voided'
        const edition = drop.root === null || over ? 0 : drop.edition
        // However often a batch says it, a page does a thing with a piece once.
        const acts = new Map(body.acts.map((act) => [`${act.rank} ${act.act}`, act]))
        const counted = [...acts.values()].filter(({ rank }) => rank < edition)
        await engagement.count(drop.drop, counted)
        return { counted: counted.length }
      },
    }),
  ]
}
