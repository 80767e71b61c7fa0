import type { Network } from '../gallery/answers.ts'
import { formatWei, shorten } from '../gallery/format.ts'
import { askNode } from '../mint/use-following.ts'
import { offer, type WalletProvider } from './store.ts'

/** The node's accounts that collectors may play with; the first is the operator's. */
const ACCOUNTS = [1, 2, 5] as const
const REJECTED = 4001

/**
 * Offers the accounts that a development node signs for itself, as wallets, so that a mint can be tried without installing
 * one. There is no key in the page: the node has them. On any other chain it offers nothing.
 */
export async function offerNodePurses({ unlocked, rpcUrl, currency }: Network): Promise<void> {
  if (!unlocked) return
  const accounts = await askNode<readonly string[]>(rpcUrl, 'eth_accounts', [])
  for (const number of ACCOUNTS) {
    const account = accounts[number]
    if (account === undefined) continue
    const name = `Play money ${shorten(account)}`
    const info = { uuid: account, rdns: `play.${number}`, name, icon: '' }
    offer({ info, provider: nodePurse(rpcUrl, account, currency) })
  }
}

/** One of the node's accounts as EIP-1193 wants a wallet: it asks before it sends, and can be told no. */
function nodePurse(rpcUrl: string, account: string, currency: string): WalletProvider {
  const request = async <T>({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<T> => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- EIP-1193 leaves it to who asks what an answer is
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return [account] as T
    if (method === 'eth_sendTransaction' && isOrder(params[0])) askOwner(params[0], currency)
    return askNode<T>(rpcUrl, method, params)
  }
  return { request }
}

interface Order {
  readonly to: string
  readonly value: string
}

function isOrder(call: unknown): call is Order {
  return typeof call === 'object' && call !== null && 'to' in call && 'value' in call
}

function askOwner({ to, value }: Order, currency: string): void {
  // oxlint-disable-next-line eslint/no-alert -- a wallet's question has to stand outside the page
  if (confirm(`Send ${formatWei(value, currency)} of play money to ${to}?`)) return
  throw Object.assign(new Error('The owner said no.'), { code: REJECTED })
}
