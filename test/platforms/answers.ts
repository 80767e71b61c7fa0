import { createGenerator } from '../../gan/generator.ts'
import {
  type Bundle,
  createCanonicalEngine,
  createCanonicalInterpreter,
  labelOfSeed,
  latentFromSeed,
  openBundle,
  parseRecipe,
  renderArtifact,
} from '../../gan/index.ts'
import { parametersOf } from '../../gan/interpreter.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { type Hex, hexToBytes, sha256 } from '../../minter/domain/digest.ts'

/** Everything that the canonical engine says about one seed, as digests and bits. */
export interface Answer {
  /** A small number, or 0x and 32 bytes in hex. */
  readonly seed: string
  /** Of the latent's float32 numbers, little-endian. */
  readonly zDigest: Hex
  /** The same of the intermediate latent, before truncation. */
  readonly wDigest: Hex
  readonly pixelDigest: Hex
  /** Of the PNG. */
  readonly artifactDigest: Hex
  /** The float32's bits. */
  readonly logitBits: number
  readonly featuresDigest: Hex
}

/** What is asked: a model, and seeds. */
export interface Question {
  readonly bundle: Uint8Array
  readonly wasm: Uint8Array
  readonly recipe: unknown
  readonly seeds: readonly string[]
}

/** A seed as the engine takes it. */
function seedOf(seed: string): number | Uint8Array {
  return isHex(seed) ? hexToBytes(seed) : Number(seed)
}

/** Runs in Node and in browsers, from the same source; whatever differs between two of them is a bug. */
export async function answer({ bundle: bytes, wasm, recipe: json, seeds }: Question): Promise<readonly Answer[]> {
  const bundle = openBundle(bytes)
  const recipe = parseRecipe(json)
  const provenance = { model: sha256(bytes), recipeDigest: sha256(canonicalJson(json)) }
  const latents = await mapSeeds(bundle, wasm, seeds)

  const engine = await createCanonicalEngine({ bundle, recipe, wasm })
  const rendered = await engine.render(seeds.map(seedOf))
  engine.dispose()
  return rendered.map(({ rgb, logit, features }, i) => {
    const seed = seeds[i] ?? ''
    const { z, w } = latents(i)
    return {
      seed,
      zDigest: digestOf(z),
      wDigest: digestOf(w),
      pixelDigest: sha256(rgb),
      artifactDigest: sha256(renderArtifact(rgb, engine.resolution, recipe, { ...provenance, seed })),
      logitBits: new Uint32Array(Float32Array.of(logit).buffer)[0] ?? 0,
      featuresDigest: digestOf(features),
    }
  })
}

/** Seeds to z, and z to w by the mapping network alone. */
async function mapSeeds(
  { description: { G }, generator }: Bundle,
  wasm: Uint8Array,
  seeds: readonly string[],
): Promise<(row: number) => { readonly z: Float32Array; readonly w: Float32Array }> {
  const rows = seeds.map((seed) => latentFromSeed(seedOf(seed), G.z_dim))
  const data = new Float32Array(rows.length * G.z_dim)
  for (const [i, row] of rows.entries()) data.set(row, i * G.z_dim)
  const mapping = await createCanonicalInterpreter(wasm).compile((ops) => {
    const { map } = createGenerator(ops, G, parametersOf(ops, generator))
    return (inputs) => ({ w: map(inputs['z'] ?? null, inputs['c'] ?? null) })
  })
  const labels = Float32Array.from(seeds.flatMap((seed) => [...(labelOfSeed(seedOf(seed), G.c_dim) ?? [])]))
  const { w } = await mapping.run({
    z: { shape: [rows.length, G.z_dim], data },
    ...(G.c_dim > 0 && { c: { shape: [rows.length, G.c_dim], data: labels } }),
  })
  mapping.dispose()
  return (i) => ({
    z: rows[i] ?? new Float32Array(),
    w: (w?.data ?? new Float32Array()).subarray(i * G.w_dim, (i + 1) * G.w_dim),
  })
}

function digestOf(numbers: Float32Array | Int8Array): Hex {
  return sha256(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
}

function isHex(seed: string): seed is Hex {
  return seed.startsWith('0x')
}
