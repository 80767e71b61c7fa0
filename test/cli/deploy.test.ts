import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { encryptKeystoreJson } from 'ethers'
import { type EmbeddedChain, startEmbeddedChain } from '../../minter/adapters/hardhat-chain.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import { askNode } from '../../minter/json-rpc.ts'
import { type CliOutcome, runCli } from './run-cli.ts'

const KEY = developmentWallet(0).privateKey
const NOBODY = `0x${'77'.repeat(32)}`

function startChain(folder: string, genesisTime: number): Promise<EmbeddedChain> {
  return startEmbeddedChain({ folder, port: 0, genesisTime, fixedClock: true })
}

describe('minter/cli/deploy', () => {
  let url: string
  let stop: () => Promise<void>
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
    const chain = await startChain(join(folder, 'chain'), 1_800_000_000)
    url = chain.url
    stop = () => chain.stop()
  })

  function deploy(
    args: readonly string[],
    env: Readonly<Record<string, string>> = { LATENTMINT_KEY: KEY },
  ): Promise<CliOutcome> {
    return runCli(['deploy', ...args, '--folder', join(folder, 'deployments')], { env })
  }

  async function transactions(): Promise<number> {
    return Number(await askNode(url, 'eth_getTransactionCount', [developmentWallet(0).address, 'latest']))
  }

  it('sends nothing when the chain is another one, the account cannot pay, or no key is given', async () => {
    const other = await deploy(['--rpc', url, '--chain-id', '1'])
    expect(other.code, other.stderr).to.equal(2)
    expect(other.stderr).to.match(/CHAIN_MISMATCH/u)
    const poor = await deploy(['--rpc', url, '--chain-id', '31337'], { LATENTMINT_KEY: NOBODY })
    expect(poor.code, poor.stderr).to.equal(3)
    expect(poor.stderr).to.match(/FUNDS_MISSING/u)
    const nobody = await deploy(['--rpc', url, '--chain-id', '31337'], {})
    expect(nobody.code, nobody.stderr).to.equal(2)
    expect(nobody.stderr).to.match(/CONFIG_INVALID/u)
    expect(await transactions()).to.equal(0)
  })

  it('takes the first node that answers, of those that are named', async () => {
    const nobody = 'http://127.0.0.1:9'
    const rest = ['--chain-id', '31337', '--estimate', '--json']
    const second = await deploy(rest, { LATENTMINT_KEY: KEY, LATENTMINT_RPC: `${nobody},${url}` })
    expect(second.code, second.stderr).to.equal(0)
    const none = await deploy(rest, { LATENTMINT_KEY: KEY, LATENTMINT_RPC: nobody })
    expect(none.code, none.stderr).to.equal(3)
    expect(none.stderr).to.include(nobody)
  })

  it('says what it will cost, and that is what it takes', async () => {
    const estimate = await deploy(['--rpc', url, '--chain-id', '31337', '--estimate', '--json'])
    expect(estimate.code, estimate.stderr).to.equal(0)
    const { gas }: { gas: number } = JSON.parse(estimate.stdout)

    const keystore = join(folder, 'key.json')
    // Weak on purpose: what takes long about opening a keystore is what makes it strong.
    writeFileSync(
      keystore,
      await encryptKeystoreJson({ address: developmentWallet(0).address, privateKey: KEY }, 'secret', {
        scrypt: { N: 2 },
      }),
    )
    writeFileSync(join(folder, 'password.txt'), 'secret\n')
    const env = { LATENTMINT_KEYSTORE: keystore, LATENTMINT_KEYSTORE_PASSWORD_FILE: join(folder, 'password.txt') }
    const { code, stdout, stderr } = await deploy(['--rpc', url, '--chain-id', '31337', '--json'], env)
    expect(code, stderr).to.equal(0)
    const { record }: { record: { contracts: Record<string, { transaction: string }> } } = JSON.parse(stdout)
    let used = 0
    for (const { transaction } of Object.values(record.contracts)) {
      const receipt = Object(await askNode(url, 'eth_getTransactionReceipt', [transaction]))
      used += Number(Reflect.get(receipt, 'gasUsed'))
    }
    expect(used).to.be.within(gas - 1000, gas + 1000)
  })

  it('does nothing the second time, and keeps addresses by chain', async () => {
    const before = await transactions()
    const again = await deploy(['--rpc', url, '--chain-id', '31337', '--json'], {})
    expect(again.code, again.stderr).to.equal(0)
    const { fresh, file }: { fresh: boolean; file: string } = JSON.parse(again.stdout)
    expect(fresh).to.equal(false)
    expect(await transactions()).to.equal(before)
    const addresses: Record<string, { contracts: object; compiler: object }> = JSON.parse(readFileSync(file, 'utf8'))
    expect(Object.keys(addresses)).to.deep.equal(['31337'])
    expect(addresses['31337']?.contracts).to.have.all.keys('Lineage', 'Attribution', 'DropDesk', 'Drop', 'DropFactory')
    expect(addresses['31337']?.compiler)
      .to.have.property('version')
      .that.matches(/^0\.8\.37\+commit/u)
  })

  it('writes the input of each contract for a verifier, with nothing in it that the contract does not import', async () => {
    const out = join(folder, 'verify')
    const { code, stdout, stderr } = await deploy(['verify-input', '--chain-id', '31337', '--out', out, '--json'], {})
    expect(code, stderr).to.equal(0)
    const { contracts }: { contracts: { name: string; constructorArguments: string; file: string }[] } =
      JSON.parse(stdout)
    expect(contracts.map(({ constructorArguments }) => constructorArguments.length / 64)).to.deep.equal([0, 1, 2, 3, 1])
    const { sources }: { sources: object } = JSON.parse(readFileSync(join(out, 'Lineage.json'), 'utf8'))
    expect(Object.keys(sources)).to.deep.equal([
      'project/contracts/Lineage.sol',
      'project/contracts/interfaces/ILineage.sol',
    ])
  })

  it('refuses a chain of the same id that is another one, and overwrites nothing', async () => {
    const other = await startChain(join(folder, 'other'), 1_900_000_000)
    const refused = await deploy(['--rpc', other.url, '--chain-id', '31337'])
    await other.stop()
    expect(refused.code, refused.stderr).to.equal(2)
    expect(refused.stderr).to.match(/DEPLOYMENT_DIFFERS/u)
  })

  after(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })
})
