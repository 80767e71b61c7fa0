import { addressWord, bytes32Word, type Hex, keccak256, keccakOf, uintWord } from './digest.ts'
import { encodeUtf8 } from './utf8.ts'

/** A training set as the Lineage contract records it. */
export interface DatasetRecord {
  /** Merkle root over the manifest's files. */
  readonly root: Hex
  /** How many files there are. */
  readonly items: number
  /** Commitment to the contributors' 1,000,000 shares. */
  readonly sharesRoot: Hex
  /** SPDX identifier, or the licence's address. */
  readonly licence: string
  /** Where the manifest can be had, `ipfs://...`. */
  readonly uri: string
}

/** A model as the Lineage contract records it. */
export interface ModelRecord {
  /** sha-256 of the bundle file. */
  readonly bundleDigest: Hex
  /** sha-256 of the recipe's canonical JSON. */
  readonly recipeDigest: Hex
  /** Id of the dataset it was trained on. */
  readonly dataset: Hex
  /** Id of the model it was trained from; zero when there is none. */
  readonly parent: Hex
  /** Shares of the model's own; zero leaves everything to the dataset's contributors. */
  readonly sharesRoot: Hex
  /** How many tokens may ever be made with it. */
  readonly cap: number
  readonly licence: string
  /** Where the bundle can be had, `ipfs://...`. */
  readonly uri: string
}

/** The id under which Lineage.sol keeps a dataset: a hash of everything it says. */
export function datasetId(dataset: DatasetRecord): Hex {
  return keccakOf(
    bytes32Word(dataset.root),
    uintWord(dataset.items),
    bytes32Word(dataset.sharesRoot),
    textWord(dataset.licence),
    textWord(dataset.uri),
  )
}

/**
 * The id under which Lineage.sol keeps a model.
 *
 * @param registrant who registers it; part of the id, so that nobody takes a model's cap by being first
 */
export function modelId(model: ModelRecord, registrant: string): Hex {
  return keccakOf(
    bytes32Word(model.bundleDigest),
    bytes32Word(model.recipeDigest),
    bytes32Word(model.dataset),
    bytes32Word(model.parent),
    bytes32Word(model.sharesRoot),
    uintWord(model.cap),
    textWord(model.licence),
    textWord(model.uri),
    addressWord(registrant),
  )
}

function textWord(text: string): Uint8Array {
  return bytes32Word(keccak256(encodeUtf8(text)))
}
