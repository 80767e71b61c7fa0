import { expect } from 'chai'
import { readConfig } from '../../minter/config.ts'
import { workLoader } from '../../minter/cli/runs.ts'
import { openSite, type Site } from '../../minter/cli/site.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { decodePng } from '../../gan/index.ts'
import { lowerCaseHex } from '../../minter/domain/digest.ts'
import { readVetoes } from '../../minter/domain/vetoes.ts'
import { invite, isInvited } from '../../minter/pipeline/invitations.ts'
import * as shape from '../../minter/http/review-shapes.ts'
import { openRendered, type Rendered } from '../pipeline/tiny-studio.ts'

const CANDIDATES = 24
const OPERATOR = 0
const STRANGER = 5
const AUDITOR = 6
const INVITED = 7

interface Visitor {
  get(path: string): Promise<Response>
  send(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Response>
}

/** Asks the API as a browser with this cookie. */
function visitor(site: Site, cookie = ''): Visitor {
  const address = (path: string) => `${site.url}/api/v1${path}`
  return {
    get: (path) => fetch(address(path), { headers: { cookie } }),
    send: (path, body, headers = {}) =>
      fetch(address(path), {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
  }
}

async function challenge(site: Site, account: string): Promise<{ nonce: string; message: string }> {
  const answer = await visitor(site).send('/sign-in/challenges', { account })
  return shape.challengeShape.parse(await answer.json())
}

/** Signs in with an account of the development chain; returns who can ask from then on. */
async function signIn(site: Site, account: number): Promise<Visitor> {
  const wallet = developmentWallet(account)
  const { nonce, message } = await challenge(site, wallet.address)
  const answer = await visitor(site).send('/sign-in', { nonce, signature: await wallet.signMessage(message) })
  expect(answer.status, await answer.clone().text()).to.equal(200)
  return visitor(site, (answer.headers.get('set-cookie') ?? '').split(';')[0])
}

async function codeOf(response: Response): Promise<unknown> {
  return [response.status, ((await response.json()) as { code: unknown }).code]
}

describe('the review desk, over HTTP', function () {
  this.timeout(60_000)
  let rendered: Rendered
  let site: Site
  let run = ''
  let logged = ''

  before(async () => {
    rendered = await openRendered(CANDIDATES)
    const { studio, opened } = rendered
    run = opened.work.run.id
    const { signal } = new AbortController()
    const config = { ...readConfig({}), auditors: [lowerCaseHex(developmentWallet(AUDITOR).address)] }
    const logTo = { write: (line: string) => void (logged += line) }
    site = await openSite({
      studio,
      loadWork: workLoader(studio.runs),
      port: 0,
      logLevel: 'debug',
      logTo,
      config,
      signal,
    })
  })
  after(async () => {
    await site?.close()
    await rendered?.close()
  })

  it('shows nothing to strangers, nor to who has no role in the collection', async () => {
    const addresses = ['/reviews', `/reviews/${run}`, `/reviews/${run}/candidates/0/picture.png`]
    for (const address of addresses) {
      expect(await codeOf(await visitor(site).get(address)), address).to.deep.equal([401, 'SIGN_IN_NEEDED'])
    }
    const nobody = await signIn(site, STRANGER)
    expect(await (await nobody.get('/reviews')).json()).to.deep.equal({ reviews: [] })
    const refused = await nobody.send(`/reviews/${run}/vetoes`, { index: 0, reason: 'Mine.' })
    expect(await codeOf(refused)).to.deep.equal([403, 'ROLE_MISSING'])
  })

  it('signs nobody in by a signature of another account, of another text, or a second time', async () => {
    const operator = developmentWallet(OPERATOR)
    const tries = [
      (message: string) => developmentWallet(STRANGER).signMessage(message),
      (message: string) => operator.signMessage(`${message} `),
      () => Promise.resolve('0x1234'),
    ]
    for (const sign of tries) {
      const { nonce, message } = await challenge(site, operator.address)
      const answer = await visitor(site).send('/sign-in', { nonce, signature: await sign(message) })
      expect(await codeOf(answer)).to.deep.equal([401, 'SIGN_IN_REFUSED'])
    }
    const { nonce, message } = await challenge(site, operator.address)
    const signed = { nonce, signature: await operator.signMessage(message) }
    expect((await visitor(site).send('/sign-in', signed)).status).to.equal(200)
    expect(await codeOf(await visitor(site).send('/sign-in', signed))).to.deep.equal([401, 'SIGN_IN_REFUSED'])
  })

  it('signs the operator in by the address that the program prints, once', async () => {
    const ticket = new URL(site.reviewLink()).hash.slice(1)
    const answer = await visitor(site).send('/sign-in/tickets', { ticket })
    expect(shape.signedInShape.parse(await answer.json())).to.deep.equal({
      account: developmentWallet(OPERATOR).address.toLowerCase(),
      roles: ['operator', 'curator'],
    })
    const cookie = answer.headers.get('set-cookie') ?? ''
    expect(cookie)
      .to.match(/HttpOnly/u)
      .and.match(/SameSite=Strict/u)
    const again = await visitor(site).send('/sign-in/tickets', { ticket })
    expect(await codeOf(again)).to.deep.equal([401, 'SIGN_IN_REFUSED'])
  })

  it('shows the selection that would be committed, each candidate with its picture and its neighbours', async () => {
    const curator = await signIn(site, OPERATOR)
    const sheet = shape.sheetShape.parse(await (await curator.get(`/reviews/${run}?count=500`)).json())
    await rendered.opened.steps.select()
    const { selection } = await rendered.opened.steps.chosen()
    expect(sheet.candidates.map(({ index }) => index)).to.deep.equal(selection.ranked.map(({ index }) => index))
    expect([sheet.total, sheet.open, sheet.edition]).to.deep.equal([CANDIDATES, true, selection.edition])

    const [first] = sheet.candidates
    const address = `/reviews/${run}/candidates/${first!.index}`
    const detail = shape.reviewedDetailShape.parse(await (await curator.get(address)).json())
    expect(detail.neighbours).to.have.length(6)
    expect(detail.neighbours.map(({ index }) => index)).to.not.include(first!.index)
    const picture = await curator.get(`${address}/picture.png`)
    expect(picture.headers.get('cache-control')).to.match(/^private/u)
    const { width, height } = decodePng(new Uint8Array(await picture.arrayBuffer()))
    expect([width, height]).to.deep.equal([16, 16])
  })

  it('never adds a candidate, and says why', async () => {
    const operator = await signIn(site, OPERATOR)
    const answer = await operator.send(`/reviews/${run}/candidates`, {})
    expect(await codeOf(answer)).to.deep.equal([405, 'ADDING_IMPOSSIBLE'])
  })

  it('takes nothing from a page of another site, even with the cookie', async () => {
    const operator = await signIn(site, OPERATOR)
    const order = { index: 0, reason: 'Not mine.' }
    const headers = { origin: 'https://elsewhere.example' }
    const answer = await operator.send(`/reviews/${run}/vetoes`, order, headers)
    expect(await codeOf(answer)).to.deep.equal([403, 'FOREIGN_ORIGIN'])
  })

  it('answers VETO_INVALID for a candidate that there is not, and HTTP_BAD_REQUEST for no reason', async () => {
    const operator = await signIn(site, OPERATOR)
    const missing = await operator.send(`/reviews/${run}/vetoes`, { index: 999, reason: 'Gone.' })
    expect(await codeOf(missing)).to.deep.equal([400, 'VETO_INVALID'])
    const silent = await operator.send(`/reviews/${run}/vetoes`, { index: 0, reason: '' })
    expect(await codeOf(silent)).to.deep.equal([400, 'HTTP_BAD_REQUEST'])
    const unknown = await operator.get('/reviews/abc')
    expect(await codeOf(unknown)).to.deep.equal([404, 'RUN_NOT_FOUND'])
  })

  it('gives the same voucher for the same right, however often it is asked for', async () => {
    const wallet = developmentWallet(STRANGER).address.toLowerCase()
    await invite(rendered.studio.database, run, lowerCaseHex(wallet))
    const ask = async () => (await visitor(site).send('/drops/1/vouchers', { wallet, rank: 1 })).json()
    const first: unknown = await ask()
    expect(first).to.include({ to: wallet, rank: 1 })
    expect(await ask()).to.deep.equal(first)
  })

  it('takes a veto with its reason and its curator into the commit, and none after that', async () => {
    const curator = await signIn(site, OPERATOR)
    const at = `/reviews/${run}`
    const before = shape.sheetShape.parse(await (await curator.get(at)).json())
    const [first, second] = before.candidates
    const given = { index: first!.index, reason: 'Reads as a letter.' }
    const veto = shape.vetoShape.parse(await (await curator.send(`${at}/vetoes`, given)).json())
    expect(veto.curator).to.equal(developmentWallet(OPERATOR).address.toLowerCase())

    const after = shape.sheetShape.parse(await (await curator.get(at)).json())
    expect(after.candidates[0]?.index).to.equal(second?.index)
    expect([after.passed, after.vetoes]).to.deep.equal([before.passed - 1, [veto]])

    const { directory } = await rendered.opened.steps.commit()
    expect(readVetoes(await rendered.studio.store.readFile(directory, 'vetoes.json'))).to.deep.equal([veto])
    const late = await curator.send(`${at}/vetoes`, { index: second!.index, reason: 'Too late.' })
    expect(await codeOf(late)).to.deep.equal([409, 'VETO_TOO_LATE'])
  })

  it('lets operators and auditors read what privileged visitors did, and nobody else', async () => {
    const stranger = await signIn(site, STRANGER)
    expect(await codeOf(await stranger.get('/audit-log'))).to.deep.equal([403, 'ROLE_MISSING'])
    expect(await codeOf(await visitor(site).get('/audit-log'))).to.deep.equal([401, 'SIGN_IN_NEEDED'])
    const auditor = await signIn(site, AUDITOR)
    const { entries } = shape.auditLogShape.parse(await (await auditor.get('/audit-log')).json())
    const operator = lowerCaseHex(developmentWallet(OPERATOR).address)
    const vetoes = entries.filter(({ action }) => action === 'veto')
    expect(vetoes[0]).to.include({ account: operator }).and.have.nested.property('subject.run', run)
    expect(entries.map(({ account }) => account)).to.not.include(lowerCaseHex(developmentWallet(STRANGER).address))
    expect(entries.every(({ previous }, i) => i === 0 || previous === entries[i - 1]?.digest)).to.equal(true)
  })

  it('lets an operator invite a wallet, and keeps that an auditor tried', async () => {
    const wallet = developmentWallet(INVITED).address
    const auditor = await signIn(site, AUDITOR)
    expect(await codeOf(await auditor.send('/drops/1/invitations', { wallet }))).to.deep.equal([403, 'ROLE_MISSING'])
    expect(await isInvited(rendered.studio.database, run, lowerCaseHex(wallet))).to.equal(false)
    const operator = await signIn(site, OPERATOR)
    expect((await operator.send('/drops/1/invitations', { wallet })).status).to.equal(200)
    expect(await isInvited(rendered.studio.database, run, lowerCaseHex(wallet))).to.equal(true)
    const { entries } = shape.auditLogShape.parse(await (await auditor.get('/audit-log?count=1000')).json())
    expect(entries.slice(-3).map(({ action }) => action)).to.deep.equal(['refused', 'sign-in', 'invite'])
  })

  it('tells Prometheus of supply, transactions, balance and rendering', async () => {
    const text = await (await fetch(`${site.url}/metrics`)).text()
    for (const line of [
      /^latentmint_drop_minted\{drop="1",collection="0x[0-9a-f]{40}"\} 0$/mu,
      /^latentmint_drop_edition\{.*\} 4$/mu,
      /^latentmint_transactions_pending \d+$/mu,
      /^latentmint_transactions_stuck 0$/mu,
      /^latentmint_operator_balance_gwei \d+$/mu,
      /^latentmint_gateway_up\{place="embedded"\} 1$/mu,
      new RegExp(`^latentmint_candidates_rendered_total ${CANDIDATES}$`, 'mu'),
    ]) {
      expect(text).to.match(line)
    }
  })

  it('is ready as long as database, chain and store answer', async () => {
    const response = await visitor(site).get('/ready')
    expect(response.status).to.equal(200)
    const { checks } = (await response.json()) as { checks: readonly { name: string }[] }
    expect(checks.map(({ name }) => name)).to.deep.equal(['database', 'chain', 'store'])
  })

  it('logs requests without who made them, and never a signature', () => {
    expect(logged).to.include('"path":"/api/v1/sign-in"').and.include('"msg":"veto"')
    expect(logged).to.not.match(/0x[0-9a-f]{130}/u)
    expect(logged).to.not.include('127.0.0.1')
  })
})
