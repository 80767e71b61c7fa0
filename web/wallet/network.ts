import type { Drop } from '../gallery/answers.ts'
import type { WalletProvider } from './store.ts'
import { isUnknownChain } from './wallet-errors.ts'

/** Asks the wallet to go to the drop's chain, and to add it where it is new to the wallet. */
export async function switchNetwork(provider: WalletProvider, network: Drop['network']): Promise<void> {
  const chainId = `0x${network.chainId.toString(16)}`
  const go = (): Promise<unknown> => provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] })
  try {
    await go()
  } catch (error) {
    if (!isUnknownChain(error)) throw error
    const { name, currency, rpcUrl, explorerUrl } = network
    const nativeCurrency = { name: currency, symbol: currency, decimals: 18 }
    const chain = { chainId, chainName: name, nativeCurrency, rpcUrls: [rpcUrl] }
    const params = [explorerUrl === null ? chain : { ...chain, blockExplorerUrls: [explorerUrl] }]
    await provider.request({ method: 'wallet_addEthereumChain', params })
    // EIP-3085 leaves it to the wallet whether adding also goes there.
    await go()
  }
}

/** The wallet stands on another chain, or shows another account, than when the button was pressed. */
export class WalletMoved extends Error {}

/**
 * Asks the wallet once more where it stands: what is signed next must be for this chain and from this account.
 *
 * @throws {WalletMoved} when it has moved
 */
export async function expectWallet(provider: WalletProvider, chainId: number, account: string): Promise<void> {
  if (Number(await provider.request({ method: 'eth_chainId' })) !== chainId) {
    throw new WalletMoved('Your wallet has gone to another network. Nothing was sent.')
  }
  const accounts = await provider.request<readonly string[]>({ method: 'eth_accounts' })
  if (!accounts.some((one) => one.toLowerCase() === account)) {
    throw new WalletMoved('Your wallet shows another account now. Nothing was sent.')
  }
}
