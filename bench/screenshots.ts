// Takes the README's pictures of a site that runs: `latentmint demo` leaves one open, and says the address of its review,
// which works once.
// Run: node bench/screenshots.ts http://127.0.0.1:8787 http://127.0.0.1:8787/review#TICKET
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const IMAGES = fileURLToPath(new URL('../docs/images', import.meta.url))
const VIEW = { width: 1280, height: 860 } as const
/** A piece that nobody has in the demonstration, and one that somebody has. */
const [FREE, TAKEN] = [3, 0]

const [site = 'http://127.0.0.1:8787', review] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage({ viewport: VIEW })

async function shoot(path: string, file: string, ready: string): Promise<void> {
  await page.goto(site + path)
  await page.locator(ready).first().waitFor({ timeout: 120_000 })
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: `${IMAGES}/${file}` })
  process.stdout.write(`docs/images/${file}\n`)
}

await shoot('/drops/1', 'drop-page.png', '.piece img')
await shoot(`/drops/1/pieces/${FREE}`, 'piece-page.png', '.mint .primary')
await page.goto(`${site}/drops/1/pieces/${TAKEN}`)
const verify = await page.getByRole('link', { name: 'Verify it' }).getAttribute('href')
await shoot(verify ?? '/verify', 'verify-page.png', '.result:not([data-verdict=""])')
if (review !== undefined) {
  await page.goto(review)
  await page.locator('.close-up .traits tr').first().waitFor({ timeout: 120_000 })
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: `${IMAGES}/review-page.png` })
  process.stdout.write('docs/images/review-page.png\n')
}
await browser.close()
