import { type Browser, chromium } from 'playwright-core'
import { installed } from './installed.ts'

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
 * A real browser for the tests of a suite.
 *
 * @param suite `this` of the describe
 */
export function inChromium(suite: Mocha.Suite): { readonly browser: () => Browser } {
  let browser: Browser | undefined
  const executable = installed(suite, 'Chromium', CANDIDATES)

  before(async function () {
    browser = await chromium.launch({ executablePath: executable(this), args: ARGUMENTS })
  })
  after(() => browser?.close())
  return {
    browser: () => {
      if (browser === undefined) throw new Error('the browser is not up yet')
      return browser
    },
  }
}
