import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { weiFromEther, weiFromGwei } from './domain/amounts.ts'
import type { Hex } from './domain/digest.ts'
import { ConfigInvalid } from './errors.ts'

const origin = z.url({ protocol: /^https?$/u })

/** Parsed here, so that no message repeats a token. */
const pinningServices = z.string().transform((text, context): readonly PinningServiceSettings[] => {
  const wanted =
    'a JSON list such as [{"name":"one","endpoint":"https://api.example.org/psa","token":"…","gateway":"https://gw.example.org"}]'
  const parsed = pinningList.safeParse(jsonOf(text))
  if (parsed.success && new Set(parsed.data.map(({ name }) => name)).size === parsed.data.length) return parsed.data
  const where = parsed.success ? 'two have one name' : parsed.error.issues.map(({ path }) => path.join('.')).join(', ')
  context.issues.push({ code: 'custom', message: `expected ${wanted}; see ${where || 'all of it'}`, input: '' })
  return z.NEVER
})
const pinningList = z.array(
  z.strictObject({
    // Kept in the database and told apart from our own places.
    name: z.string().regex(/^(?!embedded$|kubo$)[a-z0-9][a-z0-9.-]{0,39}$/u),
    endpoint: origin,
    token: z.string().min(1),
    gateway: origin,
  }),
)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** An amount in decimal, read without a float. */
function amount(parse: (text: string) => bigint | null, wanted: string): z.ZodType<bigint, string> {
  return z.string().transform((text, context) => {
    const wei = parse(text)
    if (wei !== null) return wei
    context.addIssue({ code: 'custom', message: wanted })
    return z.NEVER
  })
}

/** One address, or several with commas between, the preferred one first. */
const rpcList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.url({ protocol: /^https?$/u, error: 'expected http addresses with commas between' })).min(1))

/** Which lines are logged, the fewest first. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

const auditorList = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(
    z.array(
      z
        .string()
        .regex(/^0x[0-9a-fA-F]{40}$/u, 'expected addresses with commas between')
        .transform((text): Hex => `0x${text.slice(2).toLowerCase()}`),
    ),
  )

const environment = z.object({
  LATENTMINT_HOME: z.string().default('.latentmint'),
  LATENTMINT_ENGINES: z.string().optional(),
  LATENTMINT_RPC: rpcList.optional(),
  LATENTMINT_PUBLIC_RPC: origin.optional(),
  LATENTMINT_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex digits')
    .optional(),
  LATENTMINT_KEYSTORE: z.string().optional(),
  LATENTMINT_KEYSTORE_PASSWORD_FILE: z.string().optional(),
  LATENTMINT_SIGNER: z.url({ protocol: /^https?$/u }).optional(),
  LATENTMINT_SIGNER_ACCOUNT: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'expected 0x and 40 hex digits')
    .optional(),
  LATENTMINT_MAX_FEE_GWEI: amount(weiFromGwei, 'expected gwei, such as 80 or 0.05').optional(),
  LATENTMINT_MAX_SPEND_ETH: amount(weiFromEther, 'expected ether, such as 0.25').optional(),
  LATENTMINT_STUCK_SECONDS: z.coerce.number().int().min(1).max(86_400).optional(),
  LATENTMINT_FINALITY: z
    .union([z.literal('finalized'), z.coerce.number().int().min(1).max(10_000)], {
      error: "expected 'finalized', or how many blocks",
    })
    .optional(),
  LATENTMINT_DEPLOYMENTS: z.string().default('ignition/deployments'),
  LATENTMINT_DATABASE_URL: z.url().optional(),
  LATENTMINT_KUBO: z.url().optional(),
  LATENTMINT_KUBO_GATEWAY: origin.optional(),
  LATENTMINT_PINNING: pinningServices.optional(),
  LATENTMINT_WEBHOOK: origin.optional(),
  LATENTMINT_WEBHOOK_SECRET: z.string().min(16, 'expected at least 16 characters').optional(),
  LATENTMINT_ORIGIN: origin.optional(),
  LATENTMINT_ORIGIN_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  LATENTMINT_MODEL: z.string().optional(),
  LATENTMINT_WORKERS: z.coerce.number().int().min(1).max(256).optional(),
  LATENTMINT_LOG: z.enum(LOG_LEVELS).default('warn'),
  LATENTMINT_AUDITORS: auditorList.optional(),
})

function webhookOf(url: string | undefined, secret: string | undefined): Config['webhook'] {
  if (url === undefined) return undefined
  if (secret === undefined)
    throw new ConfigInvalid(
      'LATENTMINT_WEBHOOK needs LATENTMINT_WEBHOOK_SECRET, which signs every message',
      'environment',
    )
  return { url, secret }
}

/** One service that speaks the Pinning Service API. */
export interface PinningServiceSettings {
  readonly name: string
  readonly endpoint: string
  readonly token: string
  /** Where what it has can be read back. */
  readonly gateway: string
}

