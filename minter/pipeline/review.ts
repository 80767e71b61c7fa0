import { composePiece, encodePng } from '../../gan/index.ts'
import { nearest } from '../domain/novelty.ts'
import type { Selection } from '../domain/selection.ts'
import type { Veto } from '../domain/vetoes.ts'
import { StepMissing } from '../errors.ts'
import { gatherPool, type Pool, selectFrom } from './select-step.ts'
import type { Drawn, DropTools, DropWork, Registered } from './tools.ts'
import { loadVetoes, vetoCandidate, vetoStage } from './vetoes.ts'

const NEIGHBOURS = 6

/** The selection of a run as it would be committed now. */
export interface ReviewSheet {
  readonly work: DropWork
  /** Whether a veto can still be given. */
  readonly open: boolean
  readonly selection: Selection
  readonly vetoes: readonly Veto[]
}

/** A candidate that looks like another. */
export interface Neighbour {
  readonly index: number
  /** Squared, in the discriminator's quantised features. */
  readonly distance: number
}

/** What a curator sees between render and commit: everything that can be vetoed, and nothing that can be added. */
export interface Review {
  /** @throws {StepMissing} before the candidates are rendered */
  sheet(): Promise<ReviewSheet>
  /** The candidate's piece before it is enlarged, as PNG; null when there is no such candidate. */
  picture(index: number): Promise<Uint8Array | null>
  /** The candidates that the discriminator finds most alike, nearest first. */
  neighbours(index: number): Promise<readonly Neighbour[]>
  /** See `vetoCandidate`. */
  veto(given: Veto): Promise<Veto>
}

/**
 * Opens a run for review. What is shown is what `chooseEdition` would choose, but for files that turn out too large,
 * which nobody knows before they are made.
 */
export function openReview(tools: DropTools, work: DropWork): Review {
  const { id } = work.run
  // What was rendered never changes, and a thousand candidates take seconds to measure.
  let gathered: Promise<Pool> | undefined

  async function gather(): Promise<Pool> {
    const registered = await tools.runs.outputs<Registered>(id, 'register')
    const drawn = await tools.runs.outputs<Drawn>(id, 'draw')
    if (registered === null || drawn === null || (await vetoStage(tools.database, id)) === 'early')
      throw new StepMissing('review', 'render')
    return gatherPool(tools, work, registered, drawn)
  }
  function pool(): Promise<Pool> {
    gathered ??= gather()
    gathered.catch(() => (gathered = undefined))
    return gathered
  }
  return {
    sheet: async () => {
      const kept = await pool()
      const vetoes = await loadVetoes(tools.database, id)
      const open = (await vetoStage(tools.database, id)) === 'open'
      return { work, open, vetoes, selection: selectFrom(work, { ...kept, vetoes }, []) }
    },
    picture: async (index) => {
      const { stored } = await pool()
      const rgb = stored[index]?.rgb
      if (rgb === undefined) return null
      const { recipe, bundle } = work.model
      const small = { ...recipe, upscale: { ...recipe.upscale, factor: 1 } }
      return encodePng(composePiece(rgb, bundle.description.G.img_resolution, small))
    },
    neighbours: async (index) => {
      const { stored } = await pool()
      const own = stored[index]
      if (own === undefined) return []
      const others = stored.filter((candidate) => candidate !== own)
      const features = others.map((other) => other.features)
      return nearest(own.features, features, NEIGHBOURS).map(({ position, distance }) => {
        return { index: others[position]?.index ?? position, distance }
      })
    },
    veto: (given) => vetoCandidate(tools.database, work.run, given),
  }
}
