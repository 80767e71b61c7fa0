import { parseArgs } from 'node:util'

/** What the auditor was asked to do. */
export interface Order {
  readonly command: 'drop' | 'token' | 'file' | 'rehearse'
  readonly rpc: string
  readonly contract: string
  readonly gateways: readonly string[]
  /** Of `token`, derived from the token's id. */
  readonly drop: number
  readonly tokenId: bigint | null
  /** How many candidates are rendered again. */
  readonly sample: number | 'all'
  /** The picture that `file` is about. */
  readonly file: string | null
  /** A copy of the model at hand. */
  readonly bundle: string | null
  /** An archive that is read before any gateway. */
  readonly car: string | null
  readonly json: boolean
}

/** A proof about a training set, and where the root comes from that it is held against. */
export interface ProofOrder {
  readonly command: 'dataset'
  readonly proof: string
  /** Null to ask the chain what the model of a drop was trained on. */
  readonly root: string | null
  readonly chain: Pick<Order, 'rpc' | 'contract' | 'drop'> | null
  readonly json: boolean
}

/** The command line asks for something that cannot be done; the message says what. */
export class UsageError extends Error {
  readonly code = 'AUDIT_USAGE'
}

export const USAGE = `Audits what a chain says about a drop: derives the seeds, renders again, selects again, compares bit for bit.
It needs any Ethereum node and any IPFS gateways; it believes no byte that does not match its hash.

  node minter/audit/main.ts drop      --rpc URL --contract 0x.. --gateway URL --drop 1 [--sample 16 | --full] [--json]
  node minter/audit/main.ts token     --rpc URL --contract 0x.. --gateway URL --token 65536 [--json]
  node minter/audit/main.ts file PNG  --rpc URL --contract 0x.. --gateway URL --drop 1 [--json]
  node minter/audit/main.ts rehearse  --rpc URL --contract 0x.. --gateway URL --drop 1 [--json]
  node minter/audit/main.ts dataset   --proof JSON (--root 0x.. | --rpc URL --contract 0x.. --drop 1) [--json]

  --gateway may be given several times; the next one is asked where one has nothing, or lies
  --car FILE reads everything from the drop's archive, and asks gateways only for what is not in it
  --bundle FILE takes the model from a file instead of a gateway; it is hashed all the same
  dataset says whether a file was in the training set, by a proof alone, without the set
  rehearse serves three altered copies to itself and shows that each is caught

Exit: 0 every link holds, 5 one is broken, 3 one could not be checked, 2 the command line is wrong.
Example: node minter/audit/main.ts token --rpc http://127.0.0.1:8545 --contract 0x5FbDB2315678afecb367f032d93F642f64180aa3 \\
           --gateway http://127.0.0.1:8787 --token 65536
`

const DEFAULT_SAMPLE = 16
const COMMANDS = ['drop', 'token', 'file', 'rehearse', 'dataset'] as const

/**
 * @returns null when help was asked for
 * @throws {UsageError}
 */
export function readOrder(args: readonly string[]): Order | ProofOrder | null {
  const { values, positionals } = parsed(args)
  if (values.help === true) return null
  const [command, file] = positionals
  const known = COMMANDS.find((name) => name === command)
  if (known === undefined) throw new UsageError(`expected one of ${COMMANDS.join(', ')}, got ${command ?? 'nothing'}`)
  if (known === 'dataset') return proofOrder(values)
  if (known === 'file' && file === undefined) throw new UsageError('file needs the picture that it is about')
  const tokenId = known === 'token' ? BigInt(required('token', values.token, /^\d{1,15}$/u, 'a token id')) : null
  return {
    command: known,
    ...chainOf(values),
    gateways: (values.gateway ?? []).map((url) => required('gateway', url, /^https?:\/\//u, 'the URL of a gateway')),
    drop: tokenId === null ? dropOf(values) : Number(tokenId >> 16n),
    tokenId,
    sample: sampleOf(values.full, values.sample),
    ...filesOf(values, file),
    json: values.json === true,
  }
}

function filesOf(
  { bundle, car }: ReturnType<typeof parsed>['values'],
  file: string | undefined,
): Pick<Order, 'file' | 'bundle' | 'car'> {
  return { file: file ?? null, bundle: bundle ?? null, car: car ?? null }
}

function proofOrder(values: ReturnType<typeof parsed>['values']): ProofOrder {
  const { root, proof, json } = values
  if ((root === undefined) === (values.rpc === undefined)) {
    throw new UsageError('dataset needs --root, or --rpc, --contract and --drop to ask the chain for it')
  }
  return {
    command: 'dataset',
    proof: required('proof', proof, /./u, 'a file by `latentmint dataset prove`'),
    root:
      root === undefined ? null : required('root', root, /^0x[0-9a-fA-F]{64}$/u, 'the root of a dataset').toLowerCase(),
    chain: root === undefined ? { ...chainOf(values), drop: dropOf(values) } : null,
    json: json === true,
  }
}

function chainOf(values: ReturnType<typeof parsed>['values']): Pick<Order, 'rpc' | 'contract'> {
  return {
    rpc: required('rpc', values.rpc, /^https?:\/\//u, 'the URL of an Ethereum node'),
    contract: required('contract', values.contract, /^0x[0-9a-fA-F]{40}$/u, 'the address of the collection'),
  }
}

function dropOf(values: ReturnType<typeof parsed>['values']): number {
  return Number(required('drop', values.drop, /^[1-9]\d{0,8}$/u, 'the number of a drop'))
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rpc: { type: 'string' },
        contract: { type: 'string' },
        gateway: { type: 'string', multiple: true },
        drop: { type: 'string' },
        token: { type: 'string' },
        proof: { type: 'string' },
        root: { type: 'string' },
        sample: { type: 'string' },
        bundle: { type: 'string' },
        car: { type: 'string' },
        full: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function required(option: string, value: string | undefined, shape: RegExp, what: string): string {
  if (value === undefined) throw new UsageError(`--${option} is missing: ${what}`)
  if (!shape.test(value)) throw new UsageError(`--${option} is "${value}", expected ${what}`)
  return value
}

function sampleOf(full: boolean | undefined, sample: string | undefined): number | 'all' {
  if (full === true) return 'all'
  return sample === undefined
    ? DEFAULT_SAMPLE
    : Number(required('sample', sample, /^\d{1,5}$/u, 'a number of candidates'))
}
