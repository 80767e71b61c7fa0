import type { Outbox, OutboxEntry } from '../../minter/ports.ts'

function isStanding({ state }: OutboxEntry): boolean {
  return state !== 'replaced' && state !== 'dropped'
}

/** An outbox that forgets, for tests of what stands on one; the database's is tested by itself. */
export function memoryOutbox(): Outbox {
  const entries: OutboxEntry[] = []
  const change = (id: string, what: Partial<OutboxEntry>): void => {
    const index = entries.findIndex((entry) => entry.id === id)
    entries[index] = { ...entries[index]!, ...what }
  }
  const find = async (intent: string): Promise<OutboxEntry | null> =>
    entries.find((entry) => entry.intent === intent && isStanding(entry)) ?? null
  return {
    find,
    unfinished: async () =>
      entries.filter((entry) => isStanding(entry) && entry.state !== 'final').toSorted((a, b) => a.nonce - b.nonce),
    allot: async (draft, leastNonce, sign) => {
      const nonce = Math.max(leastNonce, ...entries.filter(isStanding).map((entry) => entry.nonce + 1))
      const attempts = [await sign(nonce)]
      const facts = { state: 'recorded', block: null, blockHash: null, reason: null, createdAt: 0 } as const
      const entry = { ...draft, id: String(entries.length), nonce, attempts, ...facts }
      entries.push(entry)
      return entry
    },
    reprice: async ({ id, attempts }, attempt) => {
      change(id, { attempts: [...attempts, attempt] })
      return true
    },
    move: async (id, { state, block = null, blockHash = null, reason = null }) =>
      change(id, { state, block, blockHash, reason }),
    reopen: async () => [],
    spentWei: async () => 0n,
  }
}
