import type { JSX } from 'preact'
import type { Drop, PieceDetail } from './answers.ts'
import { Digest } from './colophon.tsx'
import { formatCount } from './format.ts'

/** Where the piece comes from, one card for each thing that could have been cheated with, in plain words. */
export function Provenance({ drop, piece }: { readonly drop: Drop; readonly piece: PieceDetail }): JSX.Element {
  return (
    <section class="provenance">
      <h2>Where it comes from</h2>
      <p class="column-text">
        Nobody has to be believed here. What follows is on the chain, and your browser can make this picture again from
        it: <a href={verifyAddress(drop, piece)}>verify the piece</a>. Each card also says how to do it without us.
      </p>
      <ul class="cards">
        {claimsOf(drop, piece).map((claim) => (
          <Card key={claim.title} claim={claim} check={`${verifyAddress(drop, piece)}#${claim.link}`} />
        ))}
      </ul>
      <LeafAndProof piece={piece} />
    </section>
  )
}

/** One thing that could have been cheated with. */
interface Claim {
  readonly title: string
  readonly words: string
  readonly digest: string | null
  /** Where the verify page shows it. */
  readonly link: string
  /** What checks it in a terminal; null where there is nothing yet to check. */
  readonly command: string | null
}

function claimsOf(drop: Drop, piece: PieceDetail): readonly Claim[] {
  const { model, dataset, masterSeed, seedBlock, candidates } = drop
  const block = seedBlock === null ? 'to come' : formatCount(seedBlock)
  return [
    {
      title: 'The network',
      words: `${model.name} was registered before the drop was announced. Its weights have this digest; other weights make other pictures.`,
      digest: model.bundleDigest,
      link: 'bundle',
      command: model.cid === null ? null : digestCommand(model.cid),
    },
    {
      title: 'The training data',
      words: `${dataset.name}: ${formatCount(dataset.files)} pictures by ${people(drop.contributors.length)}, each listed with its licence under this root.`,
      digest: dataset.root,
      link: 'dataset',
      command: auditToken(drop, piece),
    },
    {
      title: 'The seed',
      words: `Candidate ${formatCount(piece.index)} of ${formatCount(candidates)}. Its seed follows from the drop’s master seed and this number; nobody chose it.`,
      digest: piece.seed,
      link: 'manifest',
      command: auditToken(drop, piece),
    },
    {
      title: 'The draw',
      words: `The master seed mixes the hash of block ${block}, unknown when the drop was announced, with a secret that was committed to before.`,
      digest: masterSeed,
      link: 'seed',
      command: seedBlock === null ? null : blockCommand(drop, seedBlock),
    },
    {
      title: 'The rank',
      words: `All candidates were ranked by the announced rule and committed under this root. This one came ${ordinal(piece.rank + 1)}; whoever shows a wrong order on chain ends the drop.`,
      digest: drop.root,
      link: 'selection',
      command: auditDrop(drop),
    },
    {
      title: 'The picture',
      words:
        'The file’s digest is on the chain, and it is also the file’s address on IPFS. A changed pixel would be another address.',
      digest: piece.artifactDigest,
      link: 'artifact',
      command: digestCommand(piece.artifactCid),
    },
  ]
}

function Card({ claim, check }: { readonly claim: Claim; readonly check: string }) {
  const { title, words, digest, command } = claim
  return (
    <li class="card">
      <h3>{title}</h3>
      <p>{words}</p>
      {digest !== null && <Digest value={digest} />}
      <a class="check-link" href={check}>
        Check it yourself<span class="unseen">: {title.toLowerCase()}</span>
      </a>
      {command !== null && (
        <details class="command">
          <summary>
            In a terminal<span class="unseen">: {title.toLowerCase()}</span>
          </summary>
          <code>{command}</code>
        </details>
      )}
    </li>
  )
}

function LeafAndProof({ piece }: { readonly piece: PieceDetail }) {
  return (
    <details>
      <summary>Leaf and proof</summary>
      <dl class="leaf">
        <dt>facts</dt>
        <dd>{piece.facts}</dd>
        <dt>pixel digest</dt>
        <dd>{piece.pixelDigest}</dd>
        <dt>artifact digest</dt>
        <dd>{piece.artifactDigest}</dd>
        <dt>leaf</dt>
        <dd>{piece.leaf}</dd>
        {piece.proof.map((sibling, level) => (
          <>
            <dt>sibling {level}</dt>
            <dd>{sibling}</dd>
          </>
        ))}
      </dl>
    </details>
  )
}

/** The verify page with everything that it needs to start, so that it does not have to ask this server anything. */
export function verifyAddress(drop: Drop, piece: Pick<PieceDetail, 'tokenId'>): string {
  const query = new URLSearchParams({ rpc: drop.network.rpcUrl, contract: drop.collection, token: piece.tokenId })
  for (const gateway of drop.network.gateways) query.append('gateway', gateway)
  return `/verify?${query}`
}

/** Any gateway will do: the digest is over what comes, whoever sends it. */
function digestCommand(cid: string): string {
  return `curl -s ${location.origin}/ipfs/${cid} | sha256sum`
}

function blockCommand({ network }: Drop, block: number): string {
  const body = { jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: [`0x${block.toString(16)}`, false] }
  return `curl -s ${network.rpcUrl} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
}

function auditToken(drop: Drop, { tokenId }: PieceDetail): string {
  return `./latentmint audit token ${tokenId} ${auditPlace(drop)}`
}

function auditDrop(drop: Drop): string {
  return `./latentmint audit drop ${drop.drop} --full ${auditPlace(drop)}`
}

function auditPlace({ network, collection }: Drop): string {
  const gateway = network.gateways[0] ?? location.origin
  return `--rpc ${network.rpcUrl} --contract ${collection} --gateway ${gateway}`
}

function people(count: number): string {
  return count === 1 ? 'one contributor' : `${formatCount(count)} contributors`
}

function ordinal(place: number): string {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th' }
  return `${formatCount(place)}${ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(place)]}`
}
