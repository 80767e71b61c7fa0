import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { MinterError } from '../errors.ts'
import { EXIT } from './exit.ts'

/** Where the auditor looks; it is told nothing else. */
export interface AuditTarget {
  readonly rpc: string
  readonly contract: string
  readonly gateway: string
}

/** The auditor's process ended without a report. */
class AuditFailed extends MinterError {
  readonly code = 'AUDIT_FAILED'
}

/** An audit found something that does not hold. */
export class AuditBroken extends MinterError {
  readonly code = 'AUDIT_BROKEN'
}

/** The last line that the auditor prints about a drop. */
export interface DropReport {
  readonly verdict: 'ok' | 'broken' | 'unchecked'
  readonly links: readonly { readonly link: string; readonly state: string; readonly detail: string }[]
  readonly tokens: number
  readonly identical: number
  readonly candidates: { readonly of: number; readonly checked: number; readonly identical: number }
  readonly selection: 'reproduced' | 'differs' | 'unchecked'
}

/** The last line that the auditor prints about tampered copies. */
export interface RehearsalReport {
  readonly tried: number
  readonly caught: number
  readonly cases: readonly {
    readonly tampering: string
    readonly object: string
    readonly caught: boolean
    readonly link: string
    readonly detail: string
  }[]
}

function auditArguments(command: string, target: AuditTarget, rest: readonly string[]): string[] {
  const program = fileURLToPath(new URL('../audit/main.ts', import.meta.url))
  const { rpc, contract, gateway } = target
  return [program, command, '--rpc', rpc, '--contract', contract, '--gateway', gateway, ...rest]
}

/** Runs the auditor in a process of its own, its output going where ours goes. Returns how it ended. */
export function runAuditor(command: string, target: AuditTarget, rest: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, auditArguments(command, target, rest), { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? EXIT.failed))
  })
}

/**
 * Runs the auditor and reads its report.
 *
 * @throws {AuditFailed} when there is none
 */
export async function askAuditor<Report extends object>(
  command: string,
  target: AuditTarget,
  rest: readonly string[],
): Promise<Report> {
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
  const last = output.trim().split('\n').at(-1) ?? ''
  try {
    const report: Report = JSON.parse(last)
    return report
  } catch (error) {
    throw new AuditFailed(`the auditor ended with ${code} and no report: ${complaint.trim()}`, command, error)
  }
}
