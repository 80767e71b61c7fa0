import { getBytes, HDNodeWallet, type JsonRpcProvider, Wallet } from 'ethers'
import type { Page } from 'playwright-core'

const MNEMONIC = 'test test test test test test test test test test test junk'
const GWEI = 10n ** 9n

/** A wallet whose owner the test plays; its keys stay in the test's process, and the page sees a provider only. */
export interface TestWallet {
  readonly address: string
  /** Everything that the page asked for, in order. */
  readonly asked: string[]
  /** The transactions that it signed, as they went over the wire. */
  readonly signed: string[]
  /** What its owner does when asked to sign: nothing wrong, says no, or has not answered the last question yet. */
  answer: 'sign' | 'reject' | 'busy'
  /** Where it stands; a page has to ask it to switch. */
  chainId: number
  /** Chains that it can go to; the others have to be added. */
  readonly chains: Set<number>
  /** Whether its node says which blocks are finalised. */
  finalises: boolean
  /** Sends the last transaction again with the same nonce and a higher fee, or an empty one in its place. */
  replace(how: 'speed up' | 'cancel'): Promise<void>
}

interface Call {
  readonly method: string
  readonly params?: readonly unknown[]
}

/** @param account its number on the development chain */
export function developmentWallet(account: number): Wallet {
  const { privateKey } = HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${account}`)
  return new Wallet(privateKey)
}

function failure(code: number, message: string): Error {
  return Object.assign(new Error(message), { code })
}

function refuseAs(answer: TestWallet['answer']): void {
  if (answer === 'reject') throw failure(4001, 'User rejected the request.')
  if (answer === 'busy') throw failure(-32_002, 'Request already pending.')
}

interface Order {
  readonly to: string
  readonly data: string
  readonly value: string
}

/** @param account its number on the development chain */
export function testWallet(provider: JsonRpcProvider, account: number, chainId: number): TestWallet & Backend {
  const signer = developmentWallet(account).connect(provider)
  let last: { order: Order; nonce: number; tip: bigint } | undefined

  async function send(order: Order, nonce: number, tip: bigint): Promise<string> {
    last = { order, nonce, tip }
    const fees = { maxFeePerGas: 100n * tip, maxPriorityFeePerGas: tip, gasLimit: 400_000n }
    const filled = { ...order, ...fees, nonce, chainId, type: 2 }
    const raw = await signer.signTransaction(filled)
    wallet.signed.push(raw)
    return (await provider.send('eth_sendRawTransaction', [raw])) as string
  }

  const wallet: TestWallet & Backend = {
    address: signer.address.toLowerCase(),
    asked: [],
    signed: [],
    answer: 'sign',
    chainId,
    chains: new Set([1, 31_337]),
    finalises: true,
    async replace(how) {
      if (last === undefined) throw new Error('nothing was sent that could be replaced')
      const { order, nonce, tip } = last
      await send(how === 'cancel' ? { to: signer.address, data: '0x', value: '0x0' } : order, nonce, tip * 2n)
    },
    async handle({ method, params = [] }) {
      wallet.asked.push(method)
      switch (method) {
        case 'eth_requestAccounts':
        case 'eth_accounts':
          return [signer.address]
        case 'eth_chainId':
          return `0x${wallet.chainId.toString(16)}`
        case 'wallet_addEthereumChain':
          wallet.chains.add(Number((params[0] as { chainId: string }).chainId))
          return null
        case 'wallet_switchEthereumChain': {
          const wanted = Number((params[0] as { chainId: string }).chainId)
          if (!wallet.chains.has(wanted)) throw failure(4902, 'Unrecognized chain ID.')
          wallet.chainId = wanted
          return null
        }
        case 'personal_sign':
          return signer.signMessage(getBytes(String(params[0])))
        case 'eth_sendTransaction':
          refuseAs(wallet.answer)
          return send(params[0] as Order, await signer.getNonce(), GWEI)
        default:
          if (params[0] === 'finalized' && !wallet.finalises) throw failure(-39_001, 'finalized block not found')
          return provider.send(method, [...params])
      }
    },
  }
  return wallet
}

/** The part of the wallet that runs in the test's process. */
interface Backend {
  handle(call: Call): Promise<unknown>
}

/** Announces the wallet to every page of the browser by EIP-6963, as an extension does. */
export async function installWallet(page: Page, wallet: Backend): Promise<void> {
  const context = page.context()
  await context.exposeFunction('askWallet', async (json: string) => {
    try {
      return JSON.stringify({ result: (await wallet.handle(JSON.parse(json) as Call)) ?? null })
    } catch (error) {
      const { code, message, info } = error as { code?: unknown; message: string; info?: { error?: unknown } }
      return JSON.stringify({ error: info?.error ?? { code, message } })
    }
  })
  // A string, since it runs in the page, where nothing of this file exists.
  await context.addInitScript(`(() => {
    const listeners = {}
    const emit = (event, value) => (listeners[event] ?? []).forEach((told) => told(value))
    const provider = {
      async request(call) {
        const { result, error } = JSON.parse(await window.askWallet(JSON.stringify(call)))
        if (error) throw Object.assign(new Error(error.message), error)
        if (call.method === 'wallet_switchEthereumChain') emit('chainChanged', call.params[0].chainId)
        return result
      },
      on(event, listener) { (listeners[event] ??= []).push(listener) },
      removeListener(event, listener) { listeners[event] = (listeners[event] ?? []).filter((one) => one !== listener) },
    }
    window.emitFromWallet = emit
    const info = Object.freeze({ uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: 'Test Purse', rdns: 'test.purse', icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>' })
    const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }))
    window.addEventListener('eip6963:requestProvider', announce)
    announce()
  })()`)
}
