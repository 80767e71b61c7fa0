import { expect } from 'chai'
import { Transaction, type TransactionRequest, type TypedDataEncoder, verifyTypedData } from 'ethers'
import { openRpcSigner } from '../../minter/adapters/rpc-signer.ts'
import { openOperator, developmentWallet } from '../../minter/cli/operator.ts'
import { readConfig } from '../../minter/config.ts'
import { startSigner } from './fake-signer.ts'

const wallet = developmentWallet(3)
const WANTED: TransactionRequest = {
  type: 2,
  chainId: 31_337n,
  nonce: 4,
  to: `0x${'33'.repeat(20)}`,
  data: '0x1234',
  value: 7n,
  gasLimit: 21_000n,
  maxFeePerGas: 20n,
  maxPriorityFeePerGas: 3n,
}
const DOMAIN = { name: 'Tiny', version: '1', chainId: 31_337n, verifyingContract: `0x${'44'.repeat(20)}` }
const TYPES = { Voucher: [{ name: 'drop', type: 'uint256' }] }

/** Signs what it is asked, the way that geth and Web3Signer are asked. */
async function signAsked(call: Record<string, string>, vary: object = {}): Promise<string> {
  const { gas, ...rest } = call
  return wallet.signTransaction({ ...rest, type: 2, gasLimit: gas ?? null, nonce: Number(rest['nonce']), ...vary })
}

async function withSigner(
  answer: Parameters<typeof startSigner>[0],
  work: (url: string, methods: readonly string[]) => Promise<void>,
): Promise<void> {
  const signer = await startSigner(answer)
  try {
    await work(signer.url, signer.methods)
  } finally {
    await signer.close()
  }
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return Reflect.get(Object(await work.catch((error: unknown) => error)), 'code')
}

async function asGeth(method: string, params: readonly unknown[]): Promise<unknown> {
  if (method === 'eth_accounts') return [wallet.address.toLowerCase()]
  if (method === 'eth_signTransaction') return signAsked(params[0] as Record<string, string>)
  const { domain, types, message } = JSON.parse(String(params[1]))
  const { EIP712Domain: _, ...own } = types
  return wallet.signTypedData(domain, own, message)
}

async function asClef(method: string, params: readonly unknown[]): Promise<unknown> {
  if (method === 'account_list') return [wallet.address]
  if (method === 'account_signTransaction') {
    const raw = await signAsked(params[0] as Record<string, string>)
    return { raw, tx: { hash: Transaction.from(raw).hash } }
  }
  if (method === 'account_signTypedData') {
    const payload = params[1] as ReturnType<typeof TypedDataEncoder.getPayload>
    return wallet.signTypedData(payload.domain, TYPES, payload.message)
  }
  throw new Error(`the method ${method} does not exist`)
}

describe('minter/adapters/rpc-signer openRpcSigner', () => {
  it('has transactions and vouchers signed elsewhere, in the words of Web3Signer and geth', async () => {
    await withSigner(asGeth, async (url) => {
      const signer = await openOperator(readConfig({ LATENTMINT_SIGNER: url }))
      expect(await signer!.getAddress()).to.equal(wallet.address)
      expect(await signer!.signTransaction(WANTED)).to.equal(await wallet.signTransaction(WANTED))
      const signature = await signer!.signTypedData(DOMAIN, TYPES, { drop: 1n })
      expect(verifyTypedData(DOMAIN, TYPES, { drop: 1n }, signature)).to.equal(wallet.address)
    })
  })

  it("falls back to clef's words, and takes its form of the answer", async () => {
    await withSigner(asClef, async (url, methods) => {
      const signer = await openRpcSigner(url, undefined)
      expect(await signer.signTransaction(WANTED)).to.equal(await wallet.signTransaction(WANTED))
      await signer.signTypedData(DOMAIN, TYPES, { drop: 1n })
      expect(methods).to.include.members(['eth_accounts', 'account_list', 'account_signTypedData'])
    })
  })

  it('throws SIGNER_REFUSED when it says no, or signs something else, or with another key', async () => {
    const answers: readonly ((call: Record<string, string>) => Promise<unknown>)[] = [
      async () => {
        throw new Error('denied by the user')
      },
      async (call) => signAsked(call, { value: 8n }),
      async (call) => signAsked(call, { to: `0x${'55'.repeat(20)}` }),
      async () => developmentWallet(4).signTransaction(WANTED),
      async () => null,
    ]
    for (const sign of answers) {
      const answer = async (method: string, params: readonly unknown[]): Promise<unknown> =>
        method === 'eth_accounts' ? [wallet.address] : sign(params[0] as Record<string, string>)
      await withSigner(answer, async (url) => {
        const signer = await openRpcSigner(url, undefined)
        expect(await codeOf(signer.signTransaction(WANTED))).to.equal('SIGNER_REFUSED')
      })
    }
  })

  it('wants the account named where there are several, and refuses one that is not there', async () => {
    const accounts = [developmentWallet(1).address, wallet.address]
    await withSigner(
      async () => accounts,
      async (url) => {
        expect(await codeOf(openRpcSigner(url, undefined))).to.equal('CONFIG_INVALID')
        expect(await codeOf(openRpcSigner(url, `0x${'11'.repeat(20)}`))).to.equal('CONFIG_INVALID')
        const signer = await openRpcSigner(url, wallet.address.toLowerCase())
        expect(await signer.getAddress()).to.equal(wallet.address)
      },
    )
  })

  it('never repeats a password that is part of its address', async () => {
    const error = await openRpcSigner('http://studio:hunter2@127.0.0.1:9/key?token=hunter2', undefined).catch(
      (failure: unknown) => failure,
    )
    expect(error).to.include({ code: 'SIGNER_REFUSED', where: 'http://127.0.0.1:9/key' })
    expect(String(error)).not.to.include('hunter2')
  })
})
