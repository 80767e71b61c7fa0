import { existsSync } from 'node:fs'
import { env } from 'node:process'
import { type Browser, chromium } from 'playwright-core'

/** Debian's; other systems may name theirs. */
const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * A real browser for the tests of a suite. Where none is installed they are skipped, and their title says why; with
 * LATENTMINT_REQUIRE_BROWSER=1, as in CI, they fail instead.
 *
 * @param suite `this` of the describe
 */
export function inChromium(suite: Mocha.Suite): { readonly browser: () => Browser } {
  let browser: Browser | undefined
  // oxlint-disable-next-line node/no-process-env -- a test reads what the program has no business with
  const required = env['LATENTMINT_REQUIRE_BROWSER'] === '1'
  const path = CANDIDATES.find((candidate) => existsSync(candidate))
  if (path === undefined && !required) suite.title += ' (skipped: there is no Chromium here)'

  before(async function () {
    if (path === undefined && required) {
      throw new Error('LATENTMINT_REQUIRE_BROWSER is set, and there is no Chromium here')
    }
    browser = await chromium.launch({ executablePath: path ?? this.skip(), args: ARGUMENTS })
  })
  after(() => browser?.close())
  return {
    browser: () => {
      if (browser === undefined) throw new Error('the browser is not up yet')
      return browser
    },
  }
}
