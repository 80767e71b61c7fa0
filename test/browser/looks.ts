import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { expect } from 'chai'
import type { Page } from 'playwright-core'

/** Screenshots are kept here, to be looked at. */
export const SHOTS = fileURLToPath(new URL('../../build/screenshots', import.meta.url))
export const THEMES = ['light', 'dark'] as const

const WIDTHS = [360, 768, 1440] as const
/** The widths that are kept to be looked at. */
const SHOT: ReadonlySet<number> = new Set([360, 1440])

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** What axe-core holds against the page as it stands, if it is serious or worse. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const findings: Finding[] = await page.evaluate('axe.run().then(({ violations }) => violations)')
  return findings
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/**
 * Holds a page to fit every screen without scrolling sideways.
 *
 * @param shot names the screenshots, the width in the place of %
 */
export async function expectFits(page: Page, shot: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    // Where everything fits, there is nothing to scroll to.
    expect(await page.evaluate('document.documentElement.scrollWidth'), `${shot} at ${width}`).to.equal(width)
    if (!SHOT.has(width)) continue
    await page.screenshot({ path: `${SHOTS}/${shot.replace('%', String(width))}.png`, fullPage: true })
  }
}
