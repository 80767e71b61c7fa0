import type { Database } from '../ports.ts'

/**
 * The minter's tables, in PostgreSQL's dialect. All of it can be rebuilt from the chain and the published directories, but
 * rendering again takes longer than remembering. The lock is for processes that start at the same time: "if not exists" alone
 * lets both of them try, and one fail.
 */
const SCHEMA = `
select pg_advisory_xact_lock(7815617);
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

/** Makes the tables that are missing. */
export async function prepareSchema(database: Database): Promise<void> {
  await database.exec(SCHEMA)
}
