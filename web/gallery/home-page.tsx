import type { JSX } from 'preact'
import type { DropSummary } from './answers.ts'
import { paths, useApi } from './api.ts'
import { DropPage } from './drop-page.tsx'
import { formatCount } from './format.ts'
import { Waiting } from './waiting.tsx'

/** The newest drop hangs in the entrance; the earlier ones are listed below it. */
export function HomePage(): JSX.Element {
  const { answer, problem } = useApi<{ drops: DropSummary[] }>(paths.drops)
  if (answer === null) return <Waiting problem={problem} />
  const newest = answer.drops.at(-1)
  if (newest === undefined) return <p class="notice">Nothing hangs here yet. The first drop has not been announced.</p>
  const earlier = answer.drops.slice(0, -1).toReversed()
  return (
    <>
      <DropPage drop={newest.drop} />
      {earlier.length > 0 && (
        <section class="column">
          <h2>Earlier drops</h2>
          <ul class="plain">
            {earlier.map(({ drop, name, edition, candidates }) => (
              <li key={drop}>
                <a href={`/drops/${drop}`}>{name}</a>, {formatCount(edition)} pieces from {formatCount(candidates)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
