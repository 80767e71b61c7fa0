/** The wallets of this browser, by EIP-6963, and the one that the visitor chose. No library, no hosted relay. */

import { browserStorage } from '../gallery/browser-storage.ts'

/** EIP-1193. */
export interface WalletProvider {
  request<T = unknown>(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<T>
  on?(event: string, listener: (value: unknown) => void): void
  removeListener?(event: string, listener: (value: unknown) => void): void
}

export interface WalletInfo {
  readonly uuid: string
  readonly name: string
  readonly icon: string
  readonly rdns: string
}

export interface Announcement {
  readonly info: WalletInfo
  readonly provider: WalletProvider
}

declare global {
  interface WindowEventMap {
    'eip6963:announceProvider': CustomEvent<Announcement>
  }
  interface Window {
    /** How wallets were found before EIP-6963; the browsers of some wallet apps still offer no other way. */
    readonly ethereum?: WalletProvider
  }
}

export interface WalletState {
  readonly offered: readonly WalletInfo[]
  readonly chosen: WalletInfo | null
  readonly account: string | null
  readonly chainId: number | null
}

/** Which wallet was chosen last time, by its reverse domain name: the uuid is new on every page. */
const REMEMBERED = 'latentmint:wallet'

/** A wallet that does not say its name. */
const NAMELESS: WalletInfo = { uuid: '', name: 'The wallet of this browser', icon: '', rdns: 'window.ethereum' }
/** How long wallets may take to announce themselves before the old way is tried. */
const PATIENCE_MS = 400

const announced = new Map<string, Announcement>()
const listeners = new Set<() => void>()
let provider: WalletProvider | null = null
let state: WalletState = { offered: [], chosen: null, account: null, chainId: null }

export const walletState = (): WalletState => state
export const walletProvider = (): WalletProvider | null => provider

/** @returns a function that stops the listening */
export function onWalletChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Asks the wallets to announce themselves, and takes up the remembered one if it still trusts this page. */
export function discoverWallets(): void {
  addEventListener('eip6963:announceProvider', (event) => offer(event.detail))
  dispatchEvent(new Event('eip6963:requestProvider'))
  setTimeout(() => {
    const { ethereum } = window
    if (announced.size === 0 && ethereum !== undefined) offer({ info: NAMELESS, provider: ethereum })
  }, PATIENCE_MS)
}

/** Adds a wallet to the list; of two with one reverse domain name the first stays. */
export function offer(wallet: Announcement): void {
  const { rdns } = wallet.info
  if (announced.has(rdns)) return
  announced.set(rdns, wallet)
  update({ offered: [...announced.values()].map(({ info }) => info) })
  if (remembered() === rdns && state.chosen === null) void takeUp(rdns, 'eth_accounts').catch(() => undefined)
}

/** Connects; the wallet asks its owner. @throws what the wallet throws, 4001 when the owner says no */
export function chooseWallet(rdns: string): Promise<void> {
  return takeUp(rdns, 'eth_requestAccounts')
}

/** Forgets the choice; what the wallet itself remembers about this page is its owner's to change. */
export function leaveWallet(): void {
  letGo()
  browserStorage()?.removeItem(REMEMBERED)
}

async function takeUp(rdns: string, method: 'eth_accounts' | 'eth_requestAccounts'): Promise<void> {
  const wallet = announced.get(rdns)
  if (wallet === undefined) return
  const [account] = await wallet.provider.request<readonly string[]>({ method })
  if (account === undefined) return
  const chainId = Number(await wallet.provider.request({ method: 'eth_chainId' }))
  letGo()
  provider = wallet.provider
  provider.on?.('accountsChanged', accountsChanged)
  provider.on?.('chainChanged', chainChanged)
  provider.on?.('disconnect', letGo)
  browserStorage()?.setItem(REMEMBERED, rdns)
  update({ chosen: wallet.info, account: account.toLowerCase(), chainId })
}

function accountsChanged(accounts: unknown): void {
  const account: unknown = Array.isArray(accounts) ? accounts[0] : undefined
  if (typeof account !== 'string') letGo()
  else update({ account: account.toLowerCase() })
}

function chainChanged(chainId: unknown): void {
  update({ chainId: Number(chainId) })
}

function letGo(): void {
  provider?.removeListener?.('accountsChanged', accountsChanged)
  provider?.removeListener?.('chainChanged', chainChanged)
  provider?.removeListener?.('disconnect', letGo)
  provider = null
  update({ chosen: null, account: null, chainId: null })
}

function update(change: Partial<WalletState>): void {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

function remembered(): string | null {
  return browserStorage()?.getItem(REMEMBERED) ?? null
}
