import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MersenneTwister } from '../../gan/index.ts'
import { TINY, writePictures } from './tiny-training.ts'

const PROGRAM = fileURLToPath(new URL('../../minter/main.ts', import.meta.url))
/** All that a run can have in its state: classes, alterations that adapt, path lengths, mixed styles, mirrored pictures. */
const EVERYTHING = ['--aug', 'ada', '--p', '0.3', '--path-length', '2', '--mixing', '0.9', '--mirror']
/** So that a checkpoint is being written most of the time. */
const ALWAYS = ['--minutes', '0.00001']

/** A kill, and how far the run had come by its last checkpoint. */
export interface Kill {
  /** After the run began to train. */
  readonly milliseconds: number
  readonly hasCheckpoint: boolean
}

export interface KilledTraining {
  readonly kills: readonly Kill[]
  /** Runs that came to their end before they could be killed. */
  readonly finished: number
  /** Whether the last checkpoint is that of a run that was left alone, to the bit. */
  readonly isSame: boolean
}

/**
 * Trains in a process that is killed at random, goes on until all kills are done, lets it finish, and compares it with a
 * run that was left alone.
 *
 * @param folder for data and runs
 * @param kimg enough for the kills
 * @param latest in milliseconds after training began
 */
export async function trainUnderKills(
  folder: string,
  kills: number,
  kimg: number,
  latest: number,
  seed: number,
): Promise<KilledTraining> {
  const data = join(folder, 'data')
  writePictures(data)
  const of = (name: string) => ['train', '--out', join(folder, name), '--data', data, '--kimg', String(kimg)]
  const fresh = [...TINY, ...EVERYTHING]
  await train([...of('alone'), ...fresh], null)

  const random = new MersenneTwister(seed)
  const done: Kill[] = []
  let finished = 0
  const hasCheckpoint = () =>
    ['checkpoint', 'checkpoint.previous'].some((name) => existsSync(join(folder, 'killed', `${name}.safetensors`)))
  const again = () => [...of('killed'), ...(hasCheckpoint() ? ['--resume'] : fresh), ...ALWAYS]
  while (done.length < kills && finished === 0) {
    const milliseconds = random.nextBelow(latest)
    // One after the other: each goes on where the one before was killed.
    // oxlint-disable-next-line no-await-in-loop
    if ((await train(again(), milliseconds)) === null) done.push({ milliseconds, hasCheckpoint: hasCheckpoint() })
    else finished++
  }
  await train(again(), null)
  const [alone, killed] = ['alone', 'killed'].map((name) => readFileSync(join(folder, name, 'checkpoint.safetensors')))
  return { kills: done, finished, isSame: alone?.equals(killed ?? Buffer.alloc(0)) ?? false }
}

/**
 * @param milliseconds after the pictures are there; null lets it finish
 * @returns its exit code, null when it was killed
 */
function train(args: readonly string[], milliseconds: number | null): Promise<number | null> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH: '/usr/bin:/bin' } })
  let said = ''
  child.stderr.on('data', (text) => {
    const isNew = !said.includes('pictures')
    said += String(text)
    if (isNew && said.includes('pictures') && milliseconds !== null)
      setTimeout(() => child.kill('SIGKILL'), milliseconds)
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(null)
      else if (code === 0) resolve(code)
      else reject(new Error(`train ended with ${code}: ${said}`))
    })
  })
}
