import { appendFileSync } from 'node:fs'
import { JsonRpcProvider } from 'ethers'
import type { ContentStore, Database, PinPlace, Queryable } from '../../minter/ports.ts'

/** The calls to a node that change something. */
const CHANGES = /^(eth_sendRawTransaction|hardhat_mine|evm_increaseTime)$/u
const WRITES = /^\s*(insert into|update|delete from)\s+(\S+)/iu

/** The change of a step's row. */
const BOUNDARY = / steps /u

/**
 * Counts the places where this process could die: before and after everything that changes the database, the chain or a store.
 * At the place that was chosen it kills itself, by SIGKILL: nothing is flushed, closed or said goodbye to.
 */
export class Faults {
  private count = 0
  private isArmed = false
  private readonly killAt: number
  private readonly trace: string
  private readonly boundariesPassed: readonly string[] | null

  /**
   * @param killAt how many places are passed before the last one; 0 lives on
   * @param boundariesPassed dies before or after the first change of a step's row that is none of these
   */
  constructor(killAt: number, trace: string, boundariesPassed: readonly string[] | null = null) {
    this.killAt = killAt
    this.trace = trace
    this.boundariesPassed = boundariesPassed
  }

  /** Does something between two of these places. */
  async around<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.reach(`before ${what}`)
    const result = await work()
    this.reach(`after ${what}`)
    return result
  }

  /** From now on places count: what opening a database changes is the same every time, and random instants hit it as well. */
  arm(): void {
    this.isArmed = true
  }

  private reach(where: string): void {
    if (!this.isArmed) return
    this.count++
    appendFileSync(this.trace, `${where}\n`)
    const isNewBoundary = this.boundariesPassed?.includes(where) === false && BOUNDARY.test(where)
    if (isNewBoundary || this.count === this.killAt) process.kill(process.pid, 'SIGKILL')
  }
}

/** What a statement changes, for people; null when it only reads. */
function changeOf(sql: string, parameters: readonly unknown[] = []): string | null {
  const [, verb, table] = WRITES.exec(sql) ?? []
  if (verb === undefined || table === undefined) return null
  const step = table === 'steps' ? ` ${String(parameters[1])}` : ''
  return `${verb.toLowerCase()} ${table.replaceAll('"', '')}${step}`
}

function faultyQueryable(faults: Faults, db: Queryable): Queryable {
  return {
    query: (sql, parameters) => {
      const change = changeOf(sql, parameters)
      return change === null ? db.query(sql, parameters) : faults.around(change, () => db.query(sql, parameters))
    },
    exec: (sql) => faults.around('several statements', () => db.exec(sql)),
  }
}

/** A database whose every change is a place to die at; inside a transaction, too. */
export function faultyDatabase(faults: Faults, database: Database): Database {
  return {
    ...faultyQueryable(faults, database),
    transaction: (work) =>
      faults.around('transaction', () => database.transaction((inner) => work(faultyQueryable(faults, inner)))),
    close: () => database.close(),
  }
}

/** A store whose every change is a place to die at. */
export function faultyStore(faults: Faults, store: ContentStore): ContentStore {
  return {
    ...store,
    putFile: (content, signal) => faults.around('put a file', () => store.putFile(content, signal)),
    putDirectory: (files, signal) => faults.around('put the directory', () => store.putDirectory(files, signal)),
  }
}

/** A place of pins in which every block that arrives is one to die at. */
export function faultyPlace(faults: Faults, place: PinPlace): PinPlace {
  return {
    ...place,
    pin: (wish, signal) => {
      async function* blocks(): ReturnType<typeof wish.blocks> {
        for await (const block of wish.blocks()) {
          yield block
          await faults.around(`a block to ${place.name}`, async () => {})
        }
      }
      return faults.around(`pin at ${place.name}`, () => place.pin({ ...wish, blocks }, signal))
    },
  }
}

/** Makes every change of the chain that this process asks for a place to die at. */
export function faultyChain(faults: Faults): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with the provider that it is taken from
  const send = JsonRpcProvider.prototype.send
  JsonRpcProvider.prototype.send = function (this: JsonRpcProvider, method, params) {
    const ask = (): ReturnType<typeof send> => send.call(this, method, params)
    return CHANGES.test(method) ? faults.around(method, ask) : ask()
  }
}
