import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { race } from '../test/load/crowd.ts'
import type { Order } from './opening-house.ts'

// A whole opening: 500 collectors with wallets of their own race for 50 pieces, over HTTP to a site in another process and on
// the embedded chain with the real contracts. One of five is on the list, one is invited, three come as anybody.
// Run: node bench/opening.ts [collectors] [pieces]

const COLLECTORS = Number(process.argv[2] ?? 500)
const PIECES = Number(process.argv[3] ?? 50)
/** How long they stand before the closed door. */
const WAIT_MS = 5000

interface Staged {
  readonly site: string
  readonly rpc: string
  readonly drop: number
}

async function tell(house: ChildProcess, order: Order): Promise<unknown> {
  const answered = once(house, 'message')
  house.send(order)
  const [answer]: unknown[] = await answered
  const failure: unknown = Reflect.get(Object(answer), 'failure')
  if (failure !== undefined) throw new Error(JSON.stringify(failure))
  return answer
}

const house = fork(resolve(import.meta.dirname, 'opening-house.ts'))
try {
  const terms = { collectors: COLLECTORS, pieces: PIECES, candidates: PIECES * 8 }
  const { site, rpc, drop } = (await tell(house, { stage: terms })) as Staged
  // The pages ask again every four seconds.
  const racing = race({ site, rpc, drop, collectors: COLLECTORS, patienceMs: 4000 })
  await new Promise((done) => setTimeout(done, WAIT_MS))
  await tell(house, 'open')
  const result = await racing
  const { owners } = (await tell(house, 'owners')) as { readonly owners: readonly string[] }
  const lost = Object.values(result.losers).reduce((sum, losers) => sum + losers, 0)
  const summary = {
    question: 'do 500 collectors who race for 50 pieces all get a piece or a reason, and does nobody pay for nothing',
    cores: availableParallelism(),
    note: 'site, chain and crowd share the cores; the crowd arrives five seconds before the sale opens',
    collectors: COLLECTORS,
    pieces: PIECES,
    owners: new Set(owners).size,
    fiveHundreds: Object.entries(result.statuses)
      .filter(([status]) => Number(status) >= 500)
      .reduce((sum, [, answers]) => sum + answers, 0),
    ...result,
  }
  writeFileSync(resolve(import.meta.dirname, 'results/opening.json'), `${JSON.stringify(summary, null, 2)}\n`)
  process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`)
  const isRight =
    summary.owners === PIECES &&
    result.minted === PIECES &&
    lost === COLLECTORS - PIECES &&
    summary.fiveHundreds + result.reverted + result.losersWhoPaid === 0
  if (!isRight) process.exitCode = 1
} finally {
  house.disconnect()
}
