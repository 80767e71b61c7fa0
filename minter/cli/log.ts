import { type Logger, pino, type DestinationStream } from 'pino'
import type { Config } from '../config.ts'

const REDACTED = '[redacted]'

/** Names under which secrets travel; what stands under them is never written. */
const SECRET_FIELDS = [
  'key',
  'privateKey',
  'password',
  'token',
  'ticket',
  'secret',
  'signature',
  'authorization',
  'cookie',
] as const

/** Secrets by their looks, wherever they stand: signatures, bearer tokens, passwords in addresses. */
const SECRET_LOOKS: readonly (readonly [RegExp, string])[] = [
  [/0x[0-9a-fA-F]{130}(?![0-9a-fA-F])/gu, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/giu, `$1 ${REDACTED}`],
  [/(:\/\/[^\s/:@"]*:)[^\s/@"]+@/gu, `$1${REDACTED}@`],
]

/** The secrets of the settings themselves, as they could come up inside a message of some library. */
function secretsOf({ key, rpcs, databaseUrl, pinning }: LoggedConfig): readonly string[] {
  const password = databaseUrl === undefined ? undefined : URL.parse(databaseUrl)?.password
  // Providers of nodes put the customer's key into the path or the query.
  const inAddresses = rpcs.flatMap((url) => {
    const { pathname, search, password: secret } = new URL(url)
    return [pathname.slice(1), search.slice(1), secret]
  })
  const found = [key, key?.slice(2), password, ...inAddresses, ...pinning.map(({ token }) => token)]
  return found.filter((secret) => secret !== undefined).filter((secret) => secret.length >= 8)
}

type LoggedConfig = Pick<Config, 'key' | 'rpcs' | 'databaseUrl' | 'pinning'>

/** A line with everything in it that looks like a secret, or is one, taken out. */
export function redactLine(line: string, secrets: readonly string[]): string {
  const plain = secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), line)
  return SECRET_LOOKS.reduce((text, [looks, instead]) => text.replaceAll(looks, instead), plain)
}

/**
 * One JSON object a line. Fields that hold secrets are left out by their names, and what is left of a line is searched for
 * secrets once more, since an error's message may hold anything.
 *
 * @param output takes whole lines
 */
export function openLog(level: string, config: LoggedConfig, output: DestinationStream): Logger {
  const secrets = secretsOf(config)
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`])
  return pino(
    { level, redact: { paths, censor: REDACTED } },
    { write: (line: string) => output.write(redactLine(line, secrets)) },
  )
}
