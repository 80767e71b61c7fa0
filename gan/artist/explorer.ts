import { type GeneratorKwargs, planGenerator } from '../architecture.ts'
import type { Bundle, Weights } from '../bundle.ts'
import { ShapeMismatch } from '../errors.ts'
import { type Compiled, type Interpreter, type Named, parametersOf, type Program } from '../interpreter.ts'
import type { Weight } from '../layout.ts'
import { createMapping, labelsFor, truncate } from '../mapping.ts'
import { scoped } from '../ops.ts'
import type { MersenneTwister } from '../random.ts'
import { createSynthesis, styleCount } from '../synthesis.ts'

/** How latents become pictures; a recipe fixes the same for a token, exploring is free to vary it. */
export interface Look {
  /** Truncation, unitless: 1 leaves styles as they are, 0 gives the mean image. */
  readonly psi: number
  /** How many layers from the coarsest on are truncated; null for all. */
  readonly cutoff: number | null
  /** The noise that the weights came with, nothing, or what is drawn for each picture. */
  readonly noise: 'const' | 'none' | 'random'
}

/** One style per layer, coarsest first, one after the other: [layers, wDim]. */
export type Styles = Float32Array

/** Standard normal numbers for each layer that takes noise, [resolution, resolution], by the layer's name. */
export type NoiseMaps = ReadonlyMap<string, Float32Array>

/** Latents to styles to pictures, in two steps, so that styles can be mixed, moved and edited in between. */
export interface Explorer {
  readonly layers: number
  readonly wDim: number
  /**
   * @param latents each [zDim]
   * @param labels each [cDim], one for each latent; null for all in an unconditional network
   * @returns truncated as the look says
   */
  styles(latents: readonly Float32Array[], labels: readonly Float32Array[] | null): Promise<readonly Styles[]>
  /**
   * @param noise for each picture its own, when the look's noise is random
   * @returns each [resolution, resolution, channels], nominally -1 to 1
   * @throws {ShapeMismatch} when styles are of another size
   */
  paint(styles: readonly Styles[], noise?: readonly NoiseMaps[]): Promise<readonly Float32Array[]>
  dispose(): void
}

/** Large enough that the overhead of an operation does not count; no picture depends on it. */
const BATCH = 8

/** Prepares a bundle's generator on any engine. */
export async function createExplorer(bundle: Bundle, interpreter: Interpreter, look: Look): Promise<Explorer> {
  const { G } = bundle.description
  const mapping = await interpreter.compile(mappingProgram(bundle, look))
  const synthesis = await interpreter.compile(synthesisProgram(bundle, look))
  return {
    layers: styleCount(G),
    wDim: G.w_dim,
    styles: (latents, labels) =>
      inBatches(latents, async (batch, first) => {
        const c = labels === null ? {} : { c: stack(labels.slice(first, first + batch.length), [G.c_dim]) }
        const { w, drawn = w } = await mapping.run({ z: stack(batch, [G.z_dim]), ...c })
        return batch.map((_, i) => layStyles(rowOf(w, i), rowOf(drawn, i), styleCount(G), look.cutoff))
      }),
    paint: (styles, noise = []) =>
      inBatches(styles, (batch, first) => paint(synthesis, G, batch, noise.slice(first, first + BATCH))),
    dispose: () => {
      mapping.dispose()
      synthesis.dispose()
    },
  }
}

/** The layers of a generator that take noise, with their resolutions, coarsest first. */
function noiseLayers(generator: Weights): readonly { readonly name: string; readonly resolution: number }[] {
  return [...generator].flatMap(([name, { shape }]) => {
    const layer = /^synthesis\.(b\d+\.conv[01])\.noise_const$/.exec(name)?.[1]
    return layer === undefined ? [] : [{ name: layer, resolution: shape[0] }]
  })
}

