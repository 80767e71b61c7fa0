import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

/** PyTorch in a process of its own, which does what it is asked, one thing at a time. */
export interface Pytorch {
  readonly version: string
  readonly threads: number
  /** @throws {Error} when it ended instead of answering */
  ask(request: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>
  /** Seconds that what was prepared last takes. */
  run(inference: boolean): Promise<number>
  close(): void
}

/**
 * @param python a Python that has PyTorch
 * @returns null where it has none
 */
export async function startPytorch(python: string): Promise<Pytorch | null> {
  const child = spawn(python, [join(import.meta.dirname, 'stylegan2.py')], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ask = async (request: Readonly<Record<string, unknown>>) => {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`PyTorch ended at ${JSON.stringify(request)}`)
    return JSON.parse(value) as Readonly<Record<string, unknown>>
  }
  try {
    const { torch, threads } = await ask({ do: 'about' })
    return {
      version: String(torch),
      threads: Number(threads),
      ask,
      run: async (inference) => Number((await ask({ do: 'run', inference }))['seconds']),
      close: () => child.kill(),
    }
  } catch {
    return null
  }
}
