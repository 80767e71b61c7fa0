import { parseJson } from './canonical-json.ts'
import type { Policy } from './policy.ts'
import { PolicyInvalid, problemsOf } from './policy-problem.ts'
import { policySchema } from './policy-schema.ts'

// Apart from policy.ts, so that a browser which audits does not load a YAML parser.

/**
 * Reads a published policy.json.
 *
 * @param source what to call it in messages
 * @throws {PolicyInvalid} when it is no policy in the hashed form; JsonInvalid, TextInvalid when it is not even JSON
 */
export function readPolicy(bytes: Uint8Array, source: string): Policy {
  const value = parseJson(bytes)
  const parsed = policySchema.safeParse(value)
  if (!parsed.success) throw new PolicyInvalid(source, problemsOf(parsed.error, value))
  return parsed.data
}
