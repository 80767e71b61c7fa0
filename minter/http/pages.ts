import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import express, { type RequestHandler, Router } from 'express'
import { contentSecurityPolicy } from 'helmet'
import { z } from 'zod'
import { compressedFiles } from './compressed-files.ts'
import type { HttpDeps } from './deps.ts'
import { pieceDetail } from './api.ts'
import { calendarFile } from './calendar.ts'
import { escapeHtml } from './gateway.ts'
import { dropBody, embedAnswers, pieceBody } from './page-body.ts'
import { presentDrop, presentPiece, presentSummary } from './present.ts'
import { answering, HttpProblem } from './problem.ts'
import { type Drop, rankParam, dropParams } from './shapes.ts'
import { shareForAWhile } from './sharing.ts'
import type { Gallery, Snapshot } from './snapshot.ts'

/** Stands in the built HTML where the server puts what link previews read. */
const HEAD_MARK = '<!--latentmint:head-->'
/** Stands where the page's own words go, and the answers that its script begins with. */
const BODY_MARK = '<!--latentmint:body-->'
const ANSWERS_MARK = '<!--latentmint:answers-->'
/** A page does not carry more pieces than this in itself; the script asks for the others. */
const MOST_EMBEDDED = 200

const pieceParams = dropParams.extend({ rank: rankParam })
const phaseParams = dropParams.extend({ phase: z.coerce.number().int().min(0).max(255) })

/** What a shared link shows before anyone opens it. */
interface LinkPreview {
  readonly title: string
  readonly description: string
  /** Path on this server. */
  readonly image: string | null
}

/** A page as it is sent: what previews read, what people read without scripts, and what the script begins with. */
interface SentPage {
  readonly preview: LinkPreview
  readonly body: string
  /** By their path below the API. */
  readonly answers: Readonly<Record<string, unknown>>
}

/** The built pages: one for drops and pieces, one for verifying, each with the security policy that it needs. */
export function pages(deps: HttpDeps, gallery: Gallery, dir: string): Router {
  // Built files are named relative to the page; the gallery's pages lie at several depths.
  const shell = readFileSync(join(dir, 'index.html'), 'utf8').replaceAll('"./assets/', '"/assets/')
  const verify = readFileSync(join(dir, 'verify.html'), 'utf8')
  const review = readFileSync(join(dir, 'review.html'), 'utf8')
  const router = Router()
  // A worker goes by the policy of its own file, and the ones that verify need the verify page's.
  router.use(
    '/assets',
    verifyPolicy(),
    compressedFiles(join(dir, 'assets')),
    express.static(join(dir, 'assets'), { immutable: true, maxAge: '1y', fallthrough: false }),
  )

  const gallerysPolicy = galleryPolicy(deps.network.rpcUrl)
  const share = shareForAWhile<string>(deps.now)
  const visit = (path: string, page: (params: unknown) => Promise<SentPage>): void => {
    const answer = answering(async (request, response) => {
      const html = await share(request.path, async () => {
        const { preview, body, answers } = await pageOrPlain(() => page(request.params))
        return shell
          .replace(HEAD_MARK, () => headTags(preview, deps, request.path))
          .replace(BODY_MARK, () => body)
          .replace(ANSWERS_MARK, () => embedAnswers(answers))
      })
      response.set('Cache-Control', 'no-cache').type('html').send(html)
    })
    router.get(path, gallerysPolicy, answer)
  }
  visit('/', async () => homePage(deps, gallery))
  visit('/drops/:drop', async (params) => dropPage(deps, gallery, dropParams.parse(params).drop))
  visit('/drops/:drop/pieces/:rank', async (params) => piecePage(deps, gallery, pieceParams.parse(params)))
  router.get('/drops/:drop/phases/:phase.ics', calendar(deps, gallery))

  router.get('/verify-on-disk.html', (_request, response) => {
    // To be kept, not to be run here: its script stands in the page, which no policy of ours allows.
    response.set('Content-Disposition', 'attachment; filename="verify.html"').sendFile(join(dir, 'verify-on-disk.html'))
  })
  router.get('/review', policy({ connectSrc: ["'self'"] }), (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('html').send(review)
  })
  router.get('/verify', verifyPolicy(), (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('html').send(verify)
  })
  return router
}

/** Scripts and styles only from here; the wallet talks for itself, and the node's RPC is read to follow a mint. */
function galleryPolicy(rpcUrl: string): ReturnType<typeof contentSecurityPolicy> {
  return policy({ connectSrc: ["'self'", new URL(rpcUrl).origin] })
}

/** An auditor names the node and the gateways, so that any may be asked; the network needs its wasm and its worker. */
function verifyPolicy(): ReturnType<typeof contentSecurityPolicy> {
  return policy({
    connectSrc: ["'self'", 'http:', 'https:'],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    workerSrc: ["'self'"],
  })
}

