import type { Hex } from '../domain/digest.ts'

/** Long enough to read what one signs, short enough that a message which went astray is worth nothing. */
const CHALLENGE_MS = 5 * 60_000
const TICKET_MS = 10 * 60_000
const SESSION_MS = 12 * 3_600_000

/** Strangers may ask for messages to sign; no more than these are remembered. */
const MOST = 1000

/** Where visitors are, as the message to sign names it. */
export interface SignInPlace {
  readonly publicUrl: string
  readonly chainId: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** At least 128 bits that nobody can guess, as letters and digits. */
  readonly random: () => string
}

/** A text to sign, and what to call it by. */
export interface Challenge {
  readonly nonce: string
  readonly message: string
}

/** Somebody who has shown to own an account. */
export interface Session {
  readonly account: Hex
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * Sign-In with Ethereum. The message is written here, and what is signed is compared with what was written: nothing that
 * a visitor sends is ever parsed.
 *
 * @see EIP-4361
 */
export interface SignIn {
  /** @param account checksummed, as EIP-4361 wants it */
  challenge(account: string): Challenge
  /** The challenge of that nonce, which is thereby used up; null when it is unknown, used or too old. */
  take(nonce: string): { readonly account: Hex; readonly message: string } | null
  /** A word that signs this account in, once: for the operator who can read the program's own terminal. */
  ticket(account: Hex): string
  /** The account of a ticket, which is thereby used up. */
  redeem(ticket: string): Hex | null
  /** Begins a session; returns its secret. */
  begin(account: Hex): { readonly secret: string; readonly session: Session }
  find(secret: string): Session | null
  end(secret: string): void
}

export function createSignIn(place: SignInPlace): SignIn {
  const challenges = new Expiring<{ account: Hex; message: string }>(place.now, CHALLENGE_MS)
  const tickets = new Expiring<Hex>(place.now, TICKET_MS)
  const sessions = new Expiring<Session>(place.now, SESSION_MS)
  return {
    challenge: (account) => {
      const nonce = place.random()
      const message = messageToSign(place, account, nonce)
      challenges.put(nonce, { account: lowerCase(account), message })
      return { nonce, message }
    },
    take: (nonce) => challenges.take(nonce),
    ticket: (account) => {
      const ticket = place.random()
      tickets.put(ticket, account)
      return ticket
    },
    redeem: (ticket) => tickets.take(ticket),
    begin: (account) => {
      const secret = place.random()
      const session = { account, expiresAt: place.now() + SESSION_MS }
      sessions.put(secret, session)
      return { secret, session }
    },
    find: (secret) => sessions.find(secret),
    end: (secret) => void sessions.take(secret),
  }
}

function messageToSign({ publicUrl, chainId, now }: SignInPlace, account: string, nonce: string): string {
  const issued = new Date(now())
  return [
    `${new URL(publicUrl).host} wants you to sign in with your Ethereum account:`,
    account,
    '',
    'Review the candidates of a drop. This signs you in; it sends nothing and costs nothing.',
    '',
    `URI: ${publicUrl}/review`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issued.toISOString()}`,
    `Expiration Time: ${new Date(issued.getTime() + CHALLENGE_MS).toISOString()}`,
  ].join('\n')
}

/** Remembers each thing for a while, and of too many the newest. */
class Expiring<T> {
  private readonly kept = new Map<string, { readonly value: T; readonly until: number }>()
  private readonly now: () => number
  private readonly lifetime: number

  constructor(now: () => number, lifetime: number) {
    this.now = now
    this.lifetime = lifetime
  }

  put(key: string, value: T): void {
    const [oldest] = this.kept.keys()
    if (this.kept.size >= MOST && oldest !== undefined) this.kept.delete(oldest)
    this.kept.set(key, { value, until: this.now() + this.lifetime })
  }

  find(key: string): T | null {
    const found = this.kept.get(key)
    return found === undefined || found.until <= this.now() ? null : found.value
  }

  take(key: string): T | null {
    const found = this.find(key)
    this.kept.delete(key)
    return found
  }
}

function lowerCase(account: string): Hex {
  return `0x${account.slice(2).toLowerCase()}`
}
