import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AuditLinkResult, LinkState } from '../../minter/domain/audit-source.ts'
import { shorten } from '../gallery/format.ts'
import { FileVerdict } from './file-verdict.tsx'
import { subjectOf, wordsOf } from './link-words.ts'
import { type Order, orderOfAddress, problemsOf, type Report, verdictOf } from './order.ts'
import { type AuditView, type AuditWorkers, useAudit } from './use-audit.ts'

interface VerifyPageProps {
  /** How workers are started, which depends on where the page was opened. */
  readonly workers: AuditWorkers & { readonly file: () => Worker }
}

/** Makes a token again from what the chain records, in this browser, and says what holds and what does not. */
export function VerifyPage({ workers }: VerifyPageProps): JSX.Element {
  const asked = orderOfAddress(location.search, location.origin)
  const [order, setOrder] = useState<Order | null>(problemsOf(asked).length === 0 ? asked : null)
  const view = useAudit(order, workers)
  const begin = (next: Order): void => {
    history.replaceState(null, '', `?${addressOf(next)}`)
    setOrder({ ...next })
  }
  const form = <OrderForm first={asked} begin={begin} running={view.running} />
  return (
    <div class="verify">
      <header class="top">
        <a class="wordmark" href="/">
          latentmint
        </a>
      </header>
      <main class="column">
        <h1>Make it again</h1>
        <p class="lead">
          This page reads a token from the chain, fetches the network that made it from any gateway, makes the picture
          again in your browser, and compares. It asks nobody's opinion, not even ours.
        </p>
        {order === null ? form : <Progress view={view} />}
        {order !== null && (
          <details class="asked">
            <summary>
              Token {order.token} of {shorten(order.contract)}. Ask for another
            </summary>
            {form}
          </details>
        )}
        <FileVerdict order={order} start={workers.file} />
        <section class="small limits">
          <h2>What this shows, and what it can't</h2>
          <p>
            Green means that your own computer arrived at the same bytes as the record. It does not show that the
            training data was declared truthfully, or that anyone likes the picture. A node could lie about the chain:
            use one that you trust, or ask two.
          </p>
          {location.protocol !== 'file:' && (
            <p>
              <a href="./verify-on-disk.html" download>
                Save this page as one file
              </a>
              : it works from your disk, without us.
            </p>
          )}
        </section>
      </main>
    </div>
  )
}

function addressOf({ rpc, contract, token, gateways }: Order): string {
  const query = new URLSearchParams({ rpc, contract, token })
  for (const gateway of gateways) query.append('gateway', gateway)
  return String(query)
}

interface OrderFormProps {
  readonly first: Order
  readonly begin: (order: Order) => void
  readonly running: boolean
}

function OrderForm({ first, begin, running }: OrderFormProps) {
  const [draft, setDraft] = useState(first)
  const [problems, setProblems] = useState<readonly string[]>([])
  const submit = (event: Event): void => {
    event.preventDefault()
    const found = problemsOf(draft)
    setProblems(found)
    if (found.length === 0) begin(draft)
  }
  const field = (name: 'rpc' | 'contract' | 'token', label: string, example: string) => (
    <label>
      {label}
      <input
        name={name}
        value={draft[name]}
        placeholder={example}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setDraft({ ...draft, [name]: event.currentTarget.value.trim() })}
      />
    </label>
  )
  return (
    <form class="order" onSubmit={submit} aria-describedby="problems">
      {field('rpc', 'Ethereum node', 'https://…')}
      {field('contract', 'Contract', '0x…')}
      {field('token', 'Token', '65536')}
      <label>
        IPFS gateways, one in a line
        <textarea
          rows={2}
          value={draft.gateways.join('\n')}
          spellcheck={false}
          onInput={(event) => setDraft({ ...draft, gateways: event.currentTarget.value.split(/\s+/u).filter(Boolean) })}
        />
      </label>
      <button type="submit" class="primary" aria-busy={running}>
        {running ? 'Start over' : 'Verify'}
      </button>
      <div id="problems" role="alert">
        {problems.map((problem) => (
          <p key={problem} class="small broken">
            {problem}
          </p>
        ))}
      </div>
    </form>
  )
}

