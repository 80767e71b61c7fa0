import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Opening, type OpeningTerms, stageOpening } from '../test/load/opening.ts'

// The house's own process of bench/opening.ts, so that the crowd does not share its event loop.

/** What the bench tells the house. */
export type Order = { readonly stage: OpeningTerms } | 'open' | 'owners'

const folder = mkdtempSync(join(tmpdir(), 'latentmint-opening-'))
let opening: Opening | undefined

async function obey(order: Order): Promise<object> {
  if (typeof order === 'object') {
    opening = await stageOpening(folder, order.stage)
    const { site, rpc, drop } = opening
    return { site, rpc, drop }
  }
  if (order === 'open') await opening?.open()
  return { owners: order === 'owners' ? await opening?.owners() : [] }
}

process.on('message', (order: Order) => {
  void obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  )
})

async function leave(): Promise<void> {
  await opening?.close()
  rmSync(folder, { recursive: true, force: true })
  process.exit()
}

// When the bench is done, or stopped half way, nothing of it stays behind.
process.on('disconnect', () => void leave())