/** Draws the noise of one picture, coarsest layer first. */
export function drawNoise(generator: Weights, random: MersenneTwister): NoiseMaps {
  return new Map(
    noiseLayers(generator).map(({ name, resolution }) => [
      name,
      Float32Array.from({ length: resolution * resolution }, () => random.nextGaussian()),
    ]),
  )
}

function mappingProgram({ description: { G }, generator }: Bundle, { psi }: Look): Program {
  const weights = new Map([...generator].filter(([name]) => name.startsWith('mapping.')))
  const plan = planGenerator(G).mapping_kwargs
  return (ops) => {
    const p = scoped(parametersOf(ops, weights), 'mapping.')
    const map = createMapping(ops, plan, G.c_dim, p)
    return ({ z, c = null }) => {
      const w = map(G.z_dim === 0 ? null : z, labelsFor(G.c_dim, c))
      if (psi === 1) return { w }
      return { w, drawn: truncate(ops, w, () => p('w_avg'), 1, psi, null)[0] }
    }
  }
}

function synthesisProgram({ description: { G }, generator }: Bundle, look: Look): Program {
  const weights = new Map([...generator].filter(([name]) => name.startsWith('synthesis.')))
  return (ops) => {
    const synthesize = createSynthesis(ops, planGenerator(G), scoped(parametersOf(ops, weights), 'synthesis.'))
    return (inputs) => {
      const styles = Array.from({ length: styleCount(G) }, (_, layer) => inputs[styleInput(layer)])
      const noise = look.noise === 'random' ? (layer: string) => inputs[noiseInput(layer)] : look.noise
      return { images: synthesize(styles, noise) }
    }
  }
}

function styleInput(layer: number): string {
  return `w${layer}`
}

function noiseInput(layer: string): string {
  return `noise.${layer}`
}

async function paint(
  synthesis: Compiled,
  { w_dim: wDim, ...G }: GeneratorKwargs,
  styles: readonly Styles[],
  noise: readonly NoiseMaps[],
): Promise<Float32Array[]> {
  const layers = styleCount(G)
  const misfit = styles.find(({ length }) => length !== layers * wDim)
  if (misfit !== undefined) throw new ShapeMismatch('styles', [layers, wDim], [misfit.length])
  const inputs: Record<string, Weight> = {}
  for (let layer = 0; layer < layers; layer++) {
    inputs[styleInput(layer)] = stack(
      styles.map((w) => w.subarray(layer * wDim, (layer + 1) * wDim)),
      [wDim],
    )
  }
  for (const [layer, { length }] of noise[0] ?? []) {
    const side = Math.sqrt(length)
    inputs[noiseInput(layer)] = stack(
      noise.map((maps) => maps.get(layer) ?? new Float32Array(length)),
      [side, side, 1],
    )
  }
  const { images }: Named<Weight> = await synthesis.run(inputs)
  return styles.map((_, i) => rowOf(images, i))
}

function layStyles(w: Float32Array, drawn: Float32Array, layers: number, cutoff: number | null): Styles {
  const styles = new Float32Array(layers * w.length)
  for (let layer = 0; layer < layers; layer++) {
    styles.set(cutoff === null || layer < cutoff ? drawn : w, layer * w.length)
  }
  return styles
}

function stack(rows: readonly Float32Array[], shape: readonly number[]): Weight {
  const length = shape.reduce((product, side) => product * side, 1)
  const data = new Float32Array(rows.length * length)
  for (const [i, row] of rows.entries()) data.set(row, i * length)
  return { shape: [rows.length, ...shape], data }
}

function rowOf({ shape, data }: Weight, row: number): Float32Array {
  const length = data.length / shape[0]
  return data.slice(row * length, (row + 1) * length)
}

async function inBatches<In, Out>(
  items: readonly In[],
  work: (batch: readonly In[], first: number) => Promise<readonly Out[]>,
): Promise<readonly Out[]> {
  const results: Out[] = []
  for (let first = 0; first < items.length; first += BATCH) {
    results.push(...(await work(items.slice(first, first + BATCH), first)))
  }
  return results
}
