import { filterName, funnelChart, histogram, traitShares, traitTable } from './charts.ts'
import { grouped, html, type Markup, nothing, percent, styleSheet } from './html.ts'
import type { Report, ReportPiece } from './report.ts'
import { STYLE } from './style.ts'

/**
 * Tells a drop's story on one page: how many were made, why so few were kept, and how to check every word of it.
 *
 * @returns a whole HTML document without script; pictures stand where `image` and `contactSheet` say
 */
export function reportPage(report: Report): string {
  const title = `${report.name}: drop ${report.drop}`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${styleSheet(STYLE)}
      </head>
      <body>
        ${opening(report)}
        <main>
          ${numbers(report)} ${choice(report)} ${distributions(report)} ${sheet(report)} ${pieces(report)}
          ${traits(report)} ${vetoes(report)} ${provenance(report)} ${commands(report)} ${closing(report)}
        </main>
      </body>
    </html> `.text
}

function opening(report: Report): Markup {
  const [first] = report.pieces
  const cloth =
    first === undefined ? nothing : html`<div class="cloth" style="background-image:url('${first.image}')"></div>`
  return html`${cloth}
    <header>
      <div class="title">
        <div class="kicker">Adversarial tokenization · drop ${report.drop}</div>
        <h1>${report.name}</h1>
        ${paragraphs(report.story)}
      </div>
    </header>`
}

/** The first paragraph leads; blank lines part the others. */
function paragraphs(story: string): readonly Markup[] {
  return story
    .trim()
    .split(/\n\s*\n/u)
    .map((text, i) => html`<p class="${i === 0 ? 'lead' : 'lead more'}">${text}</p>`)
}

function fact(value: string, label: string): Markup {
  return html`<div><strong>${value}</strong><span class="label">${label}</span></div>`
}

function numbers({ candidates, pieces: kept, dataset, model }: Report): Markup {
  const oneIn = kept.length === 0 ? 'none kept' : `1 in ${grouped(Math.floor(candidates.length / kept.length))}`
  return html`<div class="facts">
    ${fact(grouped(candidates.length), 'candidates made')} ${fact(grouped(kept.length), 'pieces kept')}
    ${fact(oneIn, 'is the selection')} ${fact(grouped(dataset.files), 'pictures learnt from')}
    ${fact(grouped(Math.floor(model.kimg * 1000)), 'pictures of training')}
  </div>`
}

function choice({ funnel, weights, pieces: kept }: Report): Markup {
  const outcome =
    kept.length === 0
      ? 'Nothing passed, so nothing is for sale: the bar stays where it was announced.'
      : `${grouped(kept.length)} of ${grouped(funnel.candidates)} are for sale.`
  return html`<h2>How it was chosen</h2>
    <p class="note">
      Rules, thresholds and weights were fixed on chain before a block that nobody could foresee drew the seeds.
      ${outcome} ${decided(funnel)} The order is ${weights.score} × score + ${weights.rarity} × rarity +
      ${weights.demand} × demand.
    </p>
    ${funnelChart(funnel)}`
}

function decided({ binding }: Report['funnel']): string {
  if (binding === null) return ''
  if (binding === 'edition size') return 'More passed than the edition has places.'
  return `What cost most: ${filterName(binding)}.`
}

function distributions({ candidates, pieces: kept, thresholds }: Report): Markup {
  const chart = (mark: 'score' | 'rarity' | 'demand', title: string): Markup =>
    histogram({
      title,
      all: candidates.map((candidate) => candidate[mark]),
      edition: kept.map((piece) => piece[mark]),
      threshold: thresholds[mark],
    })
  return html`<h2>Where the edition stands among all</h2>
    <p class="note">
      Every candidate has three marks from 0 to 100: how much the discriminator believes it, how rare its traits are
      among all candidates, and how much collectors wanted its like before. Heights grow with the square root of the
      count.
    </p>
    <div class="charts">${chart('score', 'Score')} ${chart('rarity', 'Rarity')} ${chart('demand', 'Demand')}</div>
    <p class="key">
      <i class="a"></i>all candidates<i class="k"></i>the edition<i class="t"></i>threshold of the policy
    </p>`
}

function sheet({ contactSheet, pieces: kept }: Report): Markup {
  if (contactSheet === null) return nothing
  return html`<h2>Contact sheet</h2>
    <p class="note">All ${grouped(kept.length)} pieces in the order of their rank, best first.</p>
    <img class="sheet" src="${contactSheet}" alt="Contact sheet of the edition, ${kept.length} pieces in rank order" />`
}

function pieces(report: Report): Markup {
  if (report.pieces.length === 0) return nothing
  return html`<h2>The edition</h2>
    <p class="note">
      Each piece is a seamless tile. Its rank is its position in the tree on chain; its rarity is the information, in
      bits, that its traits carry against all candidates.
    </p>
    <div class="pieces">${report.pieces.map(pieceCard)}</div>`
}

function pieceCard(piece: ReportPiece): Markup {
  const properties = Object.entries(piece.traits).map(
    ([trait, value]) =>
      html`<div>
        <dt>${trait.replaceAll(/[-_]/gu, ' ')}</dt>
        <dd>${value}</dd>
      </div>`,
  )
  const mark = (name: 'score' | 'rarity' | 'demand'): Markup =>
    html`<div>${name}</div>
      <span style="--part:${percent(piece[name])}%"></span><em>${percent(piece[name])}</em>`
  const alt = `Rank ${piece.rank}: ${Object.values(piece.traits).join(', ')}`
  return html`<article class="piece" id="rank-${piece.rank}">
    <img src="${piece.image}" alt="${alt}" loading="lazy" width="512" height="512" />
    <div class="body">
      <h3>Rank ${piece.rank} <small>token ${piece.tokenId}</small></h3>
      <p class="bits"><b>${piece.rarityBits.toFixed(2)} bits</b> of rarity</p>
      <dl class="properties">${properties}</dl>
      <div class="marks">${mark('score')}${mark('rarity')}${mark('demand')}</div>
      <details>
        <summary>Digests</summary>
        <p>candidate ${piece.index}, seed <code>${piece.seed}</code></p>
        <p>pixels, sha-256 of the network's output <code>${piece.pixelDigest}</code></p>
        <p>file, sha-256 of the PNG and its CID <code>${piece.artifactDigest}</code></p>
      </details>
    </div>
  </article>`
}

function traits({ candidates, pieces: kept }: Report): Markup {
  const shares = traitShares(candidates, kept)
  if (shares.size === 0) return nothing
  const tables = [...shares].map(([trait, values]) => traitTable(trait, values, candidates.length, kept.length))
  return html`<h2>Traits, and how rare they are</h2>
    <p class="note">
      Traits are measured from the pixels by integer arithmetic or follow from the seed; none is written by hand. The
      first number is the share among all candidates, the second among the edition.
    </p>
    <div class="traits">${tables}</div>`
}

function vetoes({ vetoes: list }: Report): Markup {
  if (list.length === 0) return nothing
  const rows = list.map(
    (veto) =>
      html`<tr>
        <th scope="row">Candidate ${veto.index}</th>
        <td>${veto.reason}</td>
      </tr>`,
  )
  return html`<h2>Vetoes</h2>
    <p class="note">A curator may take a candidate out, never put one in, and has to say why.</p>
    <table class="chain">
      <tbody>
        ${rows}
      </tbody>
    </table>`
}

function row(name: string, value: string, check: string): Markup {
  return html`<tr>
    <th scope="row">${name}</th>
    <td>
      <p>${check}</p>
      <code>${value}</code>
    </td>
  </tr>`
}

function provenance({ provenance: p, collection, chainId, model, dataset }: Report): Markup {
  return html`<h2>From training set to token</h2>
    <p class="note">Each line is recorded on chain ${chainId}; the collection is <code>${collection}</code>.</p>
    <table class="chain">
      <tbody>
        ${row('Training set', p.datasetRoot, `${dataset.name}, ${grouped(dataset.files)} files under ${dataset.licence}. Merkle root over their sha-256: it proves what was declared.`)}
        ${row('Model', p.bundleDigest, `${model.name}, ${model.licence}. sha-256 of the bundle's bytes; registered as model ${p.modelId}.`)}
        ${row('Recipe', p.recipeDigest, 'sha-256 of the canonical JSON of recipe.json: engine, truncation, mirroring, upscaling, PNG version.')}
        ${row('Policy', p.policyDigest, 'sha-256 of the canonical JSON of policy.json, announced before the seeds were drawn.')}
        ${row('Seeds', p.masterSeed, `From the hash of block ${p.seedBlock} and a salt that was committed before it. Candidate i has the seed keccak256(master seed, i).`)}
        ${row('Selection', p.root, 'Merkle root over every candidate, the kept and the rejected; a position in the tree is a rank.')}
        ${p.directory === null ? nothing : row('Files', p.directory, 'CID of the directory with pictures, metadata, proofs and the manifest of all candidates.')}
        ${p.archive === null ? nothing : row('Archive', p.archive.digest, `sha-256 of ${p.archive.name}, ${grouped(p.archive.bytes)} bytes: one CAR with the directory, model, recipe, dataset manifest and the verify page. It is not on the chain; every block in it is checked by its own CID.`)}
      </tbody>
    </table>`
}

function commands({ check, collection, drop, pieces: kept, provenance: { archive } }: Report): Markup {
  const common = `--rpc ${check.rpc} --contract ${collection} --gateway ${check.gateway}`
  const [first] = kept
  const token =
    first === undefined
      ? ''
      : `\n\n# one token: its seed, its pixels, its place in the selection\n./latentmint audit token ${first.tokenId} ${common}`
  const offline =
    archive === null
      ? ''
      : `\n\n# without any gateway, from the archive\n./latentmint audit drop ${drop} --full --rpc ${check.rpc} --contract ${collection} --car ${archive.name}`
  return html`<h2>Check it yourself</h2>
    <p class="note">
      The audit asks the chain and any gateway, believes no byte that does not match its hash, renders the pieces again
      and runs the selection again. Nothing of the operator's is needed.
    </p>
    <pre>
# the whole drop: every candidate is rendered again
./latentmint audit drop ${drop} --full ${common}${token}${offline}</pre>`
}

function closing({ model, dataset }: Report): Markup {
  return html`<footer>
    <p>
      Every picture here was made by a machine: a generative adversarial network of the project's own training,
      ${model.name}, on ${dataset.name}. The files say so themselves (IPTC digital source type:
      trainedAlgorithmicMedia).
    </p>
    <p>
      What a chain cannot do: it does not see pictures. It checks committed numbers, and the numbers are right because
      anyone can compute them again. The record of the training set proves what was declared, not what was left out.
    </p>
  </footer>`
}
