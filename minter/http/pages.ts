import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import express, { Router } from 'express'
import { contentSecurityPolicy } from 'helmet'
import { z } from 'zod'
import { compressedFiles } from './compressed-files.ts'
import type { HttpDeps } from './deps.ts'
import { escapeHtml } from './gateway.ts'
import { answering, HttpProblem } from './problem.ts'
import { rankParam, dropParams } from './shapes.ts'
import type { Gallery } from './snapshot.ts'

/** Stands in the built HTML where the server puts what link previews read. */
const HEAD_MARK = '<!--latentmint:head-->'

const pieceParams = dropParams.extend({ rank: rankParam })

/** What a shared link shows before anyone opens it. */
interface LinkPreview {
  readonly title: string
  readonly description: string
  /** Path on this server. */
  readonly image: string | null
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

  const show = { csp: galleryPolicy(deps.network.rpcUrl), shell }
  const visit = (path: string, preview: (params: unknown) => Promise<LinkPreview>): void => {
    const answer = answering(async (request, response) => {
      const head = await previewOrPlain(() => preview(request.params))
      response
        .set('Cache-Control', 'no-cache')
        .type('html')
        .send(show.shell.replace(HEAD_MARK, headTags(head, deps, request.path)))
    })
    router.get(path, show.csp, answer)
  }
  visit('/', async () => firstPreview(gallery))
  visit('/drops/:drop', async (params) => dropPreview(gallery, dropParams.parse(params).drop))
  visit('/drops/:drop/pieces/:rank', async (params) => piecePreview(gallery, pieceParams.parse(params)))

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

/** A page must open although a preview can't be made: the page itself says what is wrong. */
async function previewOrPlain(preview: () => Promise<LinkPreview>): Promise<LinkPreview> {
  try {
    return await preview()
  } catch (error) {
    if (!(error instanceof HttpProblem || error instanceof z.ZodError)) throw error
    return { title: 'latentmint', description: 'Art by a network, proven bit for bit.', image: null }
  }
}

async function firstPreview(gallery: Gallery): Promise<LinkPreview> {
  const newest = (await gallery.drops()).at(-1)
  return newest === undefined
    ? { title: 'latentmint', description: 'Art by a network, proven bit for bit.', image: null }
    : dropPreview(gallery, newest.drop.drop)
}

async function dropPreview(gallery: Gallery, number: number): Promise<LinkPreview> {
  const { drop } = await gallery.snapshot(number)
  const [first = drop.story] = drop.story.split('\n\n')
  return {
    title: drop.name,
    description: `${drop.edition} pieces from ${drop.candidates} candidates. ${first}`,
    image: drop.directory === null ? null : `/share/drops/${number}.png`,
  }
}

async function piecePreview(
  gallery: Gallery,
  { drop: number, rank }: z.infer<typeof pieceParams>,
): Promise<LinkPreview> {
  const snapshot = await gallery.snapshot(number)
  const { rows } = await gallery.pieces(snapshot)
  const piece = rows.find((row) => row.rank === rank)
  if (piece === undefined) throw new HttpProblem('PIECE_NOT_FOUND', `Drop ${number} has no piece of rank ${rank}`)
  const traits = Object.entries(piece.traits).map(([name, value]) => `${name} ${value}`)
  return {
    title: `${snapshot.drop.name}, no. ${rank + 1}`,
    description: `Rank ${rank + 1} of ${snapshot.drop.candidates} candidates. ${traits.join(', ')}.`,
    image: `/share/drops/${number}/pieces/${rank}.png`,
  }
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
      : [tag('og:image', deps.publicUrl + image), '<meta name="twitter:card" content="summary_large_image">']),
  ].join('\n    ')
}

function tag(property: string, content: string): string {
  return `<meta property="${property}" content="${escapeHtml(content)}">`
}
