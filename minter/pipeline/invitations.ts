import type { Address, Database } from '../ports.ts'

/** Lets a wallet have vouchers in the voucher phases of a run; inviting twice is no error. */
export async function invite(database: Database, run: string, wallet: Address): Promise<void> {
  const sql = 'insert into invitations (run_id, wallet) values ($1, $2) on conflict do nothing'
  await database.query(sql, [run, wallet])
}

/** Whether a wallet was invited. */
export async function isInvited(database: Database, run: string, wallet: Address): Promise<boolean> {
  const sql = 'select wallet from invitations where run_id = $1 and wallet = $2'
  return (await database.query(sql, [run, wallet])).length > 0
}
