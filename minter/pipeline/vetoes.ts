import { newVeto, type Veto, VetoInvalid } from '../domain/vetoes.ts'
import { MinterError, StepMissing } from '../errors.ts'
import type { Database, Queryable } from '../ports.ts'
import type { Run } from './runs.ts'

/** The commit has begun, so that the order of the candidates can change no more. */
class VetoTooLate extends MinterError {
  readonly code = 'VETO_TOO_LATE'
  readonly index: number

  constructor(run: string, index: number) {
    super(`candidate ${index} can be vetoed no more: the commit of this run has begun`, run)
    this.index = index
  }
}

/** A run's vetoes, by candidate. */
export async function loadVetoes(database: Queryable, run: string): Promise<readonly Veto[]> {
  const sql = 'select candidate as index, reason, curator from vetoes where run_id = $1 order by candidate'
  return database.query<Veto>(sql, [run])
}

/** Whether candidates can be vetoed: not before they are rendered, and not once the commit has begun. */
export async function vetoStage(database: Queryable, run: string): Promise<'early' | 'open' | 'over'> {
  const sql = "select step, state from steps where run_id = $1 and step in ('render', 'commit')"
  const steps = await database.query<{ step: string; state: string }>(sql, [run])
  if (steps.some(({ step }) => step === 'commit')) return 'over'
  return steps.some(({ step, state }) => step === 'render' && state === 'done') ? 'open' : 'early'
}

async function requireOpenForVetoes(transaction: Queryable, run: Run, index: number): Promise<void> {
  const stage = await vetoStage(transaction, run.id)
  if (stage === 'over') throw new VetoTooLate(run.name, index)
  if (stage === 'early') throw new StepMissing('veto', 'render')
}

/**
 * Puts a candidate behind all that are for sale, between render and commit. The same veto a second time changes nothing.
 *
 * @returns the veto as it will be published
 * @throws {VetoInvalid} when there is no such candidate, no reason, or another reason was given before
 * @throws {StepMissing} before the candidates are rendered
 * @throws {VetoTooLate} once the commit has begun
 */
export async function vetoCandidate(
  database: Database,
  run: Run,
  given: { readonly index: number; readonly reason: string; readonly curator: string },
): Promise<Veto> {
  const veto = newVeto(given, run.policy.candidates)
  return database.transaction(async (transaction) => {
    // The record of a step that begins refers to the run's row: with this lock the commit begins before, and is seen here,
    // or after, and sees the veto.
    await transaction.query('select id from runs where id = $1 for update', [run.id])
    const standing = (await loadVetoes(transaction, run.id)).find(({ index }) => index === veto.index)
    if (standing?.reason === veto.reason) return standing
    await requireOpenForVetoes(transaction, run, veto.index)
    if (standing !== undefined) {
      throw new VetoInvalid(`candidate ${veto.index} is vetoed already, for another reason: ${standing.reason}`)
    }
    const sql = 'insert into vetoes (run_id, candidate, reason, curator) values ($1, $2, $3, $4)'
    await transaction.query(sql, [run.id, veto.index, veto.reason, veto.curator])
    // What an interrupted commit has selected is no longer the selection.
    await transaction.query("delete from steps where run_id = $1 and step = 'select'", [run.id])
    return veto
  })
}
