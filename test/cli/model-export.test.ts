import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { sha256 } from '../../minter/domain/digest.ts'
import { runCli } from './run-cli.ts'

describe('minter/cli/model-export', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latentmint-export-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('writes the generator as an ONNX file and says what it holds', async () => {
    const file = join(folder, 'ikat.onnx')
    const { code, stdout } = await runCli(['model', 'export', '--onnx', file, '--batch', '3', '--psi', '0.5', '--json'])
    expect(code).to.equal(0)
    const bytes = new Uint8Array(await readFile(file))
    const facts: unknown = JSON.parse(stdout)
    expect(facts).to.include({ file, bytes: bytes.length, digest: sha256(bytes), batch: 3, psi: 0.5 })
    // Format 8 of a producer by this name, as every ONNX file begins.
    expect(Buffer.from(bytes.subarray(0, 14)).toString('latin1')).to.equal('\b\b\x12\nlatentmint')
    expect(Buffer.from(bytes).includes('ConvTranspose')).to.equal(true)
  }).timeout(20_000)

  it('refuses a batch of none', async () => {
    const { code, stderr } = await runCli(['model', 'export', '--onnx', join(folder, 'none.onnx'), '--batch', '0'])
    expect(code).to.equal(2)
    expect(stderr).to.include('expected a whole number from 1 to 1024')
  }).timeout(20_000)
})
