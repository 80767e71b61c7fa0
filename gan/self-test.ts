import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { discriminatorShapes, featureCount, generatorShapes, type WeightShapes } from './architecture.ts'
import type { Bundle, BundleDescription, Weights } from './bundle.ts'
import { joinBytes } from './bytes.ts'
import { createCanonicalEngine } from './engines/canonical.ts'
import type { Rendered } from './engines/seed-renderer.ts'
import { EngineUnfit } from './errors.ts'
import { MersenneTwister } from './random.ts'
import type { Recipe } from './recipe.ts'
import { renderArtifact } from './render-artifact.ts'

/** What every machine made of the two seeds so far, without classes and with three: Node on x86-64, Chromium. */
const KNOWN_ANSWERS = [
  { classes: 0, known: '243d446ac91509054aa37b3f65c8fcad384c603f8dd61fd34e6db05a274ccaed' },
  { classes: 3, known: '0cc3ae59eeb5701e95647cb4082058cf5bd1d6baf50297ccb0dc1e329a41a9a0' },
] as const

const SEEDS = [42, Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff)] as const

const NOTHING = `0x${'00'.repeat(32)}` as const

/** Every kind of layer once, and small enough that the test takes a fraction of a second on a phone. */
function describe(classes: number): BundleDescription {
  const shared = { c_dim: classes, img_resolution: 16, img_channels: 3 }
  return {
    name: 'self-test',
    G: {
      ...shared,
      z_dim: 16,
      w_dim: 16,
      mapping_kwargs: { num_layers: 2 },
      synthesis_kwargs: { channel_base: 128, channel_max: 16 },
    },
    D: {
      ...shared,
      channel_base: 128,
      channel_max: 16,
      epilogue_kwargs: { mbstd_group_size: 4, mbstd_num_channels: 1 },
    },
    kimg: 0,
    datasetRoot: NOTHING,
    licence: 'CC0-1.0',
  }
}

/**
 * Renders two seeds with models that follow from a formula, without classes and with some, and compares with the known
 * answers: whoever fails this must not say anything about a token.
 *
 * @param wasm the engine's binary, as for `createCanonicalEngine`
 * @throws {EngineUnfit} when this machine, browser or binary computes something else
 */
export async function selfTest(
  wasm: Uint8Array,
  answers: readonly { readonly classes: number; readonly known: string }[] = KNOWN_ANSWERS,
): Promise<void> {
  // One engine at a time: they would share the backend's memory.
  for (const { classes, known } of answers) await compareWith(wasm, classes, known)
}

async function compareWith(wasm: Uint8Array, classes: number, known: string): Promise<void> {
  const recipe = recipeFor(wasm)
  const engine = await createCanonicalEngine({ bundle: formulaBundle(classes), recipe, wasm })
  try {
    const images = await engine.render(SEEDS)
    const answer = bytesToHex(sha256(joinBytes(images.flatMap((image) => partsOf(image, engine.resolution, recipe)))))
    if (answer !== known) throw new EngineUnfit('known answer', known, answer)
  } finally {
    engine.dispose()
  }
}

function partsOf(image: Rendered, size: number, recipe: Recipe): readonly Uint8Array[] {
  const logit = new Uint8Array(4)
  new DataView(logit.buffer).setFloat32(0, image.logit)
  const artifact = renderArtifact(image.rgb, size, recipe, { model: NOTHING, recipeDigest: NOTHING, seed: '42' })
  return [image.rgb, logit, new Uint8Array(image.features), artifact]
}

function recipeFor(wasm: Uint8Array): Recipe {
  return {
    version: 1,
    engine: { name: 'tfjs-backend-wasm', version: '4.22.0', wasmDigest: `0x${bytesToHex(sha256(wasm))}` },
    psi: '0.8',
    cutoff: null,
    noiseMode: 'const',
    mirror: 'quadrant',
    upscale: { factor: 2, kernel: 'catmull-rom' },
    png: 1,
  }
}

function formulaBundle(classes: number): Bundle {
  const random = new MersenneTwister(20_261_120)
  const description = describe(classes)
  const features = featureCount(description.D)
  return {
    description,
    generator: drawnWeights(random, generatorShapes(description.G)),
    discriminator: drawnWeights(random, discriminatorShapes(description.D)),
    calibration: {
      logits: [Float32Array.of(0)],
      featureMean: new Float32Array(features),
      featureStd: new Float32Array(features).fill(2),
    },
  }
}

/** Colours are toned down so that they are not clipped, and the mapping's weights turned up, so that seeds differ. */
function drawnWeights(random: MersenneTwister, shapes: WeightShapes): Weights {
  return new Map(
    [...shapes].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1)
      const factor = /torgb\.(?:weight|bias)$/u.test(name) ? 0.125 : name.startsWith('mapping.fc') ? 64 : 1
      return [name, { shape, data: Float32Array.from({ length }, () => random.nextGaussian() * factor) }]
    }),
  )
}
