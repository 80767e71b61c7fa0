import { useState } from 'preact/hooks'
import type { Drop, PieceDetail } from '../gallery/answers.ts'
import { chainNow, useChainTime } from '../gallery/chain-clock.ts'
import { engage } from '../gallery/engagement.ts'
import { switchNetwork } from '../wallet/network.ts'
import { chooseWallet, type WalletState, walletProvider, type WalletProvider } from '../wallet/store.ts'
import { useWallet } from '../wallet/use-wallet.ts'
import { forgetSent, recallSent, rememberSent } from './memory.ts'
import { mintOffer, type MintOffer, type MintStep, phaseToMintIn } from './offer.ts'
import { type Order, sendMint, stepOfFailure } from './send.ts'
import { useEligibility, useGas } from './use-eligibility.ts'
import { useFollowing } from './use-following.ts'

const START: MintStep = { at: 'start' }

export interface Mint {
  readonly offer: MintOffer
  readonly step: MintStep
  readonly wallet: WalletState
  /** Does what the button says. */
  readonly press: () => void
  readonly connect: (rdns: string) => void
}

/** The mint of one piece: reads, decides through {@link mintOffer}, and acts. */
export function useMint(drop: Drop, { rank, owner, tokenId }: PieceDetail, onMinted: () => void): Mint {
  const wallet = useWallet()
  const time = useChainTime()
  const { collection, network } = drop
  const piece = `${network.chainId}:${collection}:${tokenId}`
  const [step, setStep] = useState<MintStep>(() => stepOfMemory(piece, owner))

  const asked = useEligibility(drop.drop, rank, wallet.account, step.at === 'start')
  const phase = phaseToMintIn(drop, asked.answer, time)?.phase ?? null
  const reasons = asked.answer?.phases.find((verdict) => verdict.phase === phase)?.reasons
  const gasWei = useGas(drop, { rank, phase, reasons }, wallet)
  const wanted = { collection, tokenId, confirmations: network.confirmations, currency: network.currency }
  useFollowing({ piece, wanted, network, step, show: setStep, moved: onMinted })

  const { answer: eligibility, problem } = asked
  const offer = mintOffer({ rank, owner, drop, wallet, eligibility, problem, gasWei, step, time })
  const run = (busy: MintStep, act: () => Promise<MintStep>): void => {
    setStep(busy)
    void act().then(setStep, async (error: unknown) => setStep(await stepOfFailure(error)))
  }
  const mint = async (provider: WalletProvider, order: Order): Promise<MintStep> => {
    const sent = await sendMint(provider, drop, order, () => {
      engage(drop.drop, rank, 'reserve')
      setStep({ at: 'signing' })
    })
    rememberSent(piece, sent)
    engage(drop.drop, rank, 'mint')
    return { at: 'sent', hash: sent.hash, spedUp: false, reorganised: false }
  }
  const press = (): void => {
    if (offer.action === 'start-over') {
      forgetSent(piece)
      setStep(START)
      onMinted()
    }
    const provider = walletProvider()
    const { account } = wallet
    if (provider === null || account === null) return
    if (offer.action === 'switch-network') {
      run({ at: 'switching' }, async () => switchNetwork(provider, network).then(() => START))
    }
    const chosen = phaseToMintIn(drop, eligibility, chainNow())
    if (offer.action === 'mint' && chosen !== undefined) {
      run({ at: 'checking' }, () => mint(provider, { wallet: account, rank, phase: chosen.phase }))
    }
  }
  const connect = (rdns: string): void => {
    run({ at: 'connecting' }, async () => chooseWallet(rdns).then(() => START))
  }
  return { offer, step, wallet, press, connect }
}

/** A mint that was under way when the page was left goes on; one that this browser only remembers may be long over. */
function stepOfMemory(piece: string, owner: string | null): MintStep {
  const sent = recallSent(piece)
  if (sent === null || (owner !== null && !location.search.includes(sent.hash))) return START
  return { at: 'sent', hash: sent.hash, spedUp: false, reorganised: false }
}
