import { readFileSync } from 'node:fs'
import { createCanonicalEngine, openBundle, parseRecipe, renderArtifact } from '../../gan/index.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { hexToBytes, sha256, type Hex } from '../../minter/domain/digest.ts'
import { readWasm } from './vectors.ts'

/** What the shipped model makes of one seed. */
export interface ShippedAnswer {
  /** A small number, or 0x and 32 bytes in hex. */
  readonly seed: string
  readonly pixelDigest: Hex
  readonly artifactDigest: Hex
  /** The float32's bits. */
  readonly logitBits: number
  readonly featuresDigest: Hex
}

export interface ShippedAnswers {
  readonly bundleDigest: Hex
  readonly recipeDigest: Hex
  readonly answers: readonly ShippedAnswer[]
}

const SEEDS = ['0', '1', '42', '4294967295', `0x${'00'.repeat(32)}`, `0x${'0123456789abcdef'.repeat(4)}`]

const models = new URL('../../models/', import.meta.url)

/** Renders the seeds with the shipped model, as any auditor would. */
export async function computeShippedAnswers(): Promise<ShippedAnswers> {
  const bytes = Uint8Array.from(readFileSync(new URL('ikat-64.safetensors', models)))
  const recipe = parseRecipe(JSON.parse(readFileSync(new URL('ikat-64.recipe.json', models), 'utf8')))
  const [bundleDigest, recipeDigest] = [sha256(bytes), sha256(canonicalJson(recipe))]
  const engine = await createCanonicalEngine({ bundle: openBundle(bytes), recipe, wasm: readWasm() })
  const images = await engine.render(SEEDS.map((seed) => (isHex(seed) ? hexToBytes(seed) : Number(seed))))
  const size = engine.resolution
  engine.dispose()
  const answers = images.map(({ rgb, logit, features }, i) => {
    const seed = SEEDS[i] ?? ''
    return {
      seed,
      pixelDigest: sha256(rgb),
      artifactDigest: sha256(renderArtifact(rgb, size, recipe, { model: bundleDigest, recipeDigest, seed })),
      logitBits: new Uint32Array(Float32Array.of(logit).buffer)[0] ?? 0,
      featuresDigest: sha256(new Uint8Array(features.buffer, features.byteOffset, features.length)),
    }
  })
  return { bundleDigest, recipeDigest, answers }
}

function isHex(seed: string): seed is Hex {
  return seed.startsWith('0x')
}
