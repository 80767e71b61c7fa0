import type { Interpreter } from '../interpreter.ts'
import { countImages, pickImages, type TrainingSet } from '../training/training-set.ts'
import { chooseHalves } from './evaluate.ts'
import { selectRows } from './features.ts'
import { frechetDistance } from './frechet.ts'
import { openRandomEye, type Tell } from './networks.ts'
import { LEAST_SIDE } from './random-features.ts'

/** Tells again and again how far a network that learns is from its pictures. */
export interface DistanceGauge {
  /** What is to be made: seeds, see `latentFromSeed`, and the class of each; null where there are none. */
  readonly seeds: readonly number[]
  readonly classes: readonly number[] | null
  /** The distance of other real pictures. */
  readonly floor: number
  /** The distance of what was made. */
  readonly measure: (made: Uint8Array) => Promise<number>
  readonly dispose: () => void
}

/**
 * Prepares the Frechet distance on random features, with the same pictures and seeds as `evaluateModel` has for seed 0.
 *
 * @param samples pictures on each side; fewer where there are not twice as many
 * @param tell is told how many of the real pictures were looked at
 * @returns null for pictures that random features cannot be taken of, or fewer than four
 */
export async function openDistanceGauge(
  interpreter: Interpreter,
  set: TrainingSet,
  samples: number,
  tell?: Tell,
): Promise<DistanceGauge | null> {
  const { seeds, labels, reference, probe } = chooseHalves(set, samples, 0)
  if (set.size % LEAST_SIDE !== 0 || countImages(set) < 4 || seeds.length < 2) return null
  const eye = await openRandomEye(interpreter, set.size)
  const real = await eye.look(pickImages(set, [...reference, ...probe]), tell)
  const rows = [...reference.keys()]
  const known = selectRows(real, rows)
  const other = selectRows(
    real,
    rows.map((row) => row + rows.length),
  )
  return {
    seeds,
    classes: labels,
    floor: frechetDistance(known, other),
    measure: async (made) => frechetDistance(known, await eye.look(made)),
    dispose: eye.dispose,
  }
}
