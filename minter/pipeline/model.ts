import { type Bundle, openBundle, parseRecipe, type Recipe } from '../../gan/index.ts'
import { canonicalJson } from '../domain/canonical-json.ts'
import {
  datasetLicences,
  type DatasetManifest,
  datasetManifestJson,
  datasetRoot,
  parseDatasetManifest,
} from '../domain/dataset-manifest.ts'
import { type Hex, sha256 } from '../domain/digest.ts'
import { MinterError } from '../errors.ts'

/** The three files of a model, as read. */
export interface ModelFiles {
  /** The folder, for messages. */
  readonly source: string
  readonly bundle: Uint8Array
  readonly recipe: Uint8Array
  readonly dataset: Uint8Array
}

/** A model that has been checked against itself: the bundle is whole, and it was trained on this dataset. */
export interface LoadedModel {
  readonly bundle: Bundle
  readonly bundleBytes: Uint8Array
  readonly bundleDigest: Hex
  readonly recipe: Recipe
  /** JCS. */
  readonly recipeBytes: Uint8Array
  readonly recipeDigest: Hex
  readonly dataset: DatasetManifest
  /** JCS. */
  readonly datasetBytes: Uint8Array
  readonly datasetRoot: Hex
  /** Of bundle and dataset. */
  readonly licences: readonly string[]
}

/** A model's files do not belong together, or one is no JSON. */
class ModelInvalid extends MinterError {
  readonly code = 'MODEL_INVALID'
}

function parsed<T>(source: string, name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof SyntaxError) throw new ModelInvalid(`${name} is no JSON`, source, error)
    throw error
  }
}

/**
 * Opens a model and checks its files against each other.
 *
 * @throws {BundleInvalid} when the bundle is truncated or altered in a way that can be seen
 * @throws {ModelInvalid} when it was trained on another dataset
 */
export function loadModel(files: ModelFiles): LoadedModel {
  const bundle = openBundle(files.bundle)
  const recipe = parsed(files.source, 'recipe.json', () =>
    parseRecipe(JSON.parse(new TextDecoder().decode(files.recipe))),
  )
  const dataset = parseDatasetManifest(files.dataset)
  const root = datasetRoot(dataset)
  if (bundle.description.datasetRoot !== root) {
    const said = bundle.description.datasetRoot
    throw new ModelInvalid(`the bundle was trained on dataset ${said}, dataset.json is ${root}`, files.source)
  }
  const recipeBytes = canonicalJson(recipe)
  return {
    bundle,
    bundleBytes: files.bundle,
    bundleDigest: sha256(files.bundle),
    recipe,
    recipeBytes,
    recipeDigest: sha256(recipeBytes),
    dataset,
    datasetBytes: datasetManifestJson(dataset),
    datasetRoot: root,
    licences: [...new Set([bundle.description.licence, ...datasetLicences(dataset)])],
  }
}
