import { Command, CommanderError } from 'commander'
import { registerAudit } from './cli/audit.ts'
import { registerDataset } from './cli/dataset.ts'
import { registerDemo } from './cli/demo.ts'
import { registerDoctor } from './cli/doctor.ts'
import { registerDrop } from './cli/drop.ts'
import { EXIT, explainFailure, printFailure } from './cli/exit.ts'
import { registerModel } from './cli/model.ts'
import { registerRender } from './cli/render.ts'
import { registerServe } from './cli/serve.ts'
import { createSession } from './cli/session.ts'
import { registerTrain } from './cli/train.ts'
import { VERSION } from './cli/version.ts'
import { registerWorker } from './cli/worker.ts'
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

function createProgram(): Command {
  const session = createSession(readConfig(), stopSignal())
  const program = new Command('latentmint')
    .description('Adversarial tokenization: a GAN makes thousands, a policy fixed beforehand keeps a few.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(--help shows the options)')
    .addHelpText('after', '\nExample:\n  latentmint demo')
  registerDemo(program, session)
  registerDrop(program, session)
  registerModel(program, session)
  registerRender(program, session)
  registerTrain(program)
  registerDataset(program)
  registerServe(program, session)
  registerWorker(program, session)
  registerAudit(program, session)
  registerDoctor(program, session)
  return program
}

async function main(): Promise<number> {
  try {
    await createProgram().parseAsync()
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
