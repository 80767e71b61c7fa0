import { type GeneratorKwargs, planGenerator } from './architecture.ts'
import { BundleInvalid } from './errors.ts'
import { createMapping, labelsFor, truncate } from './mapping.ts'
import { type Ops, type Parameters, scoped } from './ops.ts'
import { createSynthesis, styleCount, type Synthesis } from './synthesis.ts'

export interface Generator<T> {
  /**
   * Latents [n, zDim] and labels [n, cDim] to w [n, wDim]; null for what the network does not take.
   *
   * @throws {ShapeMismatch} when labels are missing
   */
  readonly map: (z: T | null, c: T | null) => T
  /**
   * One style per layer, drawn towards the mean; see `truncate`.
   *
   * @throws {BundleInvalid} when the model keeps no mean style and psi is not 1
   */
  readonly style: (w: T, psi: number, cutoff: number | null) => readonly T[]
  readonly synthesize: Synthesis<T>
}

/** Prepares mapping and synthesis over the same parameters. */
export function createGenerator<T>(ops: Ops<T>, kwargs: GeneratorKwargs, p: Parameters<T>): Generator<T> {
  const plan = planGenerator(kwargs)
  const mapping = scoped(p, 'mapping.')
  const map = createMapping(ops, plan.mapping_kwargs, plan.c_dim, mapping)
  const wAvg = () => {
    if (plan.mapping_kwargs.w_avg_beta === null) throw new BundleInvalid('it keeps no mean style, so psi must be 1')
    return mapping('w_avg')
  }
  return {
    map: (z, c) => map(plan.z_dim === 0 ? null : z, labelsFor(plan.c_dim, c)),
    style: (w, psi, cutoff) => truncate(ops, w, wAvg, styleCount(plan), psi, cutoff),
    synthesize: createSynthesis(ops, plan, scoped(p, 'synthesis.')),
  }
}
