import type { JSX } from 'preact'
import type { Drop } from './answers.ts'
import { formatCount, formatShare, shorten } from './format.ts'

/** Who made it, what it was made of, who is paid, and where it is recorded. */
export function Colophon({ drop }: { readonly drop: Drop }): JSX.Element {
  const { dataset, model, contributors } = drop
  return (
    <section class="colophon">
      <h2>Colophon</h2>
      <dl>
        <dt>Network</dt>
        <dd>
          {model.name} <Digest value={model.bundleDigest} />
        </dd>
        <dt>Training data</dt>
        <dd>
          {dataset.name}, {formatCount(dataset.files)} pictures <Digest value={dataset.root} />
        </dd>
        <dt>Contributors</dt>
        <dd>
          <ul class="plain">
            {contributors.map(({ name, account, shares, files }) => (
              <li key={account}>
                {name}: {formatCount(files)} pictures, {formatShare(shares / 1_000_000)} of the proceeds
              </li>
            ))}
          </ul>
        </dd>
        <dt>Royalty</dt>
        <dd>
          {(drop.royaltyBps / 100).toLocaleString()} % of resales to the contributors, where the marketplace honours
          ERC-2981.
        </dd>
        <dt>Licence</dt>
        <dd>{drop.licence}</dd>
        <dt>Contract</dt>
        <dd>
          <Digest value={drop.collection} /> on {drop.network.name}
        </dd>
        {drop.directory !== null && (
          <>
            <dt>Files</dt>
            <dd>
              <a href={`/ipfs/${drop.directory}/`}>{shorten(drop.directory)}</a>{' '}
              <a href={`/ipfs/${drop.directory}?format=car`}>(all as one CAR)</a>
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}

/** A digest, short to read and whole to copy. */
export function Digest({ value }: { readonly value: string }): JSX.Element {
  return (
    <code class="digest" title={value}>
      {shorten(value)}
    </code>
  )
}
