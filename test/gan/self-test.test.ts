import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import { EngineUnfit, selfTest } from '../../gan/index.ts'

const WASM = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm')

describe('self-test of the canonical engine', () => {
  it('passes on this machine', async () => {
    await selfTest(await readFile(WASM))
  })

  it('passes again after another engine was used', async () => {
    const wasm = await readFile(WASM)
    await selfTest(wasm)
    await selfTest(wasm)
  })

  it('says what came out and what was known when they differ', async () => {
    const known = 'ab'.repeat(32)
    let error: unknown
    await selfTest(await readFile(WASM), known).catch((caught: unknown) => (error = caught))
    expect(error).to.be.instanceOf(EngineUnfit).with.property('expected', known)
    expect((error as EngineUnfit).actual).to.match(/^[0-9a-f]{64}$/u)
  })
})
