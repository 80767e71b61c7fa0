import { expect } from 'chai'
import { writeBundle } from '../../gan/index.ts'
import { startCanonicalPool } from '../../minter/adapters/canonical-pool.ts'
import { defaultRecipe } from '../../minter/cli/model-files.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { candidateSeed } from '../../minter/domain/seed.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'

const SEEDS = Array.from({ length: 12 }, (_, i) => candidateSeed(`0x${'07'.repeat(32)}`, i))

/** Digests of everything that the pool makes of the seeds, asked in shards of `shard`. */
async function digestsOf(workers: number, shard: number): Promise<readonly string[]> {
  const pool = await startCanonicalPool({ bundle: writeBundle(tinyBundle()), recipe: defaultRecipe(), workers })
  const shards = Array.from({ length: SEEDS.length / shard }, (_, i) => SEEDS.slice(i * shard, (i + 1) * shard))
  const rendered = (await Promise.all(shards.map((seeds) => pool.render(seeds)))).flat()
  const provenance = { model: SEEDS[0]!, recipeDigest: SEEDS[1]!, seed: SEEDS[2]! }
  const png = await pool.renderArtifact(rendered[0]!.rgb, provenance)
  await pool.close()
  const all = rendered.map(({ rgb, logit, features }) => {
    return sha256(
      new Uint8Array([...rgb, ...new Uint8Array(Float32Array.of(logit).buffer), ...new Uint8Array(features)]),
    )
  })
  return [...all, sha256(png)]
}

describe('minter/adapters/canonical-pool startCanonicalPool', () => {
  it('makes the same bytes with one worker and with two, in shards of any size', async () => {
    expect(await digestsOf(2, 3)).to.deep.equal(await digestsOf(1, 4))
  })

  it('throws GAN_BUNDLE_INVALID from the worker when the model is damaged', async () => {
    const bundle = writeBundle(tinyBundle()).slice(0, 4000)
    const failed = startCanonicalPool({ bundle, recipe: defaultRecipe(), workers: 1 })
    expect(await failed.catch((error: unknown) => String(error))).to.match(
      /BundleInvalid|GAN_BUNDLE_INVALID|missing|truncated/iu,
    )
  })
})
