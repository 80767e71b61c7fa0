// A worker thread that takes one share of every batch of a training run; train-crew.ts starts it and asks.
import { parentPort, workerData } from 'node:worker_threads'
import { type DescentTask, joinTraining, type TrainingSet, type TrainingSettings } from '../../gan/index.ts'
import { startTrainingEngine, type TrainingEngine } from './train-engine.ts'
import { reply } from '../worker-thread.ts'

/** What the crew hands over at the start. */
export interface TrainWorkerInput {
  readonly engine: TrainingEngine
  /** Folder that engines are installed in. */
  readonly engines: string
  readonly settings: TrainingSettings
  readonly set: TrainingSet
  readonly share: number
}

const { engine, engines, settings, set, share }: TrainWorkerInput = workerData
await startTrainingEngine(engine, engines)
const member = joinTraining(settings, set, share)

parentPort?.on('message', (task: DescentTask) => void reply(async () => ({ slope: await member.differentiate(task) })))
