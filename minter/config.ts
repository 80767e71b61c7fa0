import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigInvalid } from './errors.ts'

const environment = z.object({
  LATENTMINT_HOME: z.string().default('.latentmint'),
  LATENTMINT_ENGINES: z.string().optional(),
  LATENTMINT_RPC: z.url().optional(),
  LATENTMINT_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex digits')
    .optional(),
  LATENTMINT_KEYSTORE: z.string().optional(),
  LATENTMINT_KEYSTORE_PASSWORD_FILE: z.string().optional(),
  LATENTMINT_DEPLOYMENTS: z.string().default('ignition/deployments'),
  LATENTMINT_DATABASE_URL: z.url().optional(),
  LATENTMINT_KUBO: z.url().optional(),
  LATENTMINT_MODEL: z.string().optional(),
  LATENTMINT_WORKERS: z.coerce.number().int().min(1).max(256).optional(),
  LATENTMINT_LOG: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
})

/** What the surroundings say; everything else comes from the command line, the policy or the chain. */
export interface Config {
  /** The folder that keeps the database, the blocks and the embedded chain. */
  readonly home: string
  /** The folder that engines are installed in, a folder for each. */
  readonly engines: string
  /** An EVM node; none means the embedded chain. */
  readonly rpc: string | undefined
  /** The operator's private key; none means the embedded chain's first account. */
  readonly key: string | undefined
  /** A Web3 Secret Storage file with the operator's key, instead of the key itself. */
  readonly keystore: string | undefined
  /** A file with the keystore's password. */
  readonly passwordFile: string | undefined
  /** The folder that says where the contracts are on which chain. */
  readonly deployments: string
  /** PostgreSQL; none means the embedded database. */
  readonly databaseUrl: string | undefined
  /** A Kubo RPC; none means the embedded block store. */
  readonly kubo: string | undefined
  /** A bundle file; none means the one that the policy names. */
  readonly model: string | undefined
  readonly workers: number
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
    rpc: values.LATENTMINT_RPC,
    key: values.LATENTMINT_KEY,
    keystore: values.LATENTMINT_KEYSTORE,
    passwordFile: values.LATENTMINT_KEYSTORE_PASSWORD_FILE,
    deployments: values.LATENTMINT_DEPLOYMENTS,
    databaseUrl: values.LATENTMINT_DATABASE_URL,
    kubo: values.LATENTMINT_KUBO,
    model: values.LATENTMINT_MODEL,
    workers: values.LATENTMINT_WORKERS ?? availableParallelism(),
    logLevel: values.LATENTMINT_LOG,
  }
}
