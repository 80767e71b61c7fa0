import { checkDatasetProof, parseDatasetProof, placeInDataset } from '../domain/dataset-proof.ts'
import { type Hex, lowerCaseHex } from '../domain/digest.ts'
import { openCollection } from './chain.ts'
import type { ProofOrder } from './command-line.ts'
import { connectChain } from './rpc.ts'
import { explain, type Surroundings } from './run.ts'
import { EXIT_CODES } from './verdict.ts'

/** What a proof is held against. */
interface Trusted {
  readonly root: Hex
  /** How many files; null where only the root is known. */
  readonly files: number | null
  readonly from: string
}

/**
 * Checks a proof that a file is in a training set, or is not, with nothing of the set at hand.
 *
 * @returns the exit code: 0 it holds, 5 it does not, 3 the chain does not answer, 2 there is no such drop
 */
export async function runProofOrder(order: ProofOrder, surroundings: Surroundings): Promise<number> {
  const { out } = surroundings
  try {
    const trusted = await trustedRoot(order)
    const proof = parseDatasetProof(await surroundings.readFile(order.proof))
    checkDatasetProof(proof, trusted.root, trusted.files)
    const { claim, sha256, files, root } = proof
    const positions = proof.leaves.map(({ position }) => position)
    if (order.json) {
      const isCounted = trusted.files !== null
      const answer = {
        format: 'latentmint-dataset-audit-1',
        verdict: 'ok',
        claim,
        sha256,
        root,
        files,
        isCounted,
        positions,
      }
      out.write(`${JSON.stringify({ ...answer, rootFrom: trusted.from })}\n`)
    } else {
      out.write(
        `${claim === 'member' ? 'In' : 'Not in'} the training set: ${placeInDataset(proof)}.\nsha-256 ${sha256}\nroot    ${root}, ${trusted.from}\n`,
      )
      if (claim === 'absent') out.write(`${ASSUMPTION}\n`)
    }
    return EXIT_CODES.ok
  } catch (error) {
    return explain(error, order, surroundings)
  }
}

/** A root says nothing of how it was made; a manifest does. */
const ASSUMPTION =
  'It holds if the tree was built over sorted digests, as `latentmint dataset` builds it. Whoever has the manifest can see\n' +
  'that: latentmint dataset verify MANIFEST --root ROOT'

async function trustedRoot({ root, chain }: ProofOrder): Promise<Trusted> {
  if (root !== null) return { root: lowerCaseHex(root), files: null, from: 'as it was given' }
  const { rpc = '', contract = '', drop = 0 } = chain ?? {}
  const { dataset } = await openCollection(await connectChain(rpc), contract).drop(drop)
  return { root: dataset.root, files: dataset.items, from: `of the model of drop ${drop} of ${contract}` }
}
