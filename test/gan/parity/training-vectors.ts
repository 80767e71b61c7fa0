import { augmentRows } from './augment-vectors.ts'
import { GRADIENT_SETS, gradientRows, type GradientSet } from './gradient-vectors.ts'
import { loopRows } from './loop-vectors.ts'
import type { TrainingRow } from './training-row.ts'

/** Everything that is known of official training, on whatever backend TensorFlow.js is set to. */
export async function trainingRows(): Promise<readonly TrainingRow[]> {
  const rows: TrainingRow[] = []
  for (const set of Object.keys(GRADIENT_SETS) as GradientSet[]) {
    // One after the other: they share one device.
    // oxlint-disable-next-line no-await-in-loop
    rows.push(...(await gradientRows(set)))
  }
  return [...rows, ...(await loopRows()), ...(await augmentRows())]
}
