import { expect } from 'chai'
import { createSignIn, type SignIn } from '../../minter/http/sign-in.ts'

const ACCOUNT = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const LOWER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const MINUTE = 60_000

/** With a clock and words of the test's own. */
function signInAt(clock: { now: number }): SignIn {
  let word = 0
  return createSignIn({
    publicUrl: 'https://drops.example.org',
    chainId: 10,
    now: () => clock.now,
    random: () => `word${String(word++).padStart(20, '0')}`,
  })
}

describe('minter/http/sign-in createSignIn', () => {
  it('writes a message of EIP-4361 that names site, account, chain, nonce and times', () => {
    const { nonce, message } = signInAt({ now: 1_800_000_000_000 }).challenge(ACCOUNT)
    expect(message.split('\n')).to.deep.equal([
      'drops.example.org wants you to sign in with your Ethereum account:',
      ACCOUNT,
      '',
      'Review the candidates of a drop. This signs you in; it sends nothing and costs nothing.',
      '',
      'URI: https://drops.example.org/review',
      'Version: 1',
      'Chain ID: 10',
      `Nonce: ${nonce}`,
      'Issued At: 2027-01-15T08:00:00.000Z',
      'Expiration Time: 2027-01-15T08:05:00.000Z',
    ])
  })

  it('gives a challenge once, and not when it has become old', () => {
    const clock = { now: 0 }
    const signIn = signInAt(clock)
    const { nonce, message } = signIn.challenge(ACCOUNT)
    expect(signIn.take(nonce)).to.deep.equal({ account: LOWER, message })
    expect(signIn.take(nonce)).to.equal(null)
    const late = signIn.challenge(ACCOUNT)
    clock.now = 5 * MINUTE
    expect(signIn.take(late.nonce)).to.equal(null)
  })

  it('redeems a ticket once, and not after ten minutes', () => {
    const clock = { now: 0 }
    const signIn = signInAt(clock)
    const ticket = signIn.ticket(LOWER)
    expect(signIn.redeem(ticket)).to.equal(LOWER)
    expect(signIn.redeem(ticket)).to.equal(null)
    const late = signIn.ticket(LOWER)
    clock.now = 10 * MINUTE
    expect(signIn.redeem(late)).to.equal(null)
  })

  it('ends a session after twelve hours, or when it is told to', () => {
    const clock = { now: 0 }
    const signIn = signInAt(clock)
    const [kept, ended] = [signIn.begin(LOWER).secret, signIn.begin(LOWER).secret]
    signIn.end(ended)
    expect(signIn.find(ended)).to.equal(null)
    expect(signIn.find(kept)).to.deep.equal({ account: LOWER, expiresAt: 720 * MINUTE })
    clock.now = 720 * MINUTE
    expect(signIn.find(kept)).to.equal(null)
  })

  it('keeps the newest thousand challenges, however many are asked for', () => {
    const signIn = signInAt({ now: 0 })
    const asked = Array.from({ length: 1001 }, () => signIn.challenge(ACCOUNT).nonce)
    expect(signIn.take(asked[0]!)).to.equal(null)
    expect(signIn.take(asked[1]!)).to.have.property('account', LOWER)
    expect(signIn.take(asked[1000]!)).to.have.property('account', LOWER)
  })
})
