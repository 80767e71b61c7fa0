import { explainFailure } from '../../minter/cli/exit.ts'
import { createProgram } from '../../minter/cli/program.ts'
import { createSession } from '../../minter/cli/session.ts'
import { readConfig } from '../../minter/config.ts'

/** Runs a command in this process, since a process of its own takes seconds to start; what it prints, or its failure. */
export async function runHere(args: readonly string[]): Promise<{ code: number; stdout: string; failure: string }> {
  let stdout = ''
  const session = createSession(readConfig({}), new AbortController().signal)
  let ended = 0
  const program = createProgram({
    ...session,
    print: (line) => void (stdout += `${line}\n`),
    end: (code) => void (ended = code),
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return { code: ended, stdout, failure: '' }
  } catch (error) {
    const { exit, code, what } = explainFailure(error)
    return { code: exit, stdout, failure: `${code}: ${what}` }
  }
}
