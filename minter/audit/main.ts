import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { readOrder, USAGE, UsageError } from './command-line.ts'
import { runProofOrder } from './proof.ts'
import { runOrder, type Surroundings } from './run.ts'

/** The auditor's process: it stands on gan, minter/domain and the chain's and gateways' answers alone. */
async function main(): Promise<number> {
  try {
    const order = readOrder(process.argv.slice(2))
    if (order === null) {
      process.stdout.write(USAGE)
      return 0
    }
    const surroundings: Surroundings = {
      out: process.stdout,
      progress: process.stderr,
      colour: process.stdout.isTTY && process.stdout.hasColors(),
      cores: availableParallelism(),
      now: () => performance.now(),
      random: (bytes) => randomBytes(bytes),
      readFile: readGiven,
    }
    return order.command === 'dataset' ? await runProofOrder(order, surroundings) : await runOrder(order, surroundings)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    return 2
  }
}

async function readGiven(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new UsageError(`the file ${path} cannot be read`, { cause })
  }
}

process.exitCode = await main()
