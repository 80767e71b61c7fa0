import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../minter/main.ts', import.meta.url))

/** How a command ended. */
export interface CliOutcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Where a command runs, and what may be done to it meanwhile. */
export interface CliSurroundings {
  readonly env?: Readonly<Record<string, string>>
  /** Called with everything that the command has written to stderr so far. */
  readonly onStderr?: (text: string, child: ChildProcess) => void
}

/** Runs the command line as a user does, in a process of its own. */
export function runCli(args: readonly string[], { env = {}, onStderr }: CliSurroundings = {}): Promise<CliOutcome> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH: '/usr/bin:/bin', ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => (stdout += String(text)))
  child.stderr.on('data', (text) => {
    stderr += String(text)
    onStderr?.(stderr, child)
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
}