/** What the surroundings say; everything else comes from the command line, the policy or the chain. */
export interface Config {
  /** The folder that keeps the database, the blocks and the embedded chain. */
  readonly home: string
  /** The folder that engines are installed in, a folder for each. */
  readonly engines: string
  /** An EVM node; none means the embedded chain. */
  readonly rpc: string | undefined
  /** Every node that was named, the preferred one first; empty for the embedded chain. */
  readonly rpcs: readonly string[]
  /** What visitors' wallets are given instead of the preferred node, whose address may hold a key. */
  readonly publicRpc: string | undefined
  /** The operator's private key; none means the embedded chain's first account. */
  readonly key: string | undefined
  /** A Web3 Secret Storage file with the operator's key, instead of the key itself. */
  readonly keystore: string | undefined
  /** A file with the keystore's password. */
  readonly passwordFile: string | undefined
  /** A signer that is asked by JSON-RPC (clef, Web3Signer, a node): the key is elsewhere. */
  readonly signer: string | undefined
  /** Which of the signer's accounts, where it has several. */
  readonly signerAccount: string | undefined
  /** The most that is ever offered for one gas. */
  readonly maxFeeWei: bigint | undefined
  /** The most that the fees of 24 hours may come to. */
  readonly maxSpendWei: bigint | undefined
  /** How long a transaction waits before it is priced higher. */
  readonly stuckAfterSeconds: number | undefined
  /** How many blocks deep a transaction is final, or the chain's own word for it. */
  readonly finality: number | 'finalized' | undefined
  /** The folder that says where the contracts are on which chain. */
  readonly deployments: string
  /** PostgreSQL; none means the embedded database. */
  readonly databaseUrl: string | undefined
  /** A Kubo RPC that keeps a copy beside the embedded block store. */
  readonly kubo: string | undefined
  /** The gateway that copies at Kubo are read back through; none means its RPC. */
  readonly kuboGateway: string | undefined
  /** Services that keep copies. */
  readonly pinning: readonly PinningServiceSettings[]
  /** Who is told of every change of a scheduled drop, and what that is signed with. */
  readonly webhook: { readonly url: string; readonly secret: string } | undefined
  /** Where pinning services can fetch blocks from us, and the port here that it leads to. */
  readonly origin: { readonly url: string; readonly port: number | undefined } | undefined
  /** A bundle file; none means the one that the policy names. */
  readonly model: string | undefined
  readonly workers: number
  /** Accounts that may read the audit log, besides the operators; lower case. */
  readonly auditors: readonly Hex[]
  readonly logLevel: z.infer<typeof environment>['LATENTMINT_LOG']
}

/**
 * Reads the environment, once; nothing else in the program does.
 *
 * @throws {ConfigInvalid} naming every variable that has not its form; a secret's value is never repeated
 */
export function readConfig(variables: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = environment.safeParse(variables)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigInvalid(problems.join('; '), 'environment')
  }
  const values = parsed.data
  return {
    home: values.LATENTMINT_HOME,
    engines: values.LATENTMINT_ENGINES ?? join(values.LATENTMINT_HOME, 'engines'),
    rpc: values.LATENTMINT_RPC?.[0],
    rpcs: values.LATENTMINT_RPC ?? [],
    publicRpc: values.LATENTMINT_PUBLIC_RPC,
    key: values.LATENTMINT_KEY,
    keystore: values.LATENTMINT_KEYSTORE,
    passwordFile: values.LATENTMINT_KEYSTORE_PASSWORD_FILE,
    signer: values.LATENTMINT_SIGNER,
    signerAccount: values.LATENTMINT_SIGNER_ACCOUNT,
    maxFeeWei: values.LATENTMINT_MAX_FEE_GWEI,
    maxSpendWei: values.LATENTMINT_MAX_SPEND_ETH,
    stuckAfterSeconds: values.LATENTMINT_STUCK_SECONDS,
    finality: values.LATENTMINT_FINALITY,
    deployments: values.LATENTMINT_DEPLOYMENTS,
    databaseUrl: values.LATENTMINT_DATABASE_URL,
    kubo: values.LATENTMINT_KUBO,
    kuboGateway: values.LATENTMINT_KUBO_GATEWAY,
    pinning: values.LATENTMINT_PINNING ?? [],
    webhook: webhookOf(values.LATENTMINT_WEBHOOK, values.LATENTMINT_WEBHOOK_SECRET),
    origin:
      values.LATENTMINT_ORIGIN === undefined
        ? undefined
        : { url: values.LATENTMINT_ORIGIN, port: values.LATENTMINT_ORIGIN_PORT },
    model: values.LATENTMINT_MODEL,
    workers: values.LATENTMINT_WORKERS ?? availableParallelism(),
    auditors: values.LATENTMINT_AUDITORS ?? [],
    logLevel: values.LATENTMINT_LOG,
  }
}
