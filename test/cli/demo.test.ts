import { join } from 'node:path'
import { expect } from 'chai'
import { withFolder, writeTinyModel, writeTinyPolicy } from '../pipeline/tiny-studio.ts'
import { runCli } from './run-cli.ts'

const SALT = `0x${'11'.repeat(32)}`

describe('minter/cli/demo', () => {
  it('runs a whole drop, killed with -9 at the sale and started again, and mints nothing twice', async () => {
    await withFolder(async (folder) => {
      const policy = writeTinyPolicy(folder, { model: writeTinyModel(folder), candidates: 60 })
      const place = ['--policy', policy, '--dir', join(folder, 'demo'), '--workers', '2']
      const args = ['demo', '--exit', ...place, '--fixed-clock', '1800000000', '--salt', SALT]
      const killed = await runCli(args, {
        onStderr: (text, child) => {
          if (/^open /mu.test(text)) child.kill('SIGKILL')
        },
      })
      expect(killed.code, killed.stderr).to.equal(null)

      const { code, stdout, stderr } = await runCli([...args, '--json'])
      expect(code, stderr).to.equal(0)
      const summary: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
      // How many of a network that has learned nothing differ enough depends on the seeds; of so many, four do.
      expect(summary).to.deep.include({ candidates: 60, edition: 4, minted: 3 })
      expect(summary).to.have.deep.property('audit', {
        tokens: 3,
        identical: 3,
        selection: 'reproduced',
        tampered: { tried: 3, caught: 3 },
      })
      expect(summary)
        .to.have.property('seconds')
        .that.has.all.keys('setup', 'render', 'score', 'publish', 'mint', 'audit')
      expect(summary).to.have.property('directory').that.matches(/^bafy/u)
    })
  })

  it('leaves a folder alone that holds something else, and exits 2', async () => {
    await withFolder(async (folder) => {
      const policy = writeTinyPolicy(folder, { model: writeTinyModel(folder) })
      const { code, stderr } = await runCli(['demo', '--exit', '--policy', policy, '--dir', folder])
      expect(code, stderr).to.equal(2)
      expect(stderr).to.match(/CONFIG_INVALID/u)
    })
  })
})
