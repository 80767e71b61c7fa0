import type { RequestHandler } from 'express'

/** Upper bounds in seconds; the last bucket is open. */
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5] as const

interface Series {
  count: number
  seconds: number
  readonly atMost: number[]
}

/** The addresses of the API, with numbers taken out. */
const API: ReadonlySet<string> = new Set([
  '/api/v1/health',
  '/api/v1/drops',
  '/api/v1/drops/:n',
  '/api/v1/drops/:n/pieces',
  '/api/v1/drops/:n/pieces/:n',
  '/api/v1/drops/:n/eligibility',
  '/api/v1/drops/:n/mints',
  '/api/v1/drops/:n/vouchers',
])

/** What the server did, in the text format of Prometheus. */
export interface Metrics {
  readonly watch: RequestHandler
  text(): string
}

/**
 * Counts requests by method, kind of address and status. Addresses are grouped, so that a visitor can't make a series
 * of their own for each CID they think of.
 *
 * @param now milliseconds
 */
export function countRequests(now: () => number): Metrics {
  const all = new Map<string, Series>()
  return {
    watch: (request, response, next) => {
      const start = now()
      const { method, path } = request
      response.on('finish', () => {
        const labels = `method="${method}",address="${groupOf(path)}",status="${response.statusCode}"`
        const series = all.get(labels) ?? { count: 0, seconds: 0, atMost: BUCKETS.map(() => 0) }
        all.set(labels, series)
        const seconds = (now() - start) / 1000
        series.count++
        series.seconds += seconds
        for (const [i, bound] of BUCKETS.entries())
          series.atMost[i] = (series.atMost[i] ?? 0) + (seconds <= bound ? 1 : 0)
      })
      next()
    },
    text: () => ['# TYPE latentmint_http_seconds histogram', ...[...all].flatMap(linesOf), ''].join('\n'),
  }
}

function linesOf([labels, { count, seconds, atMost }]: [string, Series]): readonly string[] {
  const name = 'latentmint_http_seconds'
  return [
    ...BUCKETS.map((bound, i) => `${name}_bucket{${labels},le="${bound}"} ${atMost[i]}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${seconds}`,
    `${name}_count{${labels}} ${count}`,
  ]
}

function groupOf(path: string): string {
  const api = path.replaceAll(/\/\d+/gu, '/:n')
  if (API.has(api)) return api
  const [, first = ''] = path.split('/')
  return ['ipfs', 'assets', 'drops', 'share', 'verify', ''].includes(first) ? `/${first}` : 'other'
}
