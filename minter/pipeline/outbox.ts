import { gweiFromWei } from '../domain/amounts.ts'
import { bytesToHex, type Hex, hexToBytes } from '../domain/digest.ts'
import type {
  Address,
  Clock,
  Database,
  Outbox,
  OutboxEntry,
  Queryable,
  SignedAttempt,
  TransactionState,
} from '../ports.ts'

interface Row {
  readonly id: string
  readonly intent: string
  readonly nonce: string
  readonly target: Address | null
  readonly data: string
  readonly value: string
  readonly gas_limit: string
  readonly state: TransactionState
  readonly block: string | null
  readonly block_hash: Hex | null
  readonly reason: string | null
  readonly created_at: string
  readonly attempts: readonly AttemptRow[]
}

interface AttemptRow {
  readonly hash: Hex
  readonly raw: string | null
  readonly max_fee: string
  readonly tip: string
}

const COLUMNS = `t.id, t.intent, t.nonce, t.target, t.data, t.value::text, t.gas_limit::text, t.state, t.block, t.block_hash,
  t.reason, t.created_at, (select json_agg(json_build_object('hash', a.hash, 'raw', a.raw, 'max_fee', a.max_fee::text,
  'tip', a.tip::text) order by a.position) from transaction_attempts a where a.transaction_id = t.id) as attempts`
const STANDING = "t.state not in ('replaced', 'dropped')"
const UNFINISHED = "t.state in ('recorded', 'sent', 'mined')"

function toEntry(row: Row): OutboxEntry {
  return {
    id: row.id,
    intent: row.intent,
    nonce: Number(row.nonce),
    to: row.target,
    data: row.data,
    valueWei: BigInt(row.value),
    gasLimit: BigInt(row.gas_limit),
    state: row.state,
    block: row.block === null ? null : Number(row.block),
    blockHash: row.block_hash,
    reason: row.reason,
    createdAt: Number(row.created_at),
    attempts: row.attempts.map(({ hash, raw, max_fee: maxFee, tip }) => ({
      hash,
      raw,
      maxFeeWei: BigInt(maxFee),
      tipWei: BigInt(tip),
    })),
  }
}

async function findStanding(db: Queryable, scope: string, intent: string): Promise<OutboxEntry | null> {
  const sql = `select ${COLUMNS} from transactions t where t.scope = $1 and t.intent = $2 and ${STANDING}`
  const [row] = await db.query<Row>(sql, [scope, intent])
  return row === undefined ? null : toEntry(row)
}

async function addAttempt(db: Queryable, id: string, attempt: SignedAttempt): Promise<void> {
  await db.query(
    'insert into transaction_attempts (transaction_id, hash, raw, max_fee, tip) values ($1, $2, $3, $4, $5)',
    [id, attempt.hash, attempt.raw, attempt.maxFeeWei.toString(), attempt.tipWei.toString()],
  )
}

/** A transaction that a reorganisation, or nobody's interest, may still keep from being. */
export type OnItsWay = Pick<OutboxEntry, 'intent' | 'nonce' | 'state' | 'reason' | 'createdAt'> & {
  readonly hash: Hex
  /** In how many forms it was signed. */
  readonly forms: number
  readonly maxFeeGwei: string
}

/** What every account that this database knows has on its way, by nonce. */
export async function transactionsOnTheirWay(database: Queryable): Promise<readonly OnItsWay[]> {
  const sql = `select ${COLUMNS} from transactions t where ${UNFINISHED} order by t.scope, t.nonce`
  return (await database.query<Row>(sql)).map(toEntry).map(({ intent, nonce, state, reason, createdAt, attempts }) => {
    const { hash = '0x', maxFeeWei = 0n } = attempts.at(-1) ?? {}
    return { intent, nonce, state, reason, createdAt, hash, forms: attempts.length, maxFeeGwei: gweiFromWei(maxFeeWei) }
  })
}

/** No other process gets a nonce of this sender until the transaction is over. */
async function lockSender(transaction: Queryable, scope: string): Promise<void> {
  await transaction.query('insert into senders (scope) values ($1) on conflict do nothing', [scope])
  await transaction.query('select scope from senders where scope = $1 for update', [scope])
}

