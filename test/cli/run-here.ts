import { CommanderError, type Command } from 'commander'
import { EXIT, explainFailure } from '../../minter/cli/exit.ts'
import { createProgram } from '../../minter/cli/program.ts'
import { createSession } from '../../minter/cli/session.ts'
import { readConfig } from '../../minter/config.ts'

/** Runs a command in this process, since a process of its own takes seconds to start; what it prints, or its failure. */
export async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; failure: string }> {
  let stdout = ''
  let complaint = ''
  const session = createSession(readConfig(env), new AbortController().signal)
  let ended = 0
  const program = createProgram({
    ...session,
    print: (line) => void (stdout += `${line}\n`),
    end: (code) => void (ended = code),
    progress: () => session.progress(true),
  })
  hear(program, (text) => void (complaint += text))
  try {
    await program.parseAsync([...args], { from: 'user' })
    return { code: ended, stdout, failure: '' }
  } catch (error) {
    if (error instanceof CommanderError) return { code: EXIT.usage, stdout, failure: complaint }
    const { exit, code, what } = explainFailure(error)
    return { code: exit, stdout, failure: `${code}: ${what}` }
  }
}

/** What a command and those below it complain of goes there instead of to this process's own stream. */
function hear(command: Command, writeErr: (text: string) => void): void {
  command.configureOutput({ writeErr })
  for (const child of command.commands) hear(child, writeErr)
}
