import type { RequestHandler } from 'express'
import type { Gauge } from './deps.ts'

/** Upper bounds in seconds; the last bucket is open. */
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5] as const

interface Series {
  count: number
  seconds: number
  readonly atMost: number[]
}

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
 * @param endpoints the addresses of the API
 */
export function countRequests(now: () => number, endpoints: readonly { readonly path: string }[]): Metrics {
  const all = new Map<string, Series>()
  const groupOf = grouping(endpoints.map(({ path }) => `/api/v1${path}`))
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

/** From a path to the address that it stands under, with its parameters' names in place of what was asked for. */
function grouping(addresses: readonly string[]): (path: string) => string {
  const patterns = addresses.map((address) => {
    return { address, pattern: new RegExp(`^${address.replaceAll(/:\w+/gu, '[^/]+')}/?$`, 'u') }
  })
  return (path) => {
    const known = patterns.find(({ pattern }) => pattern.test(path))
    if (known !== undefined) return known.address
    const [, first = ''] = path.split('/')
    return ['ipfs', 'assets', 'drops', 'share', 'verify', 'review', ''].includes(first) ? `/${first}` : 'other'
  }
}

/** Numbers of the moment, each name with what it means. */
export function gaugeText(gauges: readonly Gauge[]): string {
  const lines: string[] = []
  let last = ''
  for (const { name, help, type, labels, value } of gauges.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name !== last) lines.push(`# HELP latentmint_${name} ${help}`, `# TYPE latentmint_${name} ${type}`)
    last = name
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
    lines.push(`latentmint_${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

function escapeLabel(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}
