import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isRejection } from '../wallet/wallet-errors.ts'
import { chooseWallet, walletProvider, walletState } from '../wallet/store.ts'
import { useWallet } from '../wallet/use-wallet.ts'
import { isPicture } from '../wallet/wallet-corner.tsx'
import type { SignedIn } from './answers.ts'
import { askChallenge, signInWith } from './api.ts'

interface SignInPanelProps {
  /** Why the visitor is not signed in, if there is more to it than not having tried. */
  readonly problem: string | null
  readonly welcome: (visitor: SignedIn) => void
}

/** Lets the wallet sign a text (EIP-4361) that the server compares with what it wrote. */
async function signIn(rdns: string): Promise<SignedIn> {
  await chooseWallet(rdns)
  const { account } = walletState()
  const provider = walletProvider()
  if (account === null || provider === null) throw new Error('The wallet gave no account.')
  const { nonce, message } = await askChallenge(account)
  const signature = await provider.request<string>({ method: 'personal_sign', params: [hexOf(message), account] })
  return signInWith(nonce, signature.toLowerCase())
}

/** Wallets show the text that these bytes spell. */
function hexOf(text: string): string {
  return `0x${[...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

export function SignInPanel({ problem, welcome }: SignInPanelProps): JSX.Element {
  const { offered } = useWallet()
  const [failure, setFailure] = useState(problem)
  const [busy, setBusy] = useState(false)
  const begin = async (rdns: string): Promise<void> => {
    setBusy(true)
    setFailure(null)
    try {
      welcome(await signIn(rdns))
    } catch (error) {
      if (!isRejection(error)) setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <section class="column sign-in">
      <h1>Review</h1>
      <p class="lead">
        Between render and commit, the operator and the curators of a collection may look over the candidates and take
        some away, each with a reason that everybody will read. Nobody can add one.
      </p>
      {offered.length === 0 && (
        <p>
          No wallet was found in this browser. The operator can also start <code>latentmint serve --review</code> and
          open the address that it prints.
        </p>
      )}
      <ul class="plain wallets">
        {offered.map(({ rdns, name, icon }) => (
          <li key={rdns}>
            <button type="button" class="primary" disabled={busy} onClick={() => void begin(rdns)}>
              {isPicture(icon) && <img src={icon} alt="" width="20" height="20" />} Sign in with {name}
            </button>
          </li>
        ))}
      </ul>
      <div role="alert">{failure !== null && <p class="broken">{failure}</p>}</div>
      <p class="small">
        The wallet signs a text that names this site. Nothing is sent to the chain, and it costs nothing.
      </p>
    </section>
  )
}
