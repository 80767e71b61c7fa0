import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { askAuditor } from '../../minter/cli/auditor.ts'
import { collectorProvider, mintThroughSite, type Wish } from '../../minter/cli/collectors.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { beginRun, openRun, readPolicyFile, workLoader } from '../../minter/cli/runs.ts'
import { openSite } from '../../minter/cli/site.ts'
import { openStudio } from '../../minter/cli/studio.ts'
import { readConfig } from '../../minter/config.ts'
import { lowerCaseHex } from '../../minter/domain/digest.ts'
import { askNode } from '../../minter/json-rpc.ts'
import { invite } from '../../minter/pipeline/invitations.ts'
import { runCli } from '../cli/run-cli.ts'
import { writeTinyModel } from '../pipeline/tiny-studio.ts'
import { describeWith, freePort } from './peers.ts'

const CHAIN = '1337'
/** Geth's only account is rich, and gives each of ours this much. */
const ALLOWANCE = `0x${(10n ** 20n).toString(16)}`

/** Seconds of sale: long enough for three mints and an audit, and they do pass in real time. */
function policyText(model: string, saleSeconds: number): string {
  const sale = `start: +0s, end: +${saleSeconds}s, price: '0.01'`
  return `name: Tiny
collection: { name: Tiny, symbol: TINY }
model: ${model}
candidates: 24
edition: 4
thresholds: { score: 0, rarity: 0, demand: 0 }
weights: { score: 1, rarity: 1, demand: 0 }
phases:
  - { kind: public, ${sale} }
  - { kind: allowlist, ${sale}, allowlist: [{ wallet: '${developmentWallet(1).address}' }] }
  - { kind: voucher, ${sale} }
schedule: { seedDelayBlocks: 2, challengeWindowSeconds: 5 }
`
}

function wallClock(): number {
  return Math.floor(Date.now() / 1000)
}

async function until(there: () => Promise<boolean>): Promise<void> {
  while (!(await there().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 100))
}

describeWith('geth', 'minter on go-ethereum in developer mode', (geth) => {
  for (const [how, flags] of [
    ['a block a second', ['--dev.period', '1']],
    ['a block only for a transaction', []],
  ] as const) {
    describe(how, function () {
      this.timeout(400_000)
      let folder: string
      let node: ChildProcess
      let url: string
      let env: Readonly<Record<string, string>>

      before(async () => {
        folder = mkdtempSync(join(tmpdir(), 'latentmint-geth-'))
        const port = await freePort()
        url = `http://127.0.0.1:${port}`
        const place = [
          '--datadir',
          join(folder, 'geth'),
          '--http',
          '--http.addr',
          '127.0.0.1',
          '--http.port',
          String(port),
        ]
        const alone = ['--nodiscover', '--maxpeers', '0', '--ipcdisable', '--authrpc.port', '0', '--verbosity', '1']
        node = spawn(geth, ['--dev', ...flags, ...place, ...alone], { stdio: 'ignore' })
        await until(async () => (await askNode(url, 'eth_chainId')) === '0x539')
        const [rich] = (await askNode(url, 'eth_accounts')) as readonly string[]
        for (const account of [1, 2, 4]) {
          const to = developmentWallet(account).address
          await askNode(url, 'eth_sendTransaction', [{ from: rich, to, value: ALLOWANCE }])
          await until(async () => (await askNode(url, 'eth_getBalance', [to, 'latest'])) !== '0x0')
        }
        // The operator is geth's own account, by the keystore that geth wrote; its password is empty.
        const [keystore = ''] = readdirSync(join(folder, 'geth/keystore'))
        writeFileSync(join(folder, 'password.txt'), '\n')
        env = {
          LATENTMINT_RPC: url,
          LATENTMINT_KEYSTORE: join(folder, 'geth/keystore', keystore),
          LATENTMINT_KEYSTORE_PASSWORD_FILE: join(folder, 'password.txt'),
          LATENTMINT_DEPLOYMENTS: join(folder, 'deployments'),
        }
      })

      it('deploys once', async () => {
        const first = await runCli(['deploy', '--chain-id', CHAIN, '--json'], { env })
        expect(first.code, first.stderr).to.equal(0)
        const again = await runCli(['deploy', '--chain-id', CHAIN, '--json'], { env })
        expect(again.code, again.stderr).to.equal(0)
        expect(JSON.parse(first.stdout)).to.include({ fresh: true })
        expect(JSON.parse(again.stdout)).to.include({ fresh: false })
      })

      it('runs a whole drop, from registering the model to paying its contributors', async () => {
        const policy = join(folder, 'policy.yaml')
        writeFileSync(policy, policyText(writeTinyModel(folder), 60))
        const studio = await openStudio({ home: join(folder, 'home'), config: readConfig(env), now: wallClock })
        const run = await beginRun(studio, readPolicyFile(policy))
        const quiet = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }
        const { signal } = new AbortController()
        const opened = await openRun(studio, run.id, { workers: 1, progress: quiet, signal })
        const { steps } = opened
        const { collection } = await steps.register()
        const { drop } = await steps.announce()
        await steps.draw()
        await steps.render()
        const { edition } = await steps.select()
        await steps.commit()
        await steps.publish()
        await steps.open()

        const site = await openSite({ studio, loadWork: workLoader(studio.runs), port: 0, logLevel: 'silent', signal })
        const provider = collectorProvider(url, studio.access.chainId)
        await invite(studio.database, run.id, lowerCaseHex(developmentWallet(2).address))
        const wishes: Wish[] = [
          { kind: 'public', phase: 0, rank: 0, wallet: developmentWallet(4) },
          { kind: 'allowlist', phase: 1, rank: 1, wallet: developmentWallet(1) },
          { kind: 'voucher', phase: 2, rank: 2, wallet: developmentWallet(2) },
        ]
        const minted = wishes.slice(0, edition)
        for (const wish of minted) await mintThroughSite(site.url, provider, drop, wish)
        provider.destroy()

        const target = { rpc: url, contract: collection, gateway: site.url }
        const report = await askAuditor('drop', target, ['--drop', String(drop)])
        expect(report).to.include({ tokens: minted.length, identical: minted.length, selection: 'reproduced' })

        const closed = await steps.close()
        expect(closed.minted).to.deep.equal(minted.map(({ rank }) => rank))
        expect(closed.claims).to.have.lengthOf(2)
        await opened.close()
        await site.close()
        await studio.close()
      })

      after(async () => {
        const gone = new Promise((resolve) => node.once('exit', resolve))
        node.kill('SIGTERM')
        await gone
        rmSync(folder, { recursive: true, force: true })
      })
    })
  }
})
