import { useEffect, useState } from 'preact/hooks'
import type { Drop, Eligibility, MintTransaction } from '../gallery/answers.ts'
import { ApiProblem, prepareMint, readEligibility } from '../gallery/api.ts'
import { chainNow, setByHead, useChainTime } from '../gallery/chain-clock.ts'
import { isRejection, switchNetwork } from '../wallet/network.ts'
import { chooseWallet, type WalletState, walletProvider, type WalletProvider } from '../wallet/store.ts'
import { useWallet } from '../wallet/use-wallet.ts'
import { type AskChain, look, type Sent } from './follow.ts'
import { mintOffer, type MintOffer, type MintStep, phaseToMintIn } from './offer.ts'

const START: MintStep = { at: 'start' }
/** Half of a fast chain's block time, so that a block is seen soon after it stands. */
const LOOK_EVERY_MS = 1500

export interface Mint {
  readonly offer: MintOffer
  readonly step: MintStep
  readonly wallet: WalletState
  /** Does what the button says. */
  readonly press: () => void
  readonly connect: (rdns: string) => void
}

/** The mint of one piece: reads, decides through {@link mintOffer}, and acts. */
export function useMint(drop: Drop, rank: number, owner: string | null, onMinted: () => void): Mint {
  const wallet = useWallet()
  const time = useChainTime()
  const [step, setStep] = useState<MintStep>(() => stepOfAddress())
  const eligibility = useEligibility(drop.drop, rank, wallet.account, step.at === 'start')
  const gasWei = useGas(drop, rank, wallet, eligibility)
  useFollowing(drop, rank, step, setStep, onMinted)

  const offer = mintOffer({ rank, owner, drop, wallet, eligibility, gasWei, step, time })
  const run = (busy: MintStep, act: () => Promise<MintStep>): void => {
    setStep(busy)
    void act().then(setStep, async (error: unknown) => setStep(await stepOfFailure(error)))
  }
  const press = (): void => {
    const provider = walletProvider()
    if (offer.action === 'start-over') {
      forgetSent()
      setStep(START)
    }
    if (provider === null || wallet.account === null) return
    const { account } = wallet
    if (offer.action === 'switch-network') {
      run({ at: 'switching' }, async () => {
        await switchNetwork(provider, drop.network)
        return START
      })
    }
    if (offer.action === 'mint') {
      const phase = phaseToMintIn(drop.phases, eligibility, chainNow())
      run({ at: 'checking' }, () => mint(provider, drop, { wallet: account, rank, phase: phase?.phase ?? 0 }, setStep))
    }
  }
  const connect = (rdns: string): void => {
    run({ at: 'connecting' }, async () => {
      await chooseWallet(rdns)
      return START
    })
  }
  return { offer, step, wallet, press, connect }
}

/** Tries the mint out, then has it signed and sent. What the chain would refuse never reaches the wallet. */
async function mint(
  provider: WalletProvider,
  drop: Drop,
  order: { readonly wallet: string; readonly rank: number; readonly phase: number },
  show: (step: MintStep) => void,
): Promise<MintStep> {
  const call = callOf(await prepareMint(drop.drop, order), order.wallet)
  await provider.request({ method: 'eth_call', params: [call, 'latest'] })
  show({ at: 'signing' })
  const hash = await provider.request<string>({ method: 'eth_sendTransaction', params: [call] })
  rememberSent({ hash, from: order.wallet, nonce: null, input: call.data })
  return { at: 'sent', hash, spedUp: false, reorganised: false }
}

function callOf(
  { to, data, value }: MintTransaction,
  from: string,
): Readonly<Record<'from' | 'to' | 'data' | 'value', string>> {
  return { from, to, data, value: `0x${BigInt(value).toString(16)}` }
}

async function stepOfFailure(error: unknown): Promise<MintStep> {
  if (isRejection(error)) return START
  if (error instanceof ApiProblem) return { at: 'failed', message: error.message, hash: null }
  // Only who has a wallet, and only when something fails, needs the ABI decoder.
  const { explainRevert } = await import('./contract-errors.ts')
  const told = error instanceof Error ? error.message : 'The wallet gave no reason.'
  return { at: 'failed', message: explainRevert(error) ?? told, hash: null }
}

