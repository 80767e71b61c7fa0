import express, { type Express, type RequestHandler, Router } from 'express'
import helmet from 'helmet'
import { apiEndpoints } from './api.ts'
import { apiPage } from './api-page.ts'
import type { HttpDeps, ReviewDesk } from './deps.ts'
import { limitPerMinute, mount } from './endpoint.ts'
import { gateway } from './gateway.ts'
import { countRequests, gaugeText } from './metrics.ts'
import { openApi } from './openapi.ts'
import { pages } from './pages.ts'
import { answering, notFound, problems } from './problem.ts'
import { reviewedPicture } from './reviews.ts'
import { sharePictures } from './share-picture.ts'
import { openGallery } from './snapshot.ts'
import { visitOf } from './visit.ts'

/** More than any Prometheus asks, less than would load the chain. */
const SCRAPES_PER_MINUTE = 60
/** Each is drawn when it is asked for. */
const SHARES_PER_MINUTE = 240

/**
 * The whole HTTP side: API, gateway and pages. It only answers; who listens where is the caller's to decide.
 *
 * @param deps the ports it reads through; nothing here knows a database, a node or a key
 */
export function createApp(deps: HttpDeps): Express {
  const gallery = openGallery(deps)
  const endpoints = apiEndpoints(deps, gallery)
  const app = express()
  app.disable('x-powered-by')
  app.set('strict routing', false)
  app.set('trust proxy', deps.proxies)
  app.use(
    helmet({
      // Each page sets its own, tighter or looser as it needs; what is not a page may load nothing at all.
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      // Only where visitors come by TLS; on a plain local address it would lock browsers out.
      strictTransportSecurity: deps.publicUrl.startsWith('https:'),
    }),
  )
  const metrics = countRequests(deps.now, endpoints)
  app.use(metrics.watch)
  app.use(tellRequests(deps))
  app.get(
    '/metrics',
    limitPerMinute(SCRAPES_PER_MINUTE, deps.now),
    answering(async (_request, response) => {
      response.type('text/plain; version=0.0.4').send(metrics.text() + gaugeText(await deps.gauges()))
    }),
  )
  app.use('/api/v1', apiRouter(endpoints, deps))
  app.get('/api', (_request, response) => {
    response.type('html').send(apiPage(endpoints, deps.publicUrl))
  })
  app.get('/openapi.json', (_request, response) => {
    response.set('Cache-Control', 'no-cache').json(openApi(endpoints, deps.version, deps.publicUrl))
  })
  app.use('/ipfs', gateway(deps.blocks))
  app.use('/share', limitPerMinute(SHARES_PER_MINUTE, deps.now), sharePictures(deps, gallery))
  if (deps.pagesDir !== null) app.use(pages(deps, gallery, deps.pagesDir))
  app.use(notFound)
  app.use(problems(deps.log))
  return app
}

/** One line a request: what was asked and how it went, and nothing of who asked. */
function tellRequests({ log, now }: HttpDeps): RequestHandler {
  return (request, response, next) => {
    const start = now()
    const { method, path } = request
    response.on('finish', () => log.debug({ method, path, status: response.statusCode, ms: now() - start }, 'request'))
    next()
  }
}

/** Pictures of what is not published: for those who review, and for no cache but their own. */
function picturesOf(desk: ReviewDesk, { signIn, publicUrl }: HttpDeps): RequestHandler {
  return answering(async (request, response) => {
    const visit = visitOf(request, response, signIn, publicUrl)
    const picture = await reviewedPicture(desk, visit, request.params)
    response.set('Cache-Control', 'private, max-age=3600').type('png').send(Buffer.from(picture))
  })
}

function apiRouter(endpoints: ReturnType<typeof apiEndpoints>, deps: HttpDeps): Router {
  const router = Router()
  router.use(express.json({ limit: '16kb' }))
  for (const endpoint of endpoints) mount(router, endpoint, deps)
  const { reviews } = deps
  if (reviews !== null) {
    router.get('/reviews/:run/candidates/:index/picture.png', picturesOf(reviews, deps))
  }
  return router
}
