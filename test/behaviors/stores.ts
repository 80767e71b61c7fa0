import { expect } from 'chai'
import { bytesToHex } from '../../minter/domain/digest.ts'
import { createOutbox } from '../../minter/pipeline/outbox.ts'
import { createPinMemory } from '../../minter/pipeline/pins.ts'
import type { Database, Outbox, OutboxEntry, SignedAttempt } from '../../minter/ports.ts'

let hashes = 0

function attempt(maxFeeWei = 10n): SignedAttempt {
  const hash = bytesToHex(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? ++hashes : 7)))
  return { hash, raw: '0x02', maxFeeWei, tipWei: 1n }
}

function draft(intent: string): Parameters<Outbox['allot']>[0] {
  return { intent, to: `0x${'c0'.repeat(20)}`, data: '0xAB', valueWei: 2n ** 80n, gasLimit: 100n }
}

/** What is kept of transactions and pins, on a database whose tables are made and which has a run `r`. */
export function behavesLikeStores(database: () => Database): void {
  const outboxOf = (scope: string): Outbox => createOutbox(database(), scope, () => 500)

  it('gives each of many intents that come at the same time a nonce of its own, without a gap', async () => {
    const outbox = outboxOf('many')
    const names = Array.from({ length: 8 }, (_, i) => `intent ${i}`)
    const entries = await Promise.all(names.map((name) => outbox.allot(draft(name), 3, async () => attempt())))
    expect(entries.map(({ nonce }) => nonce).toSorted((a, b) => a - b)).to.deep.equal([3, 4, 5, 6, 7, 8, 9, 10])
    expect((await outbox.unfinished()).map(({ nonce }) => nonce)).to.deep.equal([3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('signs an intent once that many ask for at the same time', async () => {
    const outbox = outboxOf('once')
    let signed = 0
    const sign = async (): Promise<SignedAttempt> => {
      signed++
      return attempt()
    }
    const entries = await Promise.all(Array.from({ length: 8 }, () => outbox.allot(draft('commit'), 0, sign)))
    expect(signed).to.equal(1)
    expect(new Set(entries.map(({ id, nonce }) => `${id} ${nonce}`)).size).to.equal(1)
  })

  it('takes no nonce for what could not be signed', async () => {
    const outbox = outboxOf('unsigned')
    const refused = outbox.allot(draft('a'), 0, () => Promise.reject(new Error('locked')))
    expect(await refused.catch((error: unknown) => error)).to.have.property('message', 'locked')
    expect(await outbox.find('a')).to.equal(null)
    expect(await outbox.allot(draft('b'), 0, async () => attempt())).to.have.property('nonce', 0)
  })

  it('keeps amounts that no double holds, and every form in which an intent was signed', async () => {
    const outbox = outboxOf('forms')
    const first = await outbox.allot(draft('a'), 0, async () => attempt(2n ** 70n))
    const [one, other] = await Promise.all([
      outbox.reprice(first, attempt(2n ** 71n)),
      outbox.reprice(first, attempt()),
    ])
    expect([one, other].filter((won) => won)).to.have.length(1)
    const entry = await outbox.find('a')
    expect(entry).to.include({ valueWei: 2n ** 80n, data: '0xab', state: 'recorded' })
    expect(entry?.attempts).to.have.length(2)
    expect(entry?.attempts[0]?.maxFeeWei).to.equal(2n ** 70n)
  })

  it('puts back to sent what the chain has taken back, and frees the intent of what was replaced', async () => {
    const outbox = outboxOf('moves')
    const entries: OutboxEntry[] = []
    for (const name of ['a', 'b', 'c']) entries.push(await outbox.allot(draft(name), 0, async () => attempt()))
    const blockHash = `0x${'bb'.repeat(32)}` as const
    for (const { id } of entries) await outbox.move(id, { state: 'mined', block: 7, blockHash, feeWei: 5n })
    expect(await outbox.spentWei(400)).to.equal(15n)
    expect((await outbox.reopen(1, 'reorganised')).toSorted((a, b) => a - b)).to.deep.equal([1, 2])
    expect(await outbox.find('b')).to.include({ state: 'sent', block: null, reason: 'reorganised' })
    await outbox.move(entries[2]!.id, { state: 'replaced' })
    expect(await outbox.find('c')).to.equal(null)
    expect(await outbox.allot(draft('c'), 3, async () => attempt())).to.have.property('nonce', 3)
  })

  it('remembers what each place holds, and forgets it when it is found not to', async () => {
    const pins = createPinMemory(database(), () => 9)
    const block = { cid: 'bafkblock', path: 'images/0.png' }
    await pins.keepRequest('r', 'one', 'bafyroot', 'request 1')
    await pins.keepHeld('r', 'one', 'bafyroot')
    await Promise.all(Array.from({ length: 4 }, () => pins.keepChecked('r', 'one', block)))
    expect(await pins.pin('r', 'one', 'bafyroot')).to.deep.equal({ request: 'request 1', held: true })
    expect([...(await pins.checked('r', 'one'))]).to.deep.equal(['bafkblock'])
    expect((await pins.checked('r', 'two')).size).to.equal(0)
    await pins.forget('r', 'one')
    expect(await pins.pin('r', 'one', 'bafyroot')).to.have.property('held', false)
  })
}
