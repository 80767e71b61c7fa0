// How long a visitor waits from the address of the verify page to its verdict, with an empty cache, and how much script the
// drop page needs before a wallet is chosen. On the shipped model: the site is one that `latentmint demo` leaves open.
// Run: node bench/verify.ts [http://127.0.0.1:8787]
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Browser, chromium, type Page } from 'playwright-core'

const RESULT = fileURLToPath(new URL('results/verify.json', import.meta.url))
const RUNS = 7
/** A piece that somebody has in the demonstration. */
const TAKEN = '/drops/1/pieces/0'
const SETTLED = '.result:not([data-verdict=""])'

/** A visitor who has never been here: what comes over the network is counted and kept nowhere. */
async function visit<T>(browser: Browser, look: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext()
  try {
    return await look(await context.newPage())
  } finally {
    await context.close()
  }
}

async function addressOfVerify(page: Page): Promise<string> {
  await page.goto(site + TAKEN)
  const href = await page.getByRole('link', { name: 'Verify it' }).getAttribute('href')
  if (href === null) throw new Error(`${site}${TAKEN} has no link to the verify page`)
  return site + href
}

interface Verification {
  readonly verdict: string | null
  /** From the start of the navigation to the verdict on the page. */
  readonly seconds: number
  /** Of which in the worker: chain, content, engine, pixels. */
  readonly auditSeconds: number
  readonly bytes: number
}

async function verify(page: Page, address: string): Promise<Verification> {
  let bytes = 0
  page.on('requestfinished', (request) => void request.sizes().then((sizes) => (bytes += sizes.responseBodySize)))
  const started = performance.now()
  await page.goto(address, { waitUntil: 'commit' })
  const result = page.locator(SETTLED)
  await result.waitFor({ timeout: 120_000 })
  const seconds = rounded((performance.now() - started) / 1000)
  const [, spent = ''] = /([\d.]+) seconds/u.exec(await page.locator('.verdict').innerText()) ?? []
  return { verdict: await result.getAttribute('data-verdict'), seconds, auditSeconds: Number(spent), bytes }
}

/** Bytes of script, as gzip sends them. */
async function scriptBytes(page: Page): Promise<number> {
  const scripts: string[] = []
  page.on('response', (response) => response.request().resourceType() === 'script' && scripts.push(response.url()))
  await page.goto(`${site}/drops/1`)
  await page.locator('.piece img').first().waitFor()
  const sizes = await Promise.all(
    scripts.map(async (url) => gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100
}

const site = process.argv[2] ?? 'http://127.0.0.1:8787'
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
try {
  const address = await visit(browser, addressOfVerify)
  const runs: Verification[] = []
  for (let run = 0; run < RUNS; run++) {
    runs.push(await visit(browser, (page) => verify(page, address)))
    process.stdout.write(`${JSON.stringify(runs.at(-1))}\n`)
  }
  const seconds = runs.map((run) => run.seconds).toSorted((a, b) => a - b)
  const result = {
    question: 'how long does a visitor wait for the verdict on a token of 64 px, everything downloaded',
    browser: `Chromium ${browser.version()}`,
    cores: availableParallelism(),
    verdicts: [...new Set(runs.map((run) => run.verdict))],
    medianSeconds: seconds[RUNS >> 1],
    slowestSeconds: seconds.at(-1),
    underFiveSeconds: (seconds.at(-1) ?? Infinity) < 5,
    runs,
    dropPage: { compressedScriptBytes: await visit(browser, scriptBytes), limit: 150_000 },
  }
  await writeFile(RESULT, `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
} finally {
  await browser.close()
}
