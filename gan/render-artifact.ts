import { EngineError } from './errors.ts'
import { encodePng } from './png.ts'
import { composePiece, type Recipe } from './recipe.ts'
import { provenanceXmp } from './xmp.ts'

/** The largest file that is one IPFS block, so that its CID is its sha-256. */
export const MOST_ARTIFACT_BYTES = 1 << 20

/** A recipe made a file that is too large to be one block. */
export class ArtifactTooLarge extends EngineError {
  readonly code = 'GAN_ARTIFACT_TOO_LARGE'
  readonly bytes: number

  constructor(bytes: number) {
    super(`the artifact has ${bytes} bytes, at most ${MOST_ARTIFACT_BYTES} make one IPFS block`)
    this.bytes = bytes
  }
}

/**
 * The file that a token stands for, from what the network made: the one way from pixels to artifact, for minter, auditor
 * and browser alike.
 *
 * A piece of 512 x 512 pixels always fits, since deflate stores what it cannot press: 786,432 bytes and a few hundred.
 *
 * @param rgb [size, size, 3], the network's output as bytes
 * @param provenance digests of bundle and recipe, and the seed as text
 * @throws {ArtifactTooLarge} when the recipe enlarges beyond what one block holds
 */
export function renderArtifact(
  rgb: Uint8Array,
  size: number,
  recipe: Recipe,
  provenance: { readonly model: `0x${string}`; readonly recipeDigest: `0x${string}`; readonly seed: string },
): Uint8Array {
  const { model, recipeDigest, seed } = provenance
  const xmp = provenanceXmp({ model, recipe: recipeDigest, seed })
  const file = encodePng({ ...composePiece(rgb, size, recipe), xmp })
  if (file.length > MOST_ARTIFACT_BYTES) throw new ArtifactTooLarge(file.length)
  return file
}
