import { openBundle, parseRecipe, renderArtifact } from '../../gan/index.ts'
import type { AuditSource, ContentAltered } from '../domain/audit-source.ts'
import { directoryCid } from '../domain/cid.ts'
import { hexToBytes, sha256 } from '../domain/digest.ts'
import { parseManifest } from '../domain/manifest.ts'
import { modelParts } from '../domain/model-digests.ts'
import { logitOfBits, scalesOf, scoreFromLogit } from '../domain/quality.ts'
import { candidateSeed } from '../domain/seed.ts'
import { describeDifference } from './pixels.ts'
import { cidOfUri } from './source.ts'

/** Files are cut into blocks of this size. */
const BLOCK_BYTES = 1 << 20

/**
 * Says what was changed in something that was served altered, beyond that its hash is wrong: which pixel, which score,
 * which tensors.
 *
 * @returns one line for people; null when there is no more to say
 */
export async function lookCloser(altered: ContentAltered, source: AuditSource): Promise<string | null> {
  if (altered.bytes === null) return null
  const image = /^images\/(\d+)\.png /u.exec(altered.what)
  try {
    if (image !== null) return await compareImage(altered.bytes, Number(image[1]), source)
    if (altered.what.startsWith('manifest.json ')) return await compareScores(altered.bytes, source)
    if (altered.what.startsWith('the model ')) return locateInModel(altered, altered.bytes)
    return null
  } catch (error) {
    // What was served need not even be readable; that it is altered stands anyway.
    return `it cannot be read either: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function compareImage(served: Uint8Array, rank: number, source: AuditSource): Promise<string | null> {
  const token = (await source.minted()).find((minted) => minted.rank === rank)
  if (token === undefined) return null
  const drop = await source.drop()
  const bundle = openBundle(await source.read(cidOfUri(drop.model.uri)))
  const recipeFile = await source.read(directoryCid(drop.directoryDigest), 'recipe.json')
  const recipe = parseRecipe(JSON.parse(new TextDecoder().decode(recipeFile)))
  const engine = await source.engine(bundle, recipe)
  const seed = candidateSeed(drop.masterSeed, token.index)
  const [rendered] = await engine.render([hexToBytes(seed)])
  if (rendered === undefined) return null
  const { bundleDigest: model, recipeDigest } = drop.model
  const artifact = renderArtifact(rendered.rgb, engine.resolution, recipe, { model, recipeDigest, seed })
  return describeDifference(served, artifact)
}

async function compareScores(served: Uint8Array, source: AuditSource): Promise<string> {
  const { model, masterSeed } = await source.drop()
  const scaleOf = scalesOf(openBundle(await source.read(cidOfUri(model.uri))), masterSeed)
  const manifest = parseManifest(served)
  const wrong = manifest.candidates.flatMap((row) => {
    const score = scoreFromLogit(logitOfBits(row.logit), scaleOf(row.index))
    return row.score === score
      ? []
      : [`rank ${row.rank} (candidate ${row.index}) says ${row.score}, its logit gives ${score}`]
  })
  const [first] = wrong
  if (first === undefined) return 'all scores follow from their logits; something else was changed'
  return wrong.length === 1 ? `one score is wrong: ${first}` : `${wrong.length} scores are wrong; the first: ${first}`
}

/** A hash says nothing about where a byte was changed; the block that it belongs to does. */
function locateInModel({ actual }: ContentAltered, served: Uint8Array): string {
  const blocks = Math.ceil(served.length / BLOCK_BYTES)
  for (let block = 0; block < blocks; block++) {
    const begin = block * BLOCK_BYTES
    const part = served.subarray(begin, begin + BLOCK_BYTES)
    if (sha256(part) !== actual) continue
    return `the change is in bytes ${begin} to ${begin + part.length - 1}${tensorsWithin(served, begin, begin + part.length)}`
  }
  return 'its blocks were cut differently'
}

function tensorsWithin(file: Uint8Array, begin: number, end: number): string {
  const [, ...tensors] = modelParts(file)
  const names = tensors.filter((part) => part.begin < end && part.end > begin).map(({ name }) => name)
  if (names.length === 0) return ', in the header'
  return names.length === 1 ? `, tensor ${names[0]}` : `, tensors ${names[0]} to ${names.at(-1)}`
}
