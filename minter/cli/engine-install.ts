import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { ConfigInvalid, EngineInstallFailed, StoppedShort } from '../errors.ts'
import type { Session } from './session.ts'

/** What an engine's installation fetches; sizes are compressed, as measured when its lock file was made. */
interface Installation {
  readonly package: string
  readonly npmMegabytes: number
  /** What tfjs-node's own install script fetches from storage.googleapis.com, beside npm's packages. */
  readonly library?: string
  readonly wheel?: string
}

const CPU_LIBRARY = 'libtensorflow 2.9.1 from storage.googleapis.com, about 100 MB'
const GPU_LIBRARY = 'libtensorflow 2.9.1 for CUDA 11.2 from storage.googleapis.com, about 400 MB'

const INSTALLATIONS: Readonly<Record<string, Installation>> = {
  tensorflow: {
    package: '@tensorflow/tfjs-node',
    npmMegabytes: 57,
    library: CPU_LIBRARY,
    wheel: 'the wheel tensorflow-cpu 2.21.0 from PyPI, 274 MB',
  },
  'tensorflow-gpu': {
    package: '@tensorflow/tfjs-node-gpu',
    npmMegabytes: 57,
    library: GPU_LIBRARY,
    wheel: 'the wheel tensorflow 2.21.0 from PyPI, about 600 MB (CUDA 12 must be on this machine)',
  },
  webgpu: { package: 'webgpu', npmMegabytes: 63 },
  onnx: { package: 'onnxruntime-node', npmMegabytes: 114 },
}

/** Names that can be installed. */
export const INSTALLABLE: readonly string[] = Object.keys(INSTALLATIONS)

/** How an engine is to be installed. */
export interface InstallOptions {
  /** Build against the libtensorflow in TensorFlow's Python wheel. */
  readonly wheel: boolean
  /** Ask nothing. */
  readonly yes: boolean
}

const locks = fileURLToPath(new URL('../../tools/engines/', import.meta.url))

/**
 * Fetches an engine into a folder of its own, after saying how much that is and being told to.
 *
 * @throws {ConfigInvalid} when there is nothing of that name, or it is there already, or nobody can be asked
 * @throws {EngineInstallFailed} saying which step failed; nothing of it is left
 */
export async function installEngine(session: Session, name: string, options: InstallOptions): Promise<void> {
  const installation = INSTALLATIONS[name]
  if (installation === undefined) {
    throw new ConfigInvalid(`"${name}" cannot be installed, only ${INSTALLABLE.join(', ')}`, 'engines install')
  }
  if (options.wheel && installation.wheel === undefined) {
    throw new ConfigInvalid(`"${name}" has no libtensorflow to take from a wheel`, '--wheel')
  }
  const folder = join(resolve(session.config.engines), name)
  if (existsSync(folder)) throw new ConfigInvalid('it is installed already; remove the folder to start over', folder)

  const second = options.wheel ? installation.wheel : installation.library
  const parts = [`npm packages, ${installation.npmMegabytes} MB`, ...(second === undefined ? [] : [second])]
  session.print(`${name}: downloads ${parts.join(', and ')}; into ${folder}`)
  if (!options.yes && !(await isConfirmed())) return session.print('nothing was fetched')

  const partial = `${folder}.partial`
  rmSync(partial, { recursive: true, force: true })
  try {
    await fill(session, partial, name, installation, options.wheel)
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  session.print(`${name} is installed in ${folder}; \`latentmint engines\` measures it`)
}

/** @throws {ConfigInvalid} when there is no terminal to ask at */
async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new ConfigInvalid('there is no terminal to ask at: say --yes', 'engines install')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question('Fetch it? [y/N] ')
  terminal.close()
  return /^y(?:es)?$/iu.test(answer.trim())
}

async function fill(
  session: Session,
  folder: string,
  name: string,
  installation: Installation,
  wheel: boolean,
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(locks, name, file), join(folder, file))
  const run = async (step: string, command: string, args: readonly string[]): Promise<void> => {
    const progress = session.progress(false).step(step)
    await runStep(session, { step, folder, command, args })
    progress.done('done')
  }
  await run('npm packages', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  if (wheel) await run('wheel', join(locks, 'from-wheel.sh'), [folder, installation.package])
  else if (installation.library !== undefined) {
    await run('library', 'npm', ['rebuild', '--ignore-scripts=false', installation.package])
  }
  await run('trial', process.execPath, ['-e', `require(${JSON.stringify(installation.package)})`])
}

interface Step {
  readonly step: string
  readonly folder: string
  readonly command: string
  readonly args: readonly string[]
}

/** Runs one step quietly; what it printed last is the failure's message. */
async function runStep(session: Session, { step, folder, command, args }: Step): Promise<void> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], signal: session.signal })
  let printed = ''
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-4000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const code = await new Promise<number | string | null>((ended) => {
    child.once('error', (error) => ended(error.message))
    child.once('close', ended)
  })
  if (session.signal.aborted) throw new StoppedShort('stopped; nothing of it is left', `engines install, ${step}`)
  if (code !== 0) throw new EngineInstallFailed(step, reasonIn(printed) || `${command} ended with ${code}`)
}

/** The lines that name an error, without the advice around them; else what was printed last. */
function reasonIn(text: string): string {
  const lines = text.trim().split('\n')
  const errors = lines.filter((line) => /\berror:|Error:/u.test(line) && !/^npm error (?:path|command)/u.test(line))
  return (errors.length > 0 ? errors : lines).slice(-3).join('\n    ')
}
