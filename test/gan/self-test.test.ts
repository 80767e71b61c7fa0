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

  it('tells a network with classes from one without', async () => {
    const known = 'ab'.repeat(32)
    const actual = async (classes: number) => {
      const error: unknown = await selfTest(await readFile(WASM), [{ classes, known }]).catch(
        (caught: unknown) => caught,
      )
      return error instanceof EngineUnfit ? error.actual : null
    }
    expect(await actual(0)).to.match(/^[0-9a-f]{64}$/u)
    expect(await actual(3))
      .to.match(/^[0-9a-f]{64}$/u)
      .and.not.equal(await actual(0))
    expect(await actual(2)).to.not.equal(await actual(3))
  })

  it('says what came out and what was known when they differ', async () => {
    const known = 'ab'.repeat(32)
    let error: unknown
    await selfTest(await readFile(WASM), [{ classes: 0, known }]).catch((caught: unknown) => (error = caught))
    expect(error).to.be.instanceOf(EngineUnfit).with.property('expected', known)
    expect((error as EngineUnfit).actual).to.match(/^[0-9a-f]{64}$/u)
  })
})
