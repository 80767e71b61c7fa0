import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { withFolder, writeTinyModel, writeTinyPolicy } from '../pipeline/tiny-studio.ts'
import { runCli } from './run-cli.ts'

describe('minter/main', () => {
  it('exits 2 for an unknown key in the policy, and names the key and the nearest known one', async () => {
    await withFolder(async (folder) => {
      const policy = writeTinyPolicy(folder, { model: writeTinyModel(folder), extra: 'edtion: 3' })
      const { code, stderr } = await runCli(['drop', 'run', policy], { env: { LATENTMINT_HOME: folder } })
      expect(code).to.equal(2)
      expect(stderr)
        .to.match(/POLICY_INVALID/u)
        .and.to.match(/edtion/u)
        .and.to.match(/edition/u)
        .and.to.match(/do: /u)
    })
  })

  it('exits 5 for a model that was cut short, and for one with an altered number', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const policy = writeTinyPolicy(folder, { model })
      const whole = readFileSync(model)
      writeFileSync(model, whole.subarray(0, whole.length - 100))
      const short = await runCli(['demo', '--exit', '--policy', policy, '--dir', join(folder, 'demo')])
      expect(short.code, short.stderr).to.equal(5)
      expect(short.stderr).to.match(/GAN_BUNDLE_INVALID/u)

      const altered = Buffer.from(whole)
      // The first number of the last tensor's bytes becomes infinite.
      altered.writeUInt32LE(0x7f800000, altered.length - 4)
      writeFileSync(model, altered)
      const infinite = await runCli(['model', 'inspect', model])
      expect(infinite.code, infinite.stderr).to.equal(5)
      expect(infinite.stderr).to.match(/GAN_BUNDLE_INVALID/u)
    })
  })

  it('exits 5 when the model is another than the one that the run began with', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const policy = writeTinyPolicy(folder, { model })
      const env = { LATENTMINT_HOME: join(folder, 'home') }
      const announced = await runCli(['drop', 'announce', policy, '--json'], { env })
      expect(announced.code, announced.stderr).to.equal(0)
      expect(JSON.parse(announced.stdout)).to.include({ drop: 1 })

      const bytes = readFileSync(model)
      bytes.writeFloatLE(0.25, bytes.length - 40)
      writeFileSync(model, bytes)
      const { code, stderr } = await runCli(['drop', 'draw'], { env })
      expect(code, stderr).to.equal(5)
      expect(stderr).to.match(/MODEL_MISMATCH|GAN_BUNDLE_INVALID/u)
    })
  })

  it('exits 3 when the RPC is dead, and says which', async () => {
    await withFolder(async (folder) => {
      const env = {
        LATENTMINT_HOME: join(folder, 'home'),
        LATENTMINT_RPC: 'http://127.0.0.1:9',
        LATENTMINT_KEY: `0x${'01'.repeat(32)}`,
      }
      const { code, stderr } = await runCli(['drop', 'status'], { env })
      expect(code, stderr).to.equal(3)
      expect(stderr)
        .to.match(/CHAIN_UNREACHABLE/u)
        .and.to.match(/where: http:\/\/127\.0\.0\.1:9/u)
    })
  })

  it('exits 3 on Ctrl-C in the middle, and goes on when it is run again', async () => {
    await withFolder(async (folder) => {
      const policy = writeTinyPolicy(folder, { model: writeTinyModel(folder), candidates: 32 })
      const args = ['drop', 'run', policy, '--workers', '1']
      const env = { LATENTMINT_HOME: join(folder, 'home') }
      const stopped = await runCli(args, {
        env,
        onStderr: (text, child) => {
          if (/^announce/mu.test(text) && !text.includes('Stopping')) child.kill('SIGINT')
        },
      })
      expect(stopped.code, stopped.stderr).to.equal(3)
      expect(stopped.stderr)
        .to.match(/INTERRUPTED/u)
        .and.to.match(/Run the same command again/u)

      const again = await runCli([...args, '--json'], { env })
      expect(again.code, again.stderr).to.equal(0)
      expect(JSON.parse(again.stdout)).to.have.property('directory').that.matches(/^bafy/u)
    })
  })

  it('exits 2 for an option that it does not have', async () => {
    expect((await runCli(['demo', '--nonsense'])).code).to.equal(2)
  })
})
