import { pictureText, pieceName } from '../domain/caption.ts'
import { escapeHtml } from './gateway.ts'
import type { Drop, Piece } from './shapes.ts'

/** So many pictures stand in the page itself; the rest come with the script. */
const PICTURES = 24

/** A drop's page for who runs no scripts, and for the moment before they run: the same words, pictures and classes. */
export function dropBody(drop: Drop, pieces: readonly Piece[]): string {
  const { name, story, edition, candidates, remaining, phases } = drop
  return frame(`<article>
        <section class="column opening">
          <p class="over">Drop ${drop.drop}</p>
          <h1>${escapeHtml(name)}</h1>
          <p class="lead">${edition} pieces, chosen from ${candidates} candidates by a rule that was fixed before any of them existed. ${remaining} left.</p>
        </section>
        <section class="column story">
          ${story
            .split('\n\n')
            .map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`)
            .join('\n          ')}
          <p class="made-by"><span class="tag">AI-made</span> The pictures are the work of a generative network, and each file says so.</p>
        </section>
        <section class="wall" aria-label="The pieces"><ul class="pieces">
          ${pieces
            .slice(0, PICTURES)
            .map((piece) => card(drop, piece))
            .join('\n          ')}
        </ul></section>
        <section class="column"><h2>When and for what</h2><ul>
          ${phases
            .map(({ name: phase, startsAt, endsAt }) => {
              return `<li>${escapeHtml(phase)}: ${moment(startsAt)} to ${moment(endsAt)}</li>`
            })
            .join('\n          ')}
        </ul></section>
      </article>`)
}

/** A piece's page for who runs no scripts: the picture, and what it is. */
export function pieceBody(drop: Drop, piece: Piece): string {
  const { width, height } = drop.pieceSize
  const { rank, traits, rarityBits, owner } = piece
  return frame(`<article class="piece-page">
        <figure class="picture"><img src="${escapeHtml(piece.image)}" alt="${escapeHtml(pictureText(rank, traits))}" width="${width}" height="${height}"></figure>
        <div class="side">
          <p class="over"><a href="/drops/${drop.drop}">${escapeHtml(drop.name)}</a></p>
          <h1>${pieceName(rank)}</h1>
          <p class="lead">Rank ${rank + 1} of ${drop.candidates} candidates, ${rarityBits.toFixed(2)} bits of rarity. <span class="tag">AI-made</span></p>
          <table class="traits">
            ${traits
              .map(({ name, value, bits }) => {
                return `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td><td class="number">${bits.toFixed(2)}</td></tr>`
              })
              .join('\n            ')}
          </table>
          <p>${owner === null ? 'Nobody has it yet.' : `In the hands of <code>${owner}</code>.`}</p>
        </div>
      </article>`)
}

/** The API's answers that a page begins with, so that its script draws at once and asks only for what comes after. */
export function embedAnswers(answers: Readonly<Record<string, unknown>>): string {
  // Data, which the security policy lets stand: it is never run. A "<" could end it early.
  const json = JSON.stringify(answers).replaceAll('<', String.raw`\u003c`)
  return `<script type="application/json" id="answers">${json}</script>`
}

function frame(main: string): string {
  return `<header class="top">
        <a class="wordmark" href="/">latentmint</a>
        <nav aria-label="Site"><a href="/verify">Verify</a></nav>
      </header>
      <main id="main">${main}</main>`
}

function card(drop: Drop, { rank, traits, image }: Piece): string {
  const { width, height } = drop.pieceSize
  const alt = escapeHtml(pictureText(rank, traits))
  return `<li><a class="piece" href="/drops/${drop.drop}/pieces/${rank}"><img src="${escapeHtml(image)}" alt="${alt}" width="${width}" height="${height}" loading="lazy"><span class="caption">${pieceName(rank)}</span></a></li>`
}

function moment(time: number): string {
  const [date = '', clock = ''] = new Date(time * 1000).toISOString().split('T')
  return `<time datetime="${date}T${clock}">${date} ${clock.slice(0, 5)} UTC</time>`
}
