import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { readOrder, USAGE, UsageError } from './command-line.ts'
import { runOrder } from './run.ts'

/** The auditor's process: it stands on gan, minter/domain and the chain's and gateways' answers alone. */
async function main(): Promise<number> {
  try {
    const order = readOrder(process.argv.slice(2))
    if (order === null) {
      process.stdout.write(USAGE)
      return 0
    }
    return await runOrder(order, {
      out: process.stdout,
      progress: process.stderr,
      colour: process.stdout.isTTY && process.stdout.hasColors(),
      cores: availableParallelism(),
      now: () => performance.now(),
      random: (bytes) => randomBytes(bytes),
      readFile: (path) => readFile(path),
    })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    return 2
  }
}

process.exitCode = await main()
