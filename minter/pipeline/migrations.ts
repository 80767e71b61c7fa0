import { Transaction } from 'ethers'
import type { Queryable } from '../ports.ts'

/** One change of the tables; those that were applied are never edited again, what comes after is a new one. */
export interface Migration {
  /** Sorts nothing: the list's order counts. Names let two branches add a change each without agreeing on a number. */
  readonly name: string
  readonly sql: string
  /** What SQL alone cannot do. */
  readonly after?: (transaction: Queryable) => Promise<void>
}

/** As it was before changes were counted: "if not exists", since such a database may be there already. */
const FIRST = `
create table if not exists runs (
  id text primary key,
  name text not null,
  policy jsonb not null,
  policy_digest text not null,
  bundle_digest text not null,
  salt text not null,
  created_at bigint not null
);
create table if not exists steps (
  run_id text not null references runs on delete cascade,
  step text not null,
  state text not null check (state in ('started', 'done')),
  outputs jsonb,
  started_at bigint not null,
  finished_at bigint,
  primary key (run_id, step)
);
create table if not exists shards (
  run_id text not null references runs on delete cascade,
  first integer not null,
  count integer not null,
  pixels bytea not null,
  logits bytea not null,
  features bytea not null,
  primary key (run_id, first)
);
create table if not exists documents (
  run_id text not null references runs on delete cascade,
  name text not null,
  content bytea not null,
  primary key (run_id, name)
);
create table if not exists outbox (
  intent text primary key,
  raw text not null,
  hash text not null
);
create table if not exists vetoes (
  run_id text not null references runs on delete cascade,
  candidate integer not null,
  reason text not null,
  curator text not null,
  primary key (run_id, candidate)
);
create table if not exists invitations (
  run_id text not null references runs on delete cascade,
  wallet text not null,
  primary key (run_id, wallet)
);
`

/** What a step was given, how often it was begun, and why it ended badly the last time. */
const STEP_REASONS = `
alter table steps drop constraint steps_state_check;
alter table steps add constraint steps_state_check check (state in ('started', 'failed', 'done'));
alter table steps add column inputs jsonb;
alter table steps add column inputs_digest text;
alter table steps add column outputs_digest text;
alter table steps add column attempts integer not null default 1;
alter table steps add column last_error jsonb;
`

/** What visitors did with each piece, in sums. */
const ENGAGEMENT = `
create table engagement (
  run_id text not null references runs on delete cascade,
  rank integer not null,
  act text not null,
  count bigint not null,
  primary key (run_id, rank, act)
);
`

/** What each place was asked to hold, and which blocks it has given back unaltered. */
const PINS = `
create table pins (
  run_id text not null references runs on delete cascade,
  place text not null,
  cid text not null,
  request text,
  held_at bigint,
  primary key (run_id, place, cid)
);
create table checked_blocks (
  run_id text not null references runs on delete cascade,
  place text not null,
  cid text not null,
  path text not null,
  checked_at bigint not null,
  primary key (run_id, place, cid)
);
`
/** Intents with their nonces, and every form in which each was signed. */
const TRANSACTIONS = `
create table senders (scope text primary key);
create table transactions (
  id bigserial primary key,
  scope text not null,
  intent text not null,
  nonce bigint not null,
  target text,
  data text not null,
  value numeric not null,
  gas_limit numeric not null,
  state text not null check (state in ('recorded', 'sent', 'mined', 'final', 'replaced', 'dropped')),
  block bigint,
  block_hash text,
  fee numeric,
  reason text,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index transactions_intent on transactions (scope, intent) where state not in ('replaced', 'dropped');
create unique index transactions_nonce on transactions (scope, nonce) where state not in ('replaced', 'dropped');
create table transaction_attempts (
  position bigserial primary key,
  transaction_id bigint not null references transactions on delete cascade,
  hash text not null unique,
  raw text,
  max_fee numeric not null,
  tip numeric not null
);
`

/** Reads nonce and fees out of what the first outbox kept; nothing tells whether it was ever sent, and sending again is safe. */
async function adoptOutbox(transaction: Queryable): Promise<void> {
  const rows = await transaction.query<{ intent: string; raw: string }>('select intent, raw from outbox')
  for (const { intent, raw } of rows) {
    const [genesis, account, ...name] = intent.split('/')
    const signed = Transaction.from(raw)
    const [row] = await transaction.query<{ id: string }>(
      `insert into transactions (scope, intent, nonce, target, data, value, gas_limit, state, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'sent', 0, 0) returning id`,
      [
        `${genesis}/${account}`,
        name.join('/'),
        signed.nonce,
        signed.to?.toLowerCase() ?? null,
        signed.data,
        signed.value.toString(),
        signed.gasLimit.toString(),
      ],
    )
    const fee = signed.maxFeePerGas ?? signed.gasPrice ?? 0n
    const tip = signed.maxPriorityFeePerGas ?? fee
    const sql = 'insert into transaction_attempts (transaction_id, hash, raw, max_fee, tip) values ($1, $2, $3, $4, $5)'
    await transaction.query(sql, [row?.id, signed.hash, raw, fee.toString(), tip.toString()])
  }
  await transaction.exec('drop table outbox')
}

/** What each place gave back of each drop, over time. */
const STORAGE = `
create table storage_counts (
  audited_at bigint not null,
  run_id text not null references runs on delete cascade,
  place text not null,
  ok integer not null,
  altered integer not null,
  missing integer not null,
  unreachable integer not null,
  primary key (audited_at, run_id, place)
);
create table storage_faults (
  audited_at bigint not null,
  run_id text not null references runs on delete cascade,
  place text not null,
  cid text not null,
  path text not null,
  state text not null check (state in ('altered', 'missing', 'unreachable')),
  detail text not null,
  primary key (audited_at, run_id, place, cid)
);
`

/** Who is about to mint which piece; forgotten minutes later. */
const HOLDS = `
create table holds (
  run_id text not null references runs on delete cascade,
  rank integer not null,
  wallet text not null,
  until bigint not null,
  primary key (run_id, rank)
);
`

/** Every privileged action, each entry bound to the one before it. */
const AUDIT_LOG = `
create table audit_log (
  position bigint primary key,
  entry text not null,
  digest text not null
);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is only added to';
end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_change();
`

/** What is to happen by itself, and when. */
const SCHEDULES = `
create table schedules (
  id text primary key,
  path text not null,
  template text not null,
  cron text,
  zone text not null,
  chain_id text,
  bundle_digest text not null,
  created_at bigint not null,
  removed_at bigint
);
create table scheduled_drops (
  schedule_id text not null references schedules on delete cascade,
  due bigint not null,
  edition integer not null,
  state text not null,
  reasons jsonb not null default '[]',
  salt text,
  run_id text references runs,
  changed_at bigint not null,
  primary key (schedule_id, due)
);
create table leases (
  name text primary key,
  holder text not null,
  until timestamptz not null
);
`

/** Every change since the first tables, oldest first. Add yours at the end. */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'first', sql: FIRST },
  { name: 'step-reasons', sql: STEP_REASONS },
  { name: 'engagement', sql: ENGAGEMENT },
  { name: 'pins', sql: PINS },
  { name: 'transactions', sql: TRANSACTIONS, after: adoptOutbox },
  { name: 'storage', sql: STORAGE },
  { name: 'holds', sql: HOLDS },
  { name: 'audit-log', sql: AUDIT_LOG },
  { name: 'schedules', sql: SCHEDULES },
]
