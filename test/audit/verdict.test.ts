import { expect } from 'chai'
import { readOrder, UsageError } from '../../minter/audit/command-line.ts'
import { counterLine } from '../../minter/audit/progress.ts'
import { linkRow } from '../../minter/audit/table.ts'
import { EXIT_CODES, identicalTokens, selectionVerdict, verdictOf } from '../../minter/audit/verdict.ts'
import type { AuditLinkResult, LinkState } from '../../minter/domain/audit-source.ts'

const link = (name: string, state: LinkState): AuditLinkResult => ({ link: name, state, detail: '' })
const CONTRACT = '0x5fbdb2315678afecb367f032d93f642f64180aa3'
const WHERE = ['--rpc', 'http://127.0.0.1:8545', '--contract', CONTRACT, '--gateway', 'http://127.0.0.1:8787']

describe('verdict of an audit', () => {
  it('is ok only when every link holds', () => {
    expect(verdictOf([link('bundle', 'ok'), link('seed', 'ok')])).to.equal('ok')
    expect(verdictOf([link('bundle', 'ok'), link('seed', 'unchecked')])).to.equal('unchecked')
    expect(verdictOf([link('bundle', 'broken'), link('seed', 'unchecked')])).to.equal('broken')
  })

  it('of nothing is not ok', () => {
    expect(verdictOf([])).to.equal('unchecked')
  })

  it('has an exit code for each state', () => {
    expect(EXIT_CODES).to.deep.equal({ ok: 0, broken: 5, unchecked: 3 })
  })

  it('counts a token as identical only when all of its links hold', () => {
    const results = [
      link('token 65536 pixels', 'ok'),
      link('token 65536 metadata', 'ok'),
      link('token 65537 pixels', 'broken'),
    ]
    expect(identicalTokens(results, [65_536n, 65_537n, 65_538n])).to.equal(1)
  })

  it('says "unchecked" of a selection that was never run again', () => {
    expect(selectionVerdict([])).to.equal('unchecked')
    expect(selectionVerdict([link('selection', 'ok')])).to.equal('reproduced')
    expect(selectionVerdict([link('selection', 'broken')])).to.equal('differs')
  })
})

describe('table of an audit', () => {
  it('shows both values of a broken link', () => {
    const row = linkRow({ link: 'seed', state: 'broken', detail: 'differs', expected: '0xaa', actual: '0xbb' }, false)
    expect(row).to.include('✗ seed').and.include('expected 0xaa').and.include('actual   0xbb')
  })

  it('counts with rate and remaining time', () => {
    expect(counterLine('candidates', 120, 1000, 2)).to.equal('candidates 120 of 1000, 60/s, 15 s left')
    expect(counterLine('candidates', 5, 1000, 2.5)).to.equal('candidates 5 of 1000, 2.0/s, 8 min 18 s left')
    expect(counterLine('candidates', 0, 1000, 9)).to.equal('candidates 0 of 1000')
    expect(counterLine('candidates', 1000, 1000, 10)).to.equal('candidates 1000 of 1000, 100/s')
  })
})

describe('command line of the audit', () => {
  it('reads several gateways in their order', () => {
    const order = readOrder(['drop', ...WHERE, '--gateway', 'https://ipfs.io', '--drop', '2'])
    expect(order).to.deep.include({ command: 'drop', drop: 2, sample: 16, json: false })
    expect(order).to.have.deep.property('gateways', ['http://127.0.0.1:8787', 'https://ipfs.io'])
  })

  it('knows the drop of a token', () => {
    expect(readOrder(['token', ...WHERE, '--token', String((3 << 16) | 5)])).to.deep.include({
      drop: 3,
      tokenId: 196_613n,
    })
  })

  it('takes all candidates with --full', () => {
    expect(readOrder(['drop', ...WHERE, '--drop', '1', '--full'])).to.have.property('sample', 'all')
  })

  it('takes the root of a training set as it is given, or lets the chain say it', () => {
    const root = `0x${'Ab'.repeat(32)}`
    const given = readOrder(['dataset', '--proof', 'p.json', '--root', root])
    expect(given).to.deep.include({ command: 'dataset', proof: 'p.json', root: root.toLowerCase(), chain: null })
    const [, rpc = ''] = WHERE
    const asked = readOrder(['dataset', '--proof', 'p.json', ...WHERE.slice(0, 4), '--drop', '2'])
    expect(asked).to.have.property('root', null)
    expect(asked).to.have.nested.include({ 'chain.rpc': rpc, 'chain.drop': 2 })
  })

  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ['no command', []],
    ['an unknown command', ['sell', ...WHERE]],
    ['an unknown option', ['drop', ...WHERE, '--drop', '1', '--fast']],
    ['a drop without number', ['drop', ...WHERE]],
    ['a proof without a root', ['dataset', '--proof', 'p.json']],
    ['a root without a proof', ['dataset', '--root', `0x${'ab'.repeat(32)}`]],
    ['a root and a chain', ['dataset', '--proof', 'p.json', '--root', `0x${'ab'.repeat(32)}`, ...WHERE, '--drop', '1']],
    ['a number that is none', ['drop', ...WHERE, '--drop', 'one']],
    ['an address that is none', ['drop', '--rpc', 'http://x', '--contract', '0x12', '--drop', '1']],
    ['a file command without file', ['file', ...WHERE, '--drop', '1']],
  ]
  for (const [what, args] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => readOrder(args)).to.throw(UsageError)
    })
  }

  it('answers a wish for help with nothing to do', () => {
    expect(readOrder(['--help'])).to.equal(null)
  })
})
