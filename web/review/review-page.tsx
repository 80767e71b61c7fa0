import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useAnswer } from '../gallery/api.ts'
import { shorten } from '../gallery/format.ts'
import type { ReviewedRun, SignedIn } from './answers.ts'
import { readReviews, readSignedIn, redeemTicket, signOut } from './api.ts'
import { ContactSheet } from './contact-sheet.tsx'
import { SignInPanel } from './sign-in-panel.tsx'

/** What stands behind the # of the address that the program prints for its operator. */
function takeTicket(): string | null {
  const ticket = location.hash.slice(1)
  // It works once: neither the address bar nor the history needs to keep it.
  if (ticket !== '') history.replaceState(null, '', location.pathname)
  return ticket === '' ? null : ticket
}

/** Null while that is being found out. */
type Visitor = SignedIn | 'stranger' | null

/** Where operators and curators look over the candidates between render and commit. */
export function ReviewPage(): JSX.Element {
  const [visitor, setVisitor] = useState<Visitor>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    const ticket = takeTicket()
    const signedIn = ticket === null ? readSignedIn() : redeemTicket(ticket)
    signedIn.then(setVisitor, (error: unknown) => {
      setVisitor('stranger')
      if (ticket !== null) setProblem(error instanceof Error ? error.message : String(error))
    })
  }, [])
  const leave = (): void => {
    void signOut().finally(() => setVisitor('stranger'))
  }
  return (
    <>
      <header class="top">
        <a class="wordmark" href="/">
          latentmint
        </a>
        {visitor !== null && visitor !== 'stranger' && (
          <nav aria-label="You">
            <span class="small">
              {visitor.roles.join(' and ')} <code title={visitor.account}>{shorten(visitor.account)}</code>
            </span>
            <button type="button" class="link" onClick={leave}>
              sign out
            </button>
          </nav>
        )}
      </header>
      <main id="main">
        {visitor === 'stranger' && <SignInPanel problem={problem} welcome={setVisitor} />}
        {visitor !== null && visitor !== 'stranger' && <Runs />}
      </main>
    </>
  )
}

function Runs() {
  const { answer, problem } = useAnswer('reviews', readReviews)
  const [chosen, setChosen] = useState<string | null>(null)
  if (problem !== null) return <p class="notice">{problem}</p>
  if (answer === null) return <p class="notice quiet">Looking for what there is to review…</p>
  const { reviews } = answer
  const run = reviews.find((one) => one.run === chosen) ?? reviews.find(({ open }) => open) ?? reviews[0]
  if (run === undefined) {
    return (
      <p class="notice quiet">
        There is nothing to review: no drop of yours is rendered. A drop comes here after <code>drop render</code> and
        can be reviewed until <code>drop commit</code>.
      </p>
    )
  }
  return (
    <>
      {reviews.length > 1 && <RunChoice reviews={reviews} chosen={run.run} choose={setChosen} />}
      <ContactSheet key={run.run} run={run.run} />
    </>
  )
}

interface RunChoiceProps {
  readonly reviews: readonly ReviewedRun[]
  readonly chosen: string
  readonly choose: (run: string) => void
}

function RunChoice({ reviews, chosen, choose }: RunChoiceProps) {
  return (
    <label class="runs small">
      Drop{' '}
      <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
        {reviews.map(({ run, name, drop, open }) => (
          <option key={run} value={run}>
            {drop}: {name}
            {open ? '' : ' (committed)'}
          </option>
        ))}
      </select>
    </label>
  )
}
