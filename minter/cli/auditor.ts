import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { MinterError } from '../errors.ts'
import { EXIT } from './exit.ts'

/** Where the auditor looks; it is told nothing else. */
export interface AuditTarget {
  readonly rpc: string
  readonly contract: string
  /** Null where an archive has everything. */
  readonly gateway: string | null
}

/** The auditor's process ended without a report. */
class AuditFailed extends MinterError {
  readonly code = 'AUDIT_FAILED'
}

/** An audit found something that does not hold. */
export class AuditBroken extends MinterError {
  readonly code = 'AUDIT_BROKEN'
}

const count = z.int().nonnegative()

/** The last line that the auditor prints, by its command; an error that it prints there is no report. */
const REPORTS = {
  drop: z.object({
    format: z.literal('latentmint-audit-1'),
    verdict: z.enum(['ok', 'broken', 'unchecked']),
    links: z.array(z.object({ link: z.string(), state: z.string(), detail: z.string() })),
    tokens: count,
    identical: count,
    candidates: z.object({ of: count, checked: count, identical: count.nullable() }),
    selection: z.enum(['reproduced', 'differs', 'unchecked']),
  }),
  rehearse: z.object({
    format: z.literal('latentmint-rehearsal-1'),
    tried: count,
    caught: count,
    cases: z.array(
      z.object({
        tampering: z.string(),
        object: z.string(),
        caught: z.boolean(),
        link: z.string().nullable(),
        detail: z.string(),
      }),
    ),
  }),
} as const

/** What the auditor found out about a drop. */
export type DropReport = z.infer<typeof REPORTS.drop>

/** What the auditor found out about tampered copies. */
export type RehearsalReport = z.infer<typeof REPORTS.rehearse>

interface Reports {
  readonly drop: DropReport
  readonly rehearse: RehearsalReport
}
const SCHEMAS: { readonly [Command in keyof Reports]: z.ZodType<Reports[Command]> } = REPORTS

/** Why the auditor gave up, in the place of a report. */
const ERROR = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

const PROGRAM = fileURLToPath(new URL('../audit/main.ts', import.meta.url))

function auditArguments(command: string, target: AuditTarget, rest: readonly string[]): string[] {
  const { rpc, contract, gateway } = target
  const from = gateway === null ? [] : ['--gateway', gateway]
  return [PROGRAM, command, '--rpc', rpc, '--contract', contract, ...from, ...rest]
}

/** Runs the auditor in a process of its own, its output going where ours goes. Returns how it ended. */
export function runAuditor(command: string, target: AuditTarget, rest: readonly string[]): Promise<number> {
  return runProgram(auditArguments(command, target, rest))
}

/** Lets the auditor check a proof about a training set, which needs no gateway and no chain if there is a root. */
export function runProofAuditor(rest: readonly string[]): Promise<number> {
  return runProgram([PROGRAM, 'dataset', ...rest])
}

function runProgram(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? EXIT.failed))
  })
}

/**
 * Runs the auditor and reads its report.
 *
 * @throws {AuditFailed} when there is none
 * @throws {AuditBroken} when there is none because what it had to read is not what the chain records
 */
export async function askAuditor<Command extends keyof Reports>(
  command: Command,
  target: AuditTarget,
  rest: readonly string[],
): Promise<Reports[Command]> {
  const child = spawn(process.execPath, auditArguments(command, target, [...rest, '--json']), {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let complaint = ''
  child.stdout.on('data', (text) => (output += String(text)))
  child.stderr.on('data', (text) => (complaint = `${complaint}${String(text)}`.slice(-4000)))
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit) => resolve(exit ?? EXIT.failed))
  })
  const last = parsed(output.trim().split('\n').at(-1) ?? '')
  const report = SCHEMAS[command].safeParse(last)
  if (report.success) return report.data
  const { data } = ERROR.safeParse(last)
  const why = data === undefined ? complaint.trim() : `${data.error.code}: ${data.error.message}`
  const Failure = code === EXIT.integrity ? AuditBroken : AuditFailed
  throw new Failure(`the auditor ended with ${code} and no report: ${why}`, command, report.error)
}

/** What the line says, or undefined where it is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
