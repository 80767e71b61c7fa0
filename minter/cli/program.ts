import { Command } from 'commander'
import { registerAudit } from './audit.ts'
import { registerAuditLog } from './audit-log.ts'
import { registerDataset } from './dataset.ts'
import { registerDemand } from './demand.ts'
import { registerDemo } from './demo.ts'
import { registerDeploy } from './deploy.ts'
import { registerDoctor } from './doctor.ts'
import { registerDrop } from './drop.ts'
import { registerEdit } from './edit.ts'
import { registerEngines } from './engines.ts'
import { registerInterpolate } from './interpolate.ts'
import { registerMetrics } from './metrics.ts'
import { registerMix } from './mix.ts'
import { registerModel } from './model.ts'
import { registerProject } from './project.ts'
import { registerPropose } from './propose.ts'
import { registerRecovery } from './recover.ts'
import { registerRender } from './render.ts'
import { registerSchedule } from './schedule.ts'
import { registerServe } from './serve.ts'
import type { Session } from './session.ts'
import { registerStorage } from './storage.ts'
import { registerTrain } from './train.ts'
import { VERSION } from './version.ts'
import { registerWorker } from './worker.ts'

/** The command line: every command with its options and an example. */
export function createProgram(session: Session): Command {
  const program = new Command('latentmint')
    .description('Adversarial tokenization: a GAN makes thousands, a policy fixed beforehand keeps a few.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(--help shows the options)')
    .addHelpText('after', '\nExample:\n  latentmint demo')
  registerDemo(program, session)
  registerDrop(program, session)
  registerDemand(program, session)
  registerPropose(program, session)
  registerModel(program, session)
  registerRender(program, session)
  registerMix(program, session)
  registerInterpolate(program, session)
  registerEdit(program, session)
  registerProject(program, session)
  registerTrain(program, session)
  registerDataset(program, session.signal)
  registerMetrics(program, session)
  registerEngines(program, session)
  registerServe(program, session)
  registerWorker(program, session)
  registerStorage(program, session)
  registerSchedule(program, session)
  registerAudit(program, session)
  registerAuditLog(program, session)
  registerDeploy(program, session)
  registerRecovery(program, session)
  registerDoctor(program, session)
  return program
}
