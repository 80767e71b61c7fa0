import { existsSync } from 'node:fs'
import { env } from 'node:process'

/**
 * Where a browser is installed. Where it is not, the tests of a suite are skipped, and their title says why; with
 * LATENTMINT_REQUIRE_BROWSER=1, as in CI, they fail instead.
 *
 * @param suite `this` of the describe
 * @param candidates paths, the first that exists is taken
 * @returns what a `before` calls for the path
 */
export function installed(
  suite: Mocha.Suite,
  name: string,
  candidates: readonly string[],
): (hook: Mocha.Context) => string {
  // oxlint-disable-next-line node/no-process-env -- a test reads what the program has no business with
  const required = env['LATENTMINT_REQUIRE_BROWSER'] === '1'
  const path = candidates.find((candidate) => existsSync(candidate))
  if (path === undefined && !required) suite.title += ` (skipped: there is no ${name} here)`
  return (hook) => {
    if (path !== undefined) return path
    if (required) throw new Error(`LATENTMINT_REQUIRE_BROWSER is set, and there is no ${name} here`)
    return hook.skip()
  }
}
