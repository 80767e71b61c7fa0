import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { neutralSnapshot, snapshotDigest, snapshotJson, updateSnapshot } from '../../minter/domain/demand.ts'
import { readPolicyFile } from '../../minter/cli/runs.ts'
import { withFolder, writeTinyPolicy } from '../pipeline/tiny-studio.ts'
import { runHere } from './run-here.ts'

const LEARNED = updateSnapshot(neutralSnapshot(), {
  drop: 1,
  seconds: 1000,
  pieces: ['Madder', 'Madder', 'Walnut', 'Walnut'].map((ground, i) => ({
    traits: { Ground: ground },
    sale: ground === 'Madder' ? { seconds: 100, collector: `c${i}` } : null,
    attention: { view: 20, dwell: 4, save: 1, reserve: 0, mint: 0 },
  })),
})

/** A policy and what was learned, as files of a folder. */
function writeFiles(folder: string): { readonly policy: string; readonly snapshot: string } {
  const snapshot = join(folder, 'learned.json')
  writeFileSync(snapshot, snapshotJson(LEARNED))
  return { policy: writeTinyPolicy(folder, { model: 'looms-64' }), snapshot }
}

describe('minter/cli/propose', () => {
  it('writes a policy that names what was learned, and leaves the old one alone', async () => {
    await withFolder(async (folder) => {
      const { policy, snapshot } = writeFiles(folder)
      const before = readFileSync(policy, 'utf8')
      const { code, stdout } = await runHere(['propose', policy, '--snapshot', snapshot])
      expect(code).to.equal(0)
      expect(stdout)
        .to.match(/weights\.demand: 0 -> \d+\n {4}2 of 4 offered pieces sold/u)
        .and.include('+demand:')
      const proposed = readPolicyFile(join(folder, 'policy-next.yaml')).policy
      expect(proposed.demand).to.equal(snapshotDigest(LEARNED))
      expect(readFileSync(policy, 'utf8')).to.equal(before)
    })
  })

  it('overwrites nothing: PROPOSAL_EXISTS the second time', async () => {
    await withFolder(async (folder) => {
      const { policy, snapshot } = writeFiles(folder)
      await runHere(['propose', policy, '--snapshot', snapshot])
      const again = await runHere(['propose', policy, '--snapshot', snapshot])
      expect(again).to.include({ code: 2, stdout: '' })
      expect(again.failure).to.match(/^PROPOSAL_EXISTS/u)
    })
  })

  it('writes nothing when nothing was learned', async () => {
    await withFolder(async (folder) => {
      const { policy, snapshot } = writeFiles(folder)
      writeFileSync(snapshot, snapshotJson(neutralSnapshot()))
      const { stdout } = await runHere(['propose', policy, '--snapshot', snapshot, '--json'])
      expect(JSON.parse(stdout)).to.deep.equal({ proposal: null, changes: [] })
      expect(existsSync(join(folder, 'policy-next.yaml'))).to.equal(false)
    })
  })

  it('ends with CONFIG_INVALID when there is no snapshot', async () => {
    await withFolder(async (folder) => {
      const { policy } = writeFiles(folder)
      const { code, failure } = await runHere(['propose', policy, '--snapshot', join(folder, 'none.json')])
      expect(code).to.equal(2)
      expect(failure).to.match(/^CONFIG_INVALID/u)
    })
  })
})

describe('minter/cli/demand report', () => {
  it('shows each trait with its counts, as lines and as a page', async () => {
    await withFolder(async (folder) => {
      const { snapshot } = writeFiles(folder)
      const html = join(folder, 'demand.html')
      const { stdout } = await runHere(['demand', 'report', snapshot, '--html', html])
      expect(stdout).to.match(/drop 1: 2 of 4 sold to 2 collectors, half of them within 100 s; 80 views/u)
      expect(stdout)
        .to.match(/Madder .* 4 +0 +40 +12\n/u)
        .and.match(/Walnut .* 0 +2 +40 +12\n/u)
      expect(readFileSync(html, 'utf8')).to.include(snapshotDigest(LEARNED)).and.include('>Madder<')
    })
  })

  it('gives the same as JSON', async () => {
    await withFolder(async (folder) => {
      const { snapshot } = writeFiles(folder)
      const { stdout } = await runHere(['demand', 'report', snapshot, '--json'])
      const { digest, traits } = JSON.parse(stdout) as { digest: string; traits: readonly object[] }
      expect(digest).to.equal(snapshotDigest(LEARNED))
      expect(traits[0]).to.include({ trait: 'Ground', value: 'Madder', alpha: 4, beta: 0, mean: 49_152 })
    })
  })
})
