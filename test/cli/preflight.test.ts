import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { preflight, preflightReasons, type PreflightTerms } from '../../minter/cli/preflight.ts'
import { SILENT } from '../../minter/cli/progress.ts'
import { beginRun, openRun, type PolicyFile, readPolicyFile } from '../../minter/cli/runs.ts'
import type { Studio } from '../../minter/cli/studio.ts'
import { PlaceUnreachable } from '../../minter/errors.ts'
import type { ChainAccess, PinPlace } from '../../minter/ports.ts'
import { openTinyStudio, withFolder, writeTinyModel, writeTinyPolicy } from '../pipeline/tiny-studio.ts'

const NOW = 1_800_000_000
const terms = { signal: new AbortController().signal, now: () => NOW }

/** The tiny policy, which says that one place is enough. */
function policyWithPins(folder: string, pins: number): PolicyFile {
  const path = writeTinyPolicy(folder, { model: writeTinyModel(folder) })
  const text = readFileSync(path, 'utf8').replace(
    'challengeWindowSeconds: 60',
    `challengeWindowSeconds: 60, pins: ${pins}`,
  )
  writeFileSync(path, text)
  return readPolicyFile(path)
}

const HOUSE = {
  factory: `0x${'fa'.repeat(20)}`,
  lineage: `0x${'1e'.repeat(20)}`,
  attribution: `0x${'a7'.repeat(20)}`,
} as const

/** What may be amiss, and where it must be named. */
interface Case {
  readonly name: string
  readonly access?: Partial<ChainAccess>
  readonly places?: Studio['places']
  readonly terms?: Partial<PreflightTerms>
  readonly words: RegExp
}

function blockAt(time: number): Partial<ChainAccess> {
  return { next: async () => ({ number: 1, time }) }
}

/** The same chain, but for what is changed. */
function changed(access: ChainAccess, change: Partial<ChainAccess>): ChainAccess {
  return Object.assign(Object.create(access) as ChainAccess, change)
}

const downPlace: PinPlace = {
  name: 'kubo',
  address: 'http://kubo',
  probe: () => Promise.reject(new PlaceUnreachable('kubo', 'http://kubo', 'ECONNREFUSED')),
  pin: async () => {},
  readBlock: async () => null,
}

describe('minter/cli/preflight preflight', () => {
  it('finds nothing in the way of a drop on a chain of our own, and names each thing that is', async () => {
    await withFolder(async (folder) => {
      const studio = await openTinyStudio(folder)
      const file = policyWithPins(folder, 1)
      expect(preflightReasons(await preflight(studio, file, terms))).to.deep.equal([])

      const cases: readonly Case[] = [
        { name: 'chain', terms: { chainId: '1' }, words: /this is chain 31337, the drop was scheduled for chain 1/u },
        {
          name: 'balance',
          access: { balanceWei: async () => 10n ** 16n },
          words: /0\.01 ETH, a drop takes up to 0\.1/u,
        },
        { name: 'clock', access: blockAt(NOW + 60), words: /the chain is 60 s ahead/u },
        { name: 'clock', access: blockAt(NOW - 4000), words: /the last block is 4000 s old/u },
        { name: 'model', terms: { bundleDigest: `0x${'12'.repeat(32)}` }, words: /the model's digest is 0x/u },
        { name: 'places', places: [downPlace], words: /none would take a pin, 1 must; kubo does not answer/u },
      ]
      for (const { name, words, access = blockAt(NOW), places = studio.places, terms: more } of cases) {
        const elsewhere = {
          ...studio,
          access: changed(studio.access, access),
          places,
          embedded: false,
          house: async () => HOUSE,
        }
        const checks = await preflight(elsewhere, file, { ...terms, ...more })
        expect(checks.filter(({ state }) => state === 'bad').map((check) => check.name)).to.deep.equal([name])
        expect(preflightReasons(checks).join('\n')).to.match(words)
      }
      await studio.close()
    })
  })

  it('wants two places for a drop whose policy does not say how many', async () => {
    await withFolder(async (folder) => {
      const studio = await openTinyStudio(folder)
      const file = readPolicyFile(writeTinyPolicy(folder, { model: writeTinyModel(folder) }))
      const reasons = preflightReasons(await preflight(studio, file, terms))
      expect(reasons).to.have.length(1)
      expect(reasons[0]).to.match(/^places: embedded would take a pin, 2 must; set LATENTMINT_KUBO/u)

      // And by hand it ends before anything is announced, since nothing could be sold.
      const { id } = await beginRun(studio, policyWithPins(folder, 3))
      const opened = await openRun(studio, id, { workers: 1, progress: SILENT, signal: terms.signal })
      await opened.steps.register()
      const error = await opened.steps.announce().catch((failure: unknown) => failure)
      expect(error).to.have.property('code', 'PLACES_MISSING')
      await opened.close()
      await studio.close()
    })
  })
})
