import { CommanderError } from 'commander'
import { EXIT, explainFailure, printFailure } from './cli/exit.ts'
import { createProgram } from './cli/program.ts'
import { createSession } from './cli/session.ts'
import { readConfig } from './config.ts'
import { Interrupted } from './errors.ts'

/** Ctrl-C once asks to stop where nothing is lost; a second one stops at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.resumable)
    process.stderr.write('\nStopping; what is finished is kept. (Ctrl-C again stops at once.)\n')
    controller.abort(new Interrupted('stopped by Ctrl-C; everything finished is kept'))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}

async function main(): Promise<number> {
  try {
    await createProgram(createSession(readConfig(), stopSignal())).parseAsync()
    return Number(process.exitCode ?? EXIT.fine)
  } catch (error) {
    // Commander has printed its own complaints, and help, by now.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage
    const failure = explainFailure(error)
    process.stderr.write(`\n${printFailure(failure)}`)
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: failure })}\n`)
    return failure.exit
  }
}

// Not process.exitCode alone: a socket of a library that is still open must not keep a finished command alive.
process.exit(await main())
