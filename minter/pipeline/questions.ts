import type { Manifest } from '../domain/manifest.ts'
import { manifestTree } from '../domain/manifest.ts'
import { proveRow } from '../domain/proof.ts'
import { CallReverted, QuestionOverdue } from '../errors.ts'
import type { Address } from '../ports.ts'
import type { DropTools } from './tools.ts'

/** What answering came to. */
export interface Answers {
  /** Ranks that we showed, those due first coming first. */
  readonly answered: readonly number[]
  /** Ranks that somebody else showed in the meantime. */
  readonly byOthers: readonly number[]
}

/**
 * Shows every position of a drop that was asked for. Each answer earns its question's stake; again, it does nothing.
 *
 * @throws {QuestionOverdue} after the others are answered, when one can't be answered any more: anyone may void the drop
 */
export async function answerQuestions(
  { chain, access, progress, signal }: Pick<DropTools, 'chain' | 'access' | 'progress' | 'signal'>,
  collection: Address,
  manifest: Manifest,
): Promise<Answers> {
  const { drop, candidates } = manifest
  const questions = await chain.questionsOf(collection, drop)
  const { time } = await access.next()
  const tree = manifestTree(candidates, drop)
  const answered: number[] = []
  const byOthers: number[] = []
  const step = progress.step('answer', questions.length)
  for (const { rank } of questions.filter(({ deadline }) => deadline >= time)) {
    signal.throwIfAborted()
    const row = candidates[rank]
    if (row === undefined) throw new RangeError(`the manifest has no rank ${rank}`)
    const mine = await chain.answer(collection, proveRow(row, drop, tree)).catch(answeredBefore)
    ;(mine ? answered : byOthers).push(rank)
    step.advance()
  }
  const overdue = questions.filter(({ deadline }) => deadline < time)
  if (overdue.length > 0) throw new QuestionOverdue(drop, overdue)
  step.done(questions.length === 0 ? 'nobody has asked' : `${answered.length} positions shown`)
  return { answered, byOthers }
}

/** Whoever is first earns the stake; the question is answered all the same. */
function answeredBefore(error: unknown): false {
  if (error instanceof CallReverted && error.reason === 'NotAsked') return false
  throw error
}
