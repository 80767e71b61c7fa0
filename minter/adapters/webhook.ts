import { createHmac } from 'node:crypto'
import { MinterError } from '../errors.ts'

const TIMEOUT_MS = 15_000
const ENCODED_SECRET = 'whsec_'

/** A receiver did not take a message; it is sent again. */
class WebhookRefused extends MinterError {
  readonly code = 'WEBHOOK_REFUSED'
}

/** Where messages go, and what they are signed with. */
export interface WebhookOptions {
  readonly url: string
  /** `whsec_` and base64, or any text. */
  readonly secret: string
  /** Unix seconds. */
  readonly now: () => number
}

/**
 * The signature of a message: HMAC-SHA-256 of `id.timestamp.body`, in base64.
 *
 * @see https://www.standardwebhooks.com/
 */
function webhookSignature(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith(ENCODED_SECRET) ? Buffer.from(secret.slice(ENCODED_SECRET.length), 'base64') : secret
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/**
 * What sends one message. The id stays the same when it is sent again, so that a receiver can tell; the time does not.
 *
 * @returns a function that throws {WebhookRefused} when the receiver does not say that it has the message
 */
export function createWebhook({
  url,
  secret,
  now,
}: WebhookOptions): (message: { readonly id: string }) => Promise<void> {
  return async (message) => {
    const body = JSON.stringify(message)
    const timestamp = now()
    let response: Response
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': message.id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': webhookSignature(secret, message.id, timestamp, body),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    } catch (error) {
      throw new WebhookRefused('the receiver does not answer', url, error)
    }
    await response.body?.cancel()
    if (!response.ok) throw new WebhookRefused(`the receiver answers ${response.status}`, url)
  }
}
