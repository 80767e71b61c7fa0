import { expect } from 'chai'
import { askAuditor } from '../../minter/cli/auditor.ts'
import { explainFailure } from '../../minter/cli/exit.ts'

const NOBODY = 'http://127.0.0.1:9'
const TARGET = { rpc: NOBODY, contract: `0x${'12'.repeat(20)}`, gateway: NOBODY } as const

async function failureOf(report: Promise<unknown>) {
  try {
    await report
  } catch (error) {
    return explainFailure(error)
  }
  throw new Error('it did not reject')
}

describe('minter/cli/auditor askAuditor', function () {
  this.timeout(60_000)

  for (const command of ['drop', 'rehearse'] as const) {
    it(`takes the error that ends a ${command} for no report, and says what it was`, async () => {
      const failure = await failureOf(askAuditor(command, TARGET, ['--drop', '1']))
      expect(failure).to.include({ code: 'AUDIT_FAILED', where: command, exit: 3 })
      expect(failure.what).to.match(/^the auditor ended with 3 and no report: AUDIT_CHAIN_UNREACHABLE: /u)
    })
  }

  it('takes no report for one, and says what was complained of', async () => {
    const failure = await failureOf(askAuditor('drop', { ...TARGET, contract: 'nowhere' }, ['--drop', '1']))
    expect(failure.code).to.equal('AUDIT_FAILED')
    expect(failure.what).to.match(/^the auditor ended with 2 and no report: .*contract/su)
  })
})
