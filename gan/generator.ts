import type { GeneratorKwargs } from './architecture.ts'
import { mapLatent, truncate } from './mapping.ts'
import { type Ops, type Parameters, scoped } from './ops.ts'
import { createSynthesis, type Noise, styleCount } from './synthesis.ts'

export interface Generator<T> {
  /** Latents [n, zDim] and labels [n, cDim] to w [n, wDim]. */
  readonly map: (z: T, c: T | null) => T
  /** One style per layer, drawn towards the mean; see `truncate`. */
  readonly style: (w: T, psi: number, cutoff: number | null) => readonly T[]
  /** One style per layer to images [n, resolution, resolution, channels], nominally -1 to 1. */
  readonly synthesize: (styles: readonly T[], noise: Noise<T>) => T
}

/** Prepares mapping and synthesis over the same parameters. */
export function createGenerator<T>(ops: Ops<T>, kwargs: GeneratorKwargs, p: Parameters<T>): Generator<T> {
  const mapping = scoped(p, 'mapping.')
  return {
    map: (z, c) => mapLatent(ops, mapping, kwargs.mapping_kwargs.num_layers, z, kwargs.c_dim === 0 ? null : c),
    style: (w, psi, cutoff) => truncate(ops, w, mapping('w_avg'), styleCount(kwargs), psi, cutoff),
    synthesize: createSynthesis(ops, kwargs, scoped(p, 'synthesis.')),
  }
}
