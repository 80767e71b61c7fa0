import { useEffect, useState } from 'preact/hooks'
import type { Drop, Eligibility, Reason } from '../gallery/answers.ts'
import { prepareMint, readEligibility } from '../gallery/api.ts'
import { setByHead } from '../gallery/chain-clock.ts'
import { walletProvider, type WalletState } from '../wallet/store.ts'
import { callOf } from './send.ts'

const ASK_EVERY_MS = 4000
/** What a first mint costs at most (docs/gas.md), for wallets that hold too little for the node to try it out. */
const MINT_GAS = 130_000n

export interface AskedEligibility {
  readonly answer: Eligibility | null
  readonly problem: string | null
}

/** What the wallet may mint, asked again and again while the answer matters. */
export function useEligibility(drop: number, rank: number, account: string | null, ask: boolean): AskedEligibility {
  const [answer, setAnswer] = useState<Eligibility | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    if (account === null || !ask) return undefined
    let current = true
    const load = async (): Promise<void> => {
      try {
        const eligibility = await readEligibility(drop, account, rank)
        if (!current) return
        setByHead(eligibility.head.time)
        setAnswer(eligibility)
        setProblem(null)
      } catch (error) {
        if (current) setProblem(error instanceof Error ? error.message : String(error))
      }
    }
    void load()
    const timer = setInterval(() => document.hidden || void load(), ASK_EVERY_MS)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [drop, rank, account, ask])
  return { answer: answer?.wallet === account ? answer : null, problem }
}

/** What the network would ask for the mint, once nothing but money can stand in its way. */
export function useGas(
  drop: Drop,
  order: { readonly rank: number; readonly phase: number | null; readonly reasons: readonly Reason[] | undefined },
  wallet: WalletState,
): bigint | null {
  const [gasWei, setGasWei] = useState<bigint | null>(null)
  const { rank, phase, reasons } = order
  const { account } = wallet
  const ready = wallet.chainId === drop.network.chainId && reasons?.every(({ code }) => code === 'FUNDS_MISSING')
  const poor = reasons !== undefined && reasons.length > 0
  useEffect(() => {
    const provider = walletProvider()
    if (ready !== true || provider === null || account === null || phase === null) return undefined
    let current = true
    const estimate = async (): Promise<void> => {
      const price = BigInt(await provider.request<string>({ method: 'eth_gasPrice' }))
      let gas = MINT_GAS
      if (!poor) {
        const call = callOf(await prepareMint(drop.drop, { wallet: account, rank, phase }), account)
        gas = BigInt(await provider.request<string>({ method: 'eth_estimateGas', params: [call] }))
      }
      if (current) setGasWei(gas * price)
    }
    // Without an estimate the button still says the price; the wallet shows its own fee before anything is signed.
    void estimate().catch(() => current && setGasWei(null))
    return () => {
      current = false
    }
  }, [ready, poor, account, rank, phase])
  return ready === true ? gasWei : null
}
