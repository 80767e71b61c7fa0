import type { Bundle } from '../bundle.ts'
import { createGenerator } from '../generator.ts'
import { parametersOf, type Program } from '../interpreter.ts'
import type { Recipe } from '../recipe.ts'
import { onnxFile } from './onnx-interpreter.ts'

export interface OnnxExportOptions {
  /** How many images a run makes; other runtimes are fastest too when they know. */
  readonly batch: number
  /** Truncation: 1 for none. */
  readonly psi: number
  /** How many layers from the coarsest on are truncated; null for all. */
  readonly cutoff: number | null
  readonly noiseMode: Recipe['noiseMode']
}

/**
 * A bundle's generator as an .onnx file, for any runtime that reads ONNX.
 *
 * Its inputs are `z` [batch, zDim], standard normal, and for a network with labels `c` [batch, cDim]; its output is
 * `images` [batch, channels, resolution, resolution], nominally -1 to 1.
 */
export function exportGenerator({ description, generator }: Bundle, options: OnnxExportOptions): Uint8Array {
  const { z_dim: zDim, c_dim: cDim } = description.G
  const { batch, psi, cutoff, noiseMode } = options
  const program: Program = (ops) => {
    const G = createGenerator(ops, description.G, parametersOf(ops, generator))
    return ({ z = null, c = null }) => ({ images: G.synthesize(G.style(G.map(z, c), psi, cutoff), noiseMode) })
  }
  const inputs = { ...(zDim > 0 && { z: [batch, zDim] }), ...(cDim > 0 && { c: [batch, cDim] }) }
  return onnxFile(program, inputs, {
    name: description.name,
    channelsFirst: true,
    metadata: {
      model: description.name,
      licence: description.licence,
      psi: String(psi),
      cutoff: String(cutoff),
      noise: noiseMode,
    },
  })
}