function policy(extra: Readonly<Record<string, string[]>>): ReturnType<typeof contentSecurityPolicy> {
  const directives = {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:', 'data:'],
    fontSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    ...extra,
  }
  return contentSecurityPolicy({ useDefaults: false, directives })
}

const PLAIN: SentPage = {
  preview: { title: 'latentmint', description: 'Art by a network, proven bit for bit.', image: null },
  body: '',
  answers: {},
}

/** A page must open although there is nothing to show: its script says what is wrong. */
async function pageOrPlain(page: () => Promise<SentPage>): Promise<SentPage> {
  try {
    return await page()
  } catch (error) {
    if (!(error instanceof HttpProblem || error instanceof z.ZodError)) throw error
    return PLAIN
  }
}

async function homePage(deps: HttpDeps, gallery: Gallery): Promise<SentPage> {
  const all = await gallery.drops()
  const newest = all.at(-1)
  if (newest === undefined) return PLAIN
  const page = await dropPage(deps, gallery, newest.drop.drop)
  const drops = all.map(({ drop, onChain }) => presentSummary(drop, onChain))
  return { ...page, answers: { ...page.answers, '/drops': { drops } } }
}

async function dropPage(deps: HttpDeps, gallery: Gallery, number: number): Promise<SentPage> {
  const snapshot = await gallery.snapshot(number)
  const drop = presented(deps, snapshot)
  const { rows, context } = await gallery.pieces(snapshot)
  const pieces = rows.map((row) => presentPiece(row, context))
  const [first = drop.story] = drop.story.split('\n\n')
  return {
    preview: {
      title: drop.name,
      description: `${drop.edition} pieces from ${drop.candidates} candidates. ${first}`,
      image: drop.directory === null ? null : `/share/drops/${number}.png`,
    },
    body: dropBody(drop, pieces),
    answers: {
      [`/drops/${number}`]: drop,
      ...(pieces.length > MOST_EMBEDDED ? {} : { [`/drops/${number}/pieces`]: { pieces } }),
    },
  }
}

async function piecePage(
  deps: HttpDeps,
  gallery: Gallery,
  { drop: number, rank }: z.infer<typeof pieceParams>,
): Promise<SentPage> {
  const drop = presented(deps, await gallery.snapshot(number))
  const piece = await pieceDetail(deps, gallery, { drop: number, rank })
  const traits = piece.traits.map(({ name, value }) => `${name} ${value}`)
  return {
    preview: {
      title: `${drop.name}, no. ${rank + 1}`,
      description: `Rank ${rank + 1} of ${drop.candidates} candidates. ${traits.join(', ')}.`,
      image: `/share/drops/${number}/pieces/${rank}.png`,
    },
    body: pieceBody(drop, piece),
    answers: { [`/drops/${number}`]: drop, [`/drops/${number}/pieces/${rank}`]: piece },
  }
}

function presented({ network }: HttpDeps, { drop, onChain, head, prices }: Snapshot): Drop {
  return presentDrop(drop, onChain, head, network, prices)
}

/** A phase for the visitor's calendar. */
function calendar(deps: HttpDeps, gallery: Gallery): RequestHandler {
  return answering(async (request, response) => {
    const params = phaseParams.safeParse(request.params)
    if (!params.success) throw new HttpProblem('HTTP_BAD_REQUEST', 'drop and phase are numbers')
    const { drop, onChain } = await gallery.snapshot(params.data.drop)
    const phase = drop.phases.find((one) => one.phase === params.data.phase)
    if (phase === undefined) {
      throw new HttpProblem('PHASE_NOT_FOUND', `Drop ${drop.drop} has no phase ${params.data.phase}`)
    }
    const opensAt = Math.max(phase.startsAt, onChain.liveAt ?? 0)
    response
      .set('Content-Disposition', `attachment; filename="drop-${drop.drop}-phase-${phase.phase}.ics"`)
      .type('text/calendar')
      .send(calendarFile(drop, phase, opensAt, `${deps.publicUrl}/drops/${drop.drop}`))
  })
}

function headTags({ title, description, image }: LinkPreview, deps: HttpDeps, path: string): string {
  const shortened = description.length > 200 ? `${description.slice(0, 199)}…` : description
  return [
    `<title>${escapeHtml(title)}</title>`,
    `<meta name="description" content="${escapeHtml(shortened)}">`,
    `<link rel="canonical" href="${escapeHtml(deps.publicUrl + path)}">`,
    tag('og:type', 'website'),
    tag('og:title', title),
    tag('og:description', shortened),
    tag('og:url', deps.publicUrl + path),
    ...(image === null
      ? []
      : [
          tag('og:image', deps.publicUrl + image),
          tag('og:image:width', '1200'),
          tag('og:image:height', '630'),
          tag('og:image:alt', title),
          '<meta name="twitter:card" content="summary_large_image">',
        ]),
  ].join('\n    ')
}

function tag(property: string, content: string): string {
  return `<meta property="${property}" content="${escapeHtml(content)}">`
}
