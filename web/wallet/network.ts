import type { Drop } from '../gallery/answers.ts'
import type { WalletProvider } from './store.ts'

/** The owner said no in the wallet: nothing happened, and nothing needs to be said about it. */
const REJECTED = 4001
/** The wallet does not know the chain (EIP-3326). */
const UNKNOWN_CHAIN = 4902

export function isRejection(error: unknown): boolean {
  return codeOf(error) === REJECTED
}

/** Asks the wallet to go to the drop's chain, and to add it where it is new to the wallet. */
export async function switchNetwork(provider: WalletProvider, network: Drop['network']): Promise<void> {
  const chainId = `0x${network.chainId.toString(16)}`
  try {
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] })
  } catch (error) {
    if (codeOf(error) !== UNKNOWN_CHAIN) throw error
    const { name, currency, rpcUrl, explorerUrl } = network
    const nativeCurrency = { name: currency, symbol: currency, decimals: 18 }
    const chain = { chainId, chainName: name, nativeCurrency, rpcUrls: [rpcUrl] }
    const params = [explorerUrl === null ? chain : { ...chain, blockExplorerUrls: [explorerUrl] }]
    await provider.request({ method: 'wallet_addEthereumChain', params })
  }
}

/** Some wallets wrap the node's error in another one; the code that counts may be inside. */
function codeOf(error: unknown): number | undefined {
  const { code, data } = (error ?? {}) as { code?: number; data?: { originalError?: { code?: number } } }
  return data?.originalError?.code ?? code
}