async function nextNonce(transaction: Queryable, scope: string, least: number): Promise<number> {
  const sql = `select max(t.nonce) + 1 as next from transactions t where t.scope = $1 and ${STANDING}`
  const [row] = await transaction.query<{ next: string | null }>(sql, [scope])
  return Math.max(least, Number(row?.next ?? 0))
}

function makeAllot(database: Database, scope: string, now: Clock): Outbox['allot'] {
  return (draft, leastNonce, sign) =>
    database.transaction(async (transaction) => {
      await lockSender(transaction, scope)
      const standing = await findStanding(transaction, scope, draft.intent)
      if (standing !== null) return standing
      const nonce = await nextNonce(transaction, scope, leastNonce)
      const attempt = await sign(nonce)
      const [row] = await transaction.query<{ id: string }>(
        `insert into transactions (scope, intent, nonce, target, data, value, gas_limit, state, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'recorded', $8, $8) returning id`,
        [
          scope,
          draft.intent,
          nonce,
          draft.to,
          // Callers write hex in either case; what is compared later is not.
          bytesToHex(hexToBytes(draft.data)),
          draft.valueWei.toString(),
          draft.gasLimit.toString(),
          now(),
        ],
      )
      await addAttempt(transaction, row?.id ?? '', attempt)
      const entry = await findStanding(transaction, scope, draft.intent)
      if (entry === null) throw new RangeError(`the row of ${draft.intent} is not there`)
      return entry
    })
}

/**
 * Keeps signed transactions in the database.
 *
 * @param scope what sets this chain and sender apart from others that the same database may have seen
 */
export function createOutbox(database: Database, scope: string, now: Clock): Outbox {
  return {
    find: (intent) => findStanding(database, scope, intent),
    unfinished: async () => {
      const sql = `select ${COLUMNS} from transactions t where t.scope = $1 and ${UNFINISHED} order by t.nonce`
      return (await database.query<Row>(sql, [scope])).map(toEntry)
    },
    allot: makeAllot(database, scope, now),
    reprice: (entry, attempt) =>
      database.transaction(async (transaction) => {
        await lockSender(transaction, scope)
        const standing = await findStanding(transaction, scope, entry.intent)
        if (standing?.attempts.at(-1)?.hash !== entry.attempts.at(-1)?.hash) return false
        await addAttempt(transaction, entry.id, attempt)
        return true
      }),
    move: async (id, { state, block, blockHash, feeWei, reason }) => {
      const inBlock = state === 'mined' || state === 'final'
      await database.query(
        `update transactions set state = $2, block = $3, block_hash = $4, fee = coalesce($5, fee),
           reason = coalesce($6, reason), updated_at = $7 where id = $1`,
        [
          id,
          state,
          inBlock ? (block ?? null) : null,
          inBlock ? (blockHash ?? null) : null,
          feeWei?.toString() ?? null,
          reason ?? null,
          now(),
        ],
      )
    },
    reopen: async (fromNonce, reason) => {
      const rows = await database.query<{ nonce: string }>(
        `update transactions t set state = 'sent', block = null, block_hash = null, reason = $3, updated_at = $4
         where t.scope = $1 and t.nonce >= $2 and t.state in ('mined', 'final') returning t.nonce`,
        [scope, fromNonce, reason, now()],
      )
      return rows.map(({ nonce }) => Number(nonce))
    },
    spentWei: async (since) => {
      const sql = `select coalesce(sum(case
          when t.state in ('recorded', 'sent') then t.gas_limit * (select max(a.max_fee) from transaction_attempts a
            where a.transaction_id = t.id)
          when t.created_at >= $2 then coalesce(t.fee, 0) else 0 end), 0)::text as wei
        from transactions t where t.scope = $1 and t.state <> 'replaced'`
      const [row] = await database.query<{ wei: string }>(sql, [scope, since])
      return BigInt(row?.wei ?? 0)
    },
  }
}
