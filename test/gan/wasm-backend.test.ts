import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { readWasm } from './vectors.ts'

const run = promisify(execFile)
const resolved = createRequire(import.meta.url).resolve(
  '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
)

/** Runs a script in a Node of its own, since the backend starts once in a process. */
async function runScript(script: string, flags: readonly string[] = []): Promise<string> {
  const args = [...flags, '--input-type=module', '-e', script]
  return (await run(process.execPath, args, { cwd: new URL('../../', import.meta.url) })).stdout.trim()
}

describe('gan/engines/wasm-backend', () => {
  it('runs the one binary that it is handed, and no variant that fits this machine better', async () => {
    const script = `
      import { createHash } from 'node:crypto'
      import { readFileSync } from 'node:fs'
      import { selfTest } from './gan/index.ts'
      const compiled = []
      for (const name of ['instantiate', 'compile']) {
        const original = WebAssembly[name]
        WebAssembly[name] = (code, ...rest) => {
          if (!(code instanceof WebAssembly.Module)) compiled.push(createHash('sha256').update(new Uint8Array(code)).digest('hex'))
          return original.call(WebAssembly, code, ...rest)
        }
      }
      globalThis.Worker = class { constructor() { compiled.push('a worker') } }
      await selfTest(new Uint8Array(readFileSync(${JSON.stringify(resolved)})))
      console.log(JSON.stringify(compiled))`
    const digest = createHash('sha256').update(readWasm()).digest('hex')
    expect(JSON.parse(await runScript(script))).to.deep.equal([digest])
  })

  it('says so on a processor without SIMD', async function () {
    // On other processors SIMD belongs to what every one of them has.
    if (process.arch !== 'x64') this.skip()
    const script = `
      import { readFileSync } from 'node:fs'
      import { selfTest } from './gan/index.ts'
      const wasm = new Uint8Array(readFileSync(${JSON.stringify(resolved)}))
      await selfTest(wasm).catch((error) => console.log(error.code + ' ' + error.message))`
    const printed = await runScript(script, ['--no-enable-sse4-1', '--no-enable-ssse3'])
    expect(printed).to.match(/^GAN_ENGINE_UNFIT .*"SIMD": it gave none here/u)
  })
})
