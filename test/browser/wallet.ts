import { getBytes, HDNodeWallet, type JsonRpcProvider, Wallet } from 'ethers'
import type { Page } from 'playwright-core'

const MNEMONIC = 'test test test test test test test test test test test junk'

/** A wallet whose owner the test plays; its keys stay in the test's process, and the page sees a provider only. */
export interface TestWallet {
  readonly address: string
  /** Everything that the page asked for, in order. */
  readonly asked: string[]
  /** What its owner does when asked to sign: nothing wrong, or says no. */
  answer: 'sign' | 'reject'
  /** Where it stands; a page has to ask it to switch. */
  chainId: number
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

/** @param account its number on the development chain */
export function testWallet(provider: JsonRpcProvider, account: number, chainId: number): TestWallet & Backend {
  const signer = developmentWallet(account).connect(provider)
  const wallet: TestWallet & Backend = {
    address: signer.address.toLowerCase(),
    asked: [],
    answer: 'sign',
    chainId,
    async handle({ method, params = [] }) {
      wallet.asked.push(method)
      switch (method) {
        case 'eth_requestAccounts':
        case 'eth_accounts':
          return [signer.address]
        case 'eth_chainId':
          return `0x${wallet.chainId.toString(16)}`
        case 'wallet_switchEthereumChain':
          wallet.chainId = Number((params[0] as { chainId: string }).chainId)
          return null
        case 'personal_sign':
          return signer.signMessage(getBytes(String(params[0])))
        case 'eth_sendTransaction': {
          if (wallet.answer === 'reject') throw Object.assign(new Error('User rejected the request.'), { code: 4001 })
          const { to, data, value } = params[0] as { to: string; data: string; value: string }
          return (await signer.sendTransaction({ to, data, value })).hash
        }
        default:
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

/** Announces the wallet to every page by EIP-6963, as an extension does. */
export async function installWallet(page: Page, wallet: Backend): Promise<void> {
  await page.exposeFunction('askWallet', async (json: string) => {
    try {
      return JSON.stringify({ result: (await wallet.handle(JSON.parse(json) as Call)) ?? null })
    } catch (error) {
      const { code, message, info } = error as { code?: unknown; message: string; info?: { error?: unknown } }
      return JSON.stringify({ error: info?.error ?? { code, message } })
    }
  })
  // A string, since it runs in the page, where nothing of this file exists.
  await page.addInitScript(`(() => {
    const listeners = {}
    const provider = {
      async request(call) {
        const { result, error } = JSON.parse(await window.askWallet(JSON.stringify(call)))
        if (error) throw Object.assign(new Error(error.message), error)
        if (call.method === 'wallet_switchEthereumChain') (listeners.chainChanged ?? []).forEach((told) => told(call.params[0].chainId))
        return result
      },
      on(event, listener) { (listeners[event] ??= []).push(listener) },
      removeListener() {},
    }
    const info = Object.freeze({ uuid: '350670db-19fa-4704-a166-e52e178b59d2', name: 'Test Purse', rdns: 'test.purse', icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>' })
    const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }))
    window.addEventListener('eip6963:requestProvider', announce)
    announce()
  })()`)
}