const VERDICTS: Readonly<Record<LinkState, readonly [title: string, meaning: string]>> = {
  ok: ['It holds', 'Every link, from the network to the token, came out the same here.'],
  broken: ['It does not hold', ''],
  unchecked: ['Not everything could be checked', 'Nothing came out wrong, but something could not be had.'],
}

function Progress({ view }: { readonly view: AuditView }) {
  const { running, links, report, failure, doing, published, altered, remade } = view
  return (
    <section class="result" aria-busy={running} data-verdict={report?.verdict ?? ''}>
      <div class="pair">
        <Pictured
          address={published}
          words={altered ? 'Served in place of the one on record' : 'On record'}
          altered={altered}
        />
        <Pictured address={remade} words="Made here, just now" />
      </div>
      <div role="status">
        {running && (
          <p class="doing">
            {doing}… <span class="small">{links.length === 0 ? '' : `${links.length} links so far`}</span>
          </p>
        )}
        {report !== null && <Verdict report={report} />}
      </div>
      {failure !== null && (
        <p class="broken" role="alert">
          {failure}
        </p>
      )}
      <ol class="links">
        {links.map((result) => (
          <Link key={result.link} result={result} />
        ))}
      </ol>
      {report !== null && <DownloadReport report={report} />}
    </section>
  )
}

/** Names what came out differently first: what follows from it is broken as well, and explains less. */
function brokenWords({ links }: Report): string {
  const titles = links.filter(({ state }) => state === 'broken').map(({ link }) => wordsOf(link)[0].toLowerCase())
  return `This came out differently: ${titles.join(', ')}.`
}

function Verdict({ report }: { readonly report: Report }) {
  const [title, meaning] = VERDICTS[report.verdict]
  return (
    <div class={`verdict ${report.verdict}`}>
      <h2>{title}</h2>
      <p>
        {report.verdict === 'broken' ? brokenWords(report) : meaning} It took {report.seconds.toFixed(1)} seconds.
      </p>
    </div>
  )
}

interface PicturedProps {
  readonly address: string | null
  readonly words: string
  readonly altered?: boolean
}

function Pictured({ address, words, altered = false }: PicturedProps) {
  return (
    <figure class={altered ? 'altered' : ''}>
      {address === null ? <div class="blank" /> : <img src={address} alt="" width="512" height="512" />}
      <figcaption>{words}</figcaption>
    </figure>
  )
}

const STATES: Readonly<Record<LinkState, string>> = {
  ok: 'holds',
  broken: 'does not hold',
  unchecked: 'could not be checked',
}

function Link({ result }: { readonly result: AuditLinkResult }) {
  const { link, state, detail, expected, actual } = result
  const [title, meaning] = wordsOf(link)
  return (
    <li class={state} id={subjectOf(link)} data-link={link} data-state={state}>
      <p>
        <b>{title}</b> {state === 'ok' ? meaning : <span class="state">{STATES[state]}.</span>}
      </p>
      <p class="small">{detail}</p>
      {expected !== undefined && (
        <p class="compare">
          expected <code>{expected}</code>
        </p>
      )}
      {actual !== undefined && (
        <p class="compare">
          came out <code>{actual}</code>
        </p>
      )}
    </li>
  )
}

function DownloadReport({ report }: { readonly report: Report }) {
  const text = encodeURIComponent(JSON.stringify(report, null, 2))
  return (
    <p>
      <a
        href={`data:application/json;charset=utf-8,${text}`}
        download={`audit-${report.token}-${verdictOf(report.links)}.json`}
      >
        Download the report (JSON)
      </a>
    </p>
  )
}
