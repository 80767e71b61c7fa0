import type { JSX } from 'preact'
/** Before the first answer, and instead of it. */
export function Waiting({ problem }: { readonly problem: string | null }): JSX.Element {
  if (problem === null) return <p class="notice quiet">…</p>
  return (
    <p class="notice" role="alert">
      {problem}
    </p>
  )
}