function useEligibility(drop: number, rank: number, account: string | null, ask: boolean): Eligibility | null {
  const [answer, setAnswer] = useState<Eligibility | null>(null)
  useEffect(() => {
    if (account === null || !ask) return undefined
    let current = true
    const load = async (): Promise<void> => {
      const eligibility = await readEligibility(drop, account, rank).catch(() => null)
      if (!current || eligibility === null) return
      setByHead(eligibility.head.time)
      setAnswer(eligibility)
    }
    void load()
    const timer = setInterval(() => document.hidden || void load(), 4000)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [drop, rank, account, ask])
  return answer?.wallet === account ? answer : null
}

/** What the network would ask for the mint, once it is clear that it can go through. */
function useGas(drop: Drop, rank: number, wallet: WalletState, eligibility: Eligibility | null): bigint | null {
  const [gasWei, setGasWei] = useState<bigint | null>(null)
  const phase = phaseToMintIn(drop.phases, eligibility, chainNow())
  const ready =
    wallet.chainId === drop.network.chainId &&
    eligibility?.phases.some((verdict) => verdict.phase === phase?.phase && verdict.eligible) === true
  useEffect(() => {
    const provider = walletProvider()
    if (!ready || provider === null || wallet.account === null || phase === undefined) return
    const { account } = wallet
    const estimate = async (): Promise<void> => {
      const call = callOf(await prepareMint(drop.drop, { wallet: account, rank, phase: phase.phase }), account)
      const gas = BigInt(await provider.request<string>({ method: 'eth_estimateGas', params: [call] }))
      const price = BigInt(await provider.request<string>({ method: 'eth_gasPrice' }))
      setGasWei(gas * price)
    }
    // Without an estimate the button still says the price; the wallet shows its own fee before anything is signed.
    void estimate().catch(() => setGasWei(null))
  }, [ready, wallet.account, rank, phase?.phase])
  return ready ? gasWei : null
}

function useFollowing(
  drop: Drop,
  rank: number,
  step: MintStep,
  setStep: (step: MintStep) => void,
  onMinted: () => void,
): void {
  const hash = step.at === 'sent' || step.at === 'included' ? step.hash : null
  useEffect(() => {
    if (hash === null) return undefined
    let sent = rememberedSent(hash)
    let shown = step
    let current = true
    const ask = askThrough(drop.network.rpcUrl, drop.network.chainId)
    const check = async (): Promise<void> => {
      const seen = await look(ask, sent, shown, drop.network.confirmations)
      if (!current) return
      if (seen.sent !== sent) rememberSent(seen.sent)
      if (shown.at !== seen.step.at) onMinted()
      sent = seen.sent
      shown = seen.step
      setStep(seen.step)
    }
    const timer = setInterval(() => void check().catch(() => undefined), LOOK_EVERY_MS)
    void check().catch(() => undefined)
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [hash, rank])
}

/** Through the wallet where it is connected to the drop's chain, else by the node that the drop names. */
function askThrough(rpcUrl: string, chainId: number): AskChain {
  return async <T>(method: string, params: readonly unknown[]) => {
    const provider = walletProvider()
    if (provider !== null && Number(await provider.request({ method: 'eth_chainId' })) === chainId) {
      return provider.request<T>({ method, params })
    }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const { result }: { result: T } = await response.json()
    return result
  }
}

/** The address of the page holds the transaction, so that a reload, a bookmark or a phone's app switch keeps it. */
function rememberSent(sent: Sent): void {
  const url = new URL(location.href)
  url.searchParams.set('tx', sent.hash)
  url.searchParams.set('from', sent.from)
  if (sent.nonce !== null) url.searchParams.set('nonce', String(sent.nonce))
  history.replaceState({ input: sent.input }, '', url)
}

function forgetSent(): void {
  history.replaceState(null, '', location.pathname)
}

function rememberedSent(hash: string): Sent {
  const query = new URLSearchParams(location.search)
  const nonce = query.get('nonce')
  const kept: { input?: string } | null = history.state
  const input = kept?.input ?? ''
  return { hash, from: query.get('from') ?? '', nonce: nonce === null ? null : Number(nonce), input }
}

function stepOfAddress(): MintStep {
  const hash = new URLSearchParams(location.search).get('tx')
  return hash !== null && /^0x[0-9a-f]{64}$/u.test(hash)
    ? { at: 'sent', hash, spedUp: false, reorganised: false }
    : START
}
