import { createCanonicalEngine, latentFromSeed, openBundle, parseRecipe, renderArtifact } from '../../gan/index.ts'
import { bytesToHex, hexToBytes, sha256 } from '../../minter/domain/digest.ts'

/** Everything that the canonical engine says about one seed, as digests and bits. */
export interface Answer {
  readonly seed: string
  readonly z: string
  readonly rgb: string
  readonly logit: string
  readonly features: string
  readonly png: string
}

/** What is asked: a model, and seeds; a seed of 32 bytes is hexadecimal, a small one decimal. */
export interface Question {
  readonly bundle: Uint8Array
  readonly wasm: Uint8Array
  readonly recipe: unknown
  readonly seeds: readonly string[]
}

/** Runs in Node and in the browser, from the same source; whatever differs between the two is a bug. */
export async function answer({ bundle: bytes, wasm, recipe: json, seeds }: Question): Promise<readonly Answer[]> {
  const bundle = openBundle(bytes)
  const recipe = parseRecipe(json)
  const engine = await createCanonicalEngine({ bundle, recipe, wasm })
  const inputs = seeds.map((seed) => (seed.startsWith('0x') ? hexToBytes(seed as `0x${string}`) : Number(seed)))
  const rendered = await engine.render(inputs)
  const model = sha256(bytes)
  return rendered.map(({ rgb, logit, features }, i) => {
    const [seed = '', input = 0] = [seeds[i], inputs[i]]
    const z = latentFromSeed(input, bundle.description.G.z_dim)
    const png = renderArtifact(rgb, engine.resolution, recipe, { model, recipeDigest: model, seed })
    return {
      seed,
      z: sha256(new Uint8Array(z.buffer)),
      rgb: sha256(rgb),
      logit: bytesToHex(new Uint8Array(Float32Array.of(logit).buffer)),
      features: sha256(new Uint8Array(features.buffer, features.byteOffset, features.length)),
      png: sha256(png),
    }
  })
}

/**
 * In the page: fetches what the test serves, and answers.
 *
 * @public called by the test through the page
 */
export async function answerHere(recipe: unknown, seeds: readonly string[]): Promise<readonly Answer[]> {
  return answer({ bundle: await read('/bundle'), wasm: await read('/wasm'), recipe, seeds })
}

async function read(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(path)).arrayBuffer())
}
