import { expect } from 'chai'
import * as fc from 'fast-check'
import { openLog, redactLine } from '../../minter/cli/log.ts'

const KEY = `0x${'5ec2e7'.repeat(10)}abcd`
const SIGNATURE = `0x${'1b'.repeat(65)}`
const CONFIG = {
  key: KEY,
  rpcs: ['https://node.example.org/v3/0123456789abcdef?token=qwertyuiop'],
  databaseUrl: 'postgres://minter:hunter2hunter2@db.example.org/minter',
  pinning: [
    { name: 'one', endpoint: 'https://p.example.org', token: 'pinning-token-1', gateway: 'https://g.example.org' },
  ],
}
/** Every secret of the settings, and what else must never be read. */
const PLANTED = [
  KEY,
  KEY.slice(2),
  'v3/0123456789abcdef',
  'qwertyuiop',
  'hunter2hunter2',
  'pinning-token-1',
  SIGNATURE,
  'eyJhbGciOiJIUzI1NiJ9.e30.abc',
]

/** Everything that a log of these settings writes. */
function logged(write: (log: ReturnType<typeof openLog>) => void, level = 'info'): string {
  let text = ''
  write(openLog(level, CONFIG, { write: (line: string) => void (text += line) }))
  return text
}

describe('minter/cli/log openLog', () => {
  for (const [i, secret] of PLANTED.entries()) {
    it(`never writes a planted secret, wherever it comes up (${i + 1} of ${PLANTED.length})`, () => {
      const text = logged((log) => {
        const authorization = `Bearer ${secret}`
        log.info({ signature: secret, deep: { headers: { authorization, cookie: secret } } }, 'fields')
        log.error(
          { err: new Error(`the library says: ${authorization} at ${CONFIG.databaseUrl} ${CONFIG.rpcs[0]}`) },
          'error',
        )
        log.info({ key: secret, ticket: secret, password: secret }, 'names')
      })
      expect(text.trim().split('\n')).to.have.length(3)
      expect(text).to.not.include(secret)
    })
  }

  it('leaves digests, addresses and hashes of transactions as they are', () => {
    const digest = `0x${'ab'.repeat(32)}`
    expect(logged((log) => log.info({ digest }, 'committed'))).to.include(digest)
  })

  it('writes a JSON object a line, of the level asked for and above', () => {
    const text = logged((log) => {
      log.debug({}, 'too fine')
      log.warn({ drop: 1 }, 'look')
    })
    const lines = text.trim().split('\n')
    expect(lines).to.have.length(1)
    expect(JSON.parse(lines[0]!)).to.include({ level: 40, drop: 1, msg: 'look' })
  })
})

describe('minter/cli/log redactLine', () => {
  it('leaves a line JSON, whatever secret stands in it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[g-z]{8,40}$/u), fc.string(), (secret, around) => {
        const line = redactLine(JSON.stringify({ msg: `${around}${secret}` }), [secret])
        expect(() => JSON.parse(line)).to.not.throw()
        expect(line).to.not.include(secret)
      }),
    )
  })
})
