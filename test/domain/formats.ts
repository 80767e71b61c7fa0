import { readFileSync } from 'node:fs'
import { renderIkat } from '../../minter/dataset/ikat.ts'
import { demandOf, type DemandSnapshot, snapshotDigest, updateSnapshot } from '../../minter/domain/demand.ts'
import { type Hex, sha256 } from '../../minter/domain/digest.ts'
import { policyDigest } from '../../minter/domain/policy.ts'
import { informationBits } from '../../minter/domain/rarity.ts'
import { measureTraits } from '../../minter/domain/traits.ts'
import { vetoDigest } from '../../minter/domain/vetoes.ts'
import { makePolicy } from './policy-fixture.ts'
import { publishDrop } from './published-drop.ts'

/** Everything that would be another format if it changed: what old drops were committed with must stay readable. */
export interface Formats {
  readonly policyDigest: Hex
  readonly vetoDigest: Hex
  /** A snapshot as it was written before engagement was counted. */
  readonly demand: { readonly digest: Hex; readonly of: number }
  readonly engagedDemand: { readonly digest: Hex; readonly of: number }
  /** Count, total, and surprise in 1/2048 bit. */
  readonly informationBits: readonly (readonly [number, number, number])[]
  /** Of the training images with these seeds. */
  readonly traits: readonly { readonly seed: number; readonly traits: Readonly<Record<string, string>> }[]
  /** sha-256 of each file of the fixture's directory, by path. */
  readonly files: Readonly<Record<string, Hex>>
  readonly root: Hex
}

/** test/vectors/formats.json */
export function readFormats(): Formats {
  return JSON.parse(readFileSync(new URL('../vectors/formats.json', import.meta.url), 'utf8')) as Formats
}

/** The same, computed now. */
export async function computeFormats(): Promise<Formats> {
  const vetoes = [{ index: 3, reason: 'a seam', curator: 'Ada' }]
  const drop = await publishDrop({ vetoes })
  const traits = { Ground: 'Madder', Figure: 'Almond' }
  const sale = { seconds: 10, collector: 'one' }
  const evidence = { alpha: 2, beta: 0 }
  const sold: DemandSnapshot = {
    format: 'latentmint-demand-1',
    drops: [1],
    traits: { Figure: { Almond: evidence }, Ground: { Madder: evidence } },
  }
  const attention = { view: 40, dwell: 9, save: 3, reserve: 1, mint: 1 }
  const others = { traits: { Ground: 'Walnut', Figure: 'Ladder' }, sale: null, attention: { ...attention, view: 90 } }
  const engaged = updateSnapshot(sold, { drop: 2, seconds: 100, pieces: [{ traits, sale, attention }, others] })
  const counts = [
    [1, 1],
    [1, 3],
    [7, 1000],
    [999, 1000],
    [1, 65_535],
    [65_534, 65_535],
  ] as const
  const files = [...drop.files].map(([name, bytes]): [string, Hex] => [name.replace(/^[^/]*\//, ''), sha256(bytes)])
  return {
    policyDigest: policyDigest(makePolicy()),
    vetoDigest: vetoDigest(vetoes),
    demand: { digest: snapshotDigest(sold), of: demandOf(traits, sold) },
    engagedDemand: { digest: snapshotDigest(engaged), of: demandOf(traits, engaged) },
    informationBits: counts.map(([count, total]) => [count, total, informationBits(count, total)]),
    traits: [0, 1, 2, 3, 4, 5, 6, 7].map((seed) => ({ seed, traits: measureTraits(renderIkat(seed), 64) })),
    files: Object.fromEntries(files.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    root: drop.chain.root,
  }
}
