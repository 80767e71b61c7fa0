import type { z } from 'zod'
import type { Endpoint } from './endpoint.ts'
import { escapeHtml } from './gateway.ts'
import { shapes } from './shapes.ts'

/** The API for people who read: every address with what it takes and gives. No script, so that nothing has to load. */
export function apiPage(endpoints: readonly Endpoint[], publicUrl: string): string {
  const base = `${publicUrl}/api/v1`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>latentmint API</title>
<h1>latentmint API</h1>
<p>Everything lies below <code>${escapeHtml(base)}</code>. Amounts are decimal wei, times are Unix seconds by the clock of
the chain, hexadecimal is lower-case. Failures are problem documents (RFC 9457) whose <code>code</code> is stable.
The same for machines: <a href="/openapi.json">OpenAPI 3.1</a>.</p>
${endpoints.map(describe).join('\n')}
<h2><code>GET /ipfs/{cid}/{path}</code></h2>
<p>An IPFS gateway over everything that was published here; <code>?format=raw</code> gives the block,
<code>?format=car</code> everything below it.</p>
</html>
`
}

function describe({ method, path, summary, params, query, body, answer }: Endpoint): string {
  const id = shapes.get(answer)?.id
  return `<h2><code>${method.toUpperCase()} ${escapeHtml(path.replaceAll(/:(\w+)/gu, '{$1}'))}</code></h2>
<p>${escapeHtml(summary)}.</p>
<dl>${list('path', params)}${list('query', query)}${list('body', body)}${
    id === undefined ? '' : `<dt>answers</dt><dd><code>${id}</code></dd>`
  }</dl>`
}

function list(where: string, shape: z.ZodObject): string {
  const names = Object.keys(shape.shape).map((name) => `<code>${escapeHtml(name)}</code>`)
  return names.length === 0 ? '' : `<dt>${where}</dt><dd>${names.join(', ')}</dd>`
}
