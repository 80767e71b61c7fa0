import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { canonicalJson } from '../domain/canonical-json.ts'
import { type DatasetManifest, parseDatasetManifest, treeOfDataset } from '../domain/dataset-manifest.ts'
import { checkDatasetProof, placeInDataset, proveFile } from '../domain/dataset-proof.ts'
import { type Hex, sha256 } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import { parseSalt } from './options.ts'
import { writeWhole } from './report-files.ts'
import { type Voice, voiceOf } from './voice.ts'

interface ProveOptions {
  readonly file?: string
  readonly digest?: Hex
  readonly out?: string
  readonly json: boolean
}

/** Adds `dataset prove`. */
export function registerProve(dataset: Command, program: Command): void {
  dataset
    .command('prove')
    .description('prove that a file is in a dataset, or that it is not, to somebody who has only the root')
    .argument('<manifest>', 'a manifest, or the folder that it is in')
    .option('--file <file>', 'the picture, exactly as it was given or found')
    .option('--digest <hex>', 'its sha-256 instead', parseSalt)
    .option('--out <file>', 'write the proof here')
    .option('--json', 'print nothing but the proof', false)
    .addHelpText(
      'after',
      '\nExample:\n  latentmint dataset prove models/looms-64.dataset.json --file mine.jpg --out proof.json' +
        '\n  latentmint audit dataset --proof proof.json --root 0x39d3…' +
        '\n\nIt is about these very bytes: a picture that was saved again is another file.',
    )
    .action((path: string, options: ProveOptions) => prove(path, options, voiceOf(program, options.json)))
}

function prove(path: string, { file, digest, out, json }: ProveOptions, { print }: Voice): void {
  if ((file === undefined) === (digest === undefined)) {
    throw new ConfigInvalid('a proof is about one file: --file, or its sha-256 by --digest')
  }
  const tree = treeOfDataset(readManifest(path))
  const proof = proveFile(tree, digest ?? sha256(readGiven(file ?? '')))
  checkDatasetProof(proof, tree.root, tree.digests.length)
  const text = canonicalJson(proof)
  if (out !== undefined) writeWhole(dirname(out), basename(out), text)
  if (!json) {
    const claim = proof.claim === 'member' ? 'is in the dataset' : 'is not in the dataset'
    print(`${file ?? proof.sha256} ${claim}: ${placeInDataset(proof)}`)
    print(`sha-256 ${proof.sha256}`, `root    ${proof.root}`)
  }
  if (json || out === undefined) print(new TextDecoder().decode(text))
}

function readManifest(path: string): DatasetManifest {
  const isFolder = existsSync(path) && statSync(path).isDirectory()
  return parseDatasetManifest(readGiven(isFolder ? join(path, 'manifest.json') : path))
}

function readGiven(file: string): Uint8Array {
  if (!existsSync(file)) throw new ConfigInvalid('there is no such file', file)
  return Uint8Array.from(readFileSync(file))
}
