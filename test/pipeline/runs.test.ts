import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openPglite } from '../../minter/adapters/pglite-database.ts'
import { digestOfJson } from '../../minter/domain/canonical-json.ts'
import { StepMissing } from '../../minter/errors.ts'
import { createRunStore, type RunStore } from '../../minter/pipeline/runs.ts'
import { prepareSchema } from '../../minter/pipeline/schema.ts'
import type { Database } from '../../minter/ports.ts'

describe('minter/pipeline/runs once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  let database: Database
  let runs: RunStore

  before(async () => {
    database = await openPglite(join(folder, 'database'))
    await prepareSchema(database)
    let time = 100
    runs = createRunStore(database, () => time++)
    await runs.create({
      id: 'a',
      name: 'A',
      policy: {} as never,
      policyDigest: '0x01',
      bundleDigest: '0x02',
      salt: '0x03',
    })
  })

  it('writes down inputs, outputs, their digests, attempts and why the last one failed', async () => {
    const inputs = { policyDigest: '0x01', left: undefined }
    const refused = runs.once('a', 'announce', () => Promise.reject(new StepMissing('announce', 'register')), inputs)
    expect(await refused.catch((error: unknown) => error)).to.have.property('code', 'STEP_MISSING')
    const failed = (await runs.steps('a')).find(({ step }) => step === 'announce')
    expect(failed).to.deep.include({
      state: 'failed',
      attempts: 1,
      inputsDigest: digestOfJson({ policyDigest: '0x01' }),
    })
    expect(failed?.lastError).to.include({ code: 'STEP_MISSING', at: 102 })

    expect(await runs.once('a', 'announce', async () => ({ drop: 1 }), inputs)).to.deep.equal({ drop: 1 })
    expect(await runs.once('a', 'announce', async () => ({ drop: 2 }), inputs)).to.deep.equal({ drop: 1 })
    const done = (await runs.steps('a')).find(({ step }) => step === 'announce')
    expect(done).to.deep.include({ state: 'done', attempts: 2, outputsDigest: digestOfJson({ drop: 1 }) })
    expect(done).to.deep.include({ startedAt: 103, finishedAt: 104, inputs: { policyDigest: '0x01' } })
  })

  after(async () => {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  })
})
