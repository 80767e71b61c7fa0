import type { ComponentChildren, JSX } from 'preact'
import type { Drop, PieceDetail } from './answers.ts'
import { Digest } from './colophon.tsx'
import { formatCount } from './format.ts'

/** Where the piece comes from, one card for each thing that could have been cheated with, in plain words. */
export function Provenance({ drop, piece }: { readonly drop: Drop; readonly piece: PieceDetail }): JSX.Element {
  const check = (link: string): string => `${verifyAddress(drop, piece)}#${link}`
  return (
    <section class="provenance">
      <h2>Where it comes from</h2>
      <p class="column-text">
        Nobody has to be believed here. What follows is on the chain, and your browser can make this picture again from
        it: <a href={verifyAddress(drop, piece)}>check it yourself</a>.
      </p>
      <ul class="cards">
        <Card title="The network" value={drop.model.bundleDigest} check={check('bundle')}>
          {drop.model.name} was registered before the drop was announced. Its weights have this digest; other weights
          make other pictures.
        </Card>
        <Card title="The training data" value={drop.dataset.root} check={check('dataset')}>
          {drop.dataset.name}: {formatCount(drop.dataset.files)} pictures by {people(drop.contributors.length)}, each
          listed with its licence under this root.
        </Card>
        <Card title="The seed" value={piece.seed} check={check('manifest')}>
          Candidate {formatCount(piece.index)} of {formatCount(drop.candidates)}. Its seed follows from the drop's
          master seed and this number; nobody chose it.
        </Card>
        <Card title="The draw" value={drop.masterSeed} check={check('seed')}>
          The master seed mixes the hash of block {drop.seedBlock === null ? 'to come' : formatCount(drop.seedBlock)},
          unknown when the drop was announced, with a secret that was committed to before.
        </Card>
        <Card title="The rank" value={drop.root} check={check('selection')}>
          All candidates were ranked by the announced rule and committed under this root. This one came{' '}
          {ordinal(piece.rank + 1)}; whoever shows a wrong order on chain ends the drop.
        </Card>
        <Card title="The picture" value={piece.artifactDigest} check={check('artifact')}>
          The file's digest is on the chain, and it is also the file's address on IPFS. A changed pixel would be another
          address.
        </Card>
      </ul>
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
    </section>
  )
}

interface CardProps {
  readonly title: string
  readonly value: string | null
  readonly check: string
  readonly children: ComponentChildren
}

function Card({ title, value, check, children }: CardProps) {
  return (
    <li class="card">
      <h3>{title}</h3>
      <p>{children}</p>
      {value !== null && <Digest value={value} />}
      <a class="check-link" href={check}>
        Check it yourself
      </a>
    </li>
  )
}

/** The verify page with everything that it needs to start, so that it does not have to ask this server anything. */
export function verifyAddress(drop: Drop, piece: Pick<PieceDetail, 'tokenId'>): string {
  const query = new URLSearchParams({ rpc: drop.network.rpcUrl, contract: drop.collection, token: piece.tokenId })
  for (const gateway of drop.network.gateways) query.append('gateway', gateway)
  return `/verify?${query}`
}

function people(count: number): string {
  return count === 1 ? 'one contributor' : `${formatCount(count)} contributors`
}

function ordinal(place: number): string {
  const ending = { one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th' }
  return `${formatCount(place)}${ending[new Intl.PluralRules('en', { type: 'ordinal' }).select(place)]}`
}
