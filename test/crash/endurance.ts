import type { Death, Kill, Ordeal, Rig } from './rig.ts'

/** The most places that a process passes before the one it dies at. */
const MOST_PLACES = 14
/** How many of a hundred kills come at an instant that nobody chose; mostly before the process has come anywhere near its end. */
const INSTANT_PERCENT = 30
const SHORTEST_MS = 200

/** Numbers that look random and are the same every time, from 0 to 1. */
function pseudoRandom(seed: number): () => number {
  let state = seed
  return () => {
    // mulberry32, by Tommy Ettinger (public domain): enough to scatter kills.
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 1000
}

/** What many drops went through together. */
export interface Endured {
  readonly kills: number
  readonly atPlaces: number
  readonly atInstants: number
  readonly drops: number
  readonly transactions: number
  readonly blocksChecked: number
  /** How often a process died at each place, most often first. */
  readonly places: Readonly<Record<string, number>>
}

/**
 * Runs drops until so many processes have been killed; each drop is then run to its end and checked, or this throws.
 *
 * @param onDrop told after every drop, with what it all came to so far
 */
export async function endureKills(
  rig: Rig,
  count: number,
  seed: number,
  onDrop: (soFar: Endured) => void = () => {},
): Promise<Endured> {
  const random = pseudoRandom(seed)
  const ordeals: Ordeal[] = []
  const killed = (): number => ordeals.reduce((sum, { deaths }) => sum + deaths.length, 0)
  // How long a process lives until it dies at a place depends on the machine, and on what else that does.
  const lives: number[] = []
  while (killed() < count) {
    let left = count - killed()
    let diedAtPlace: number | null = null
    const plan = (): Kill => {
      if (diedAtPlace !== null) lives.push(performance.now() - diedAtPlace)
      diedAtPlace = null
      if (left-- <= 0) return null
      if (random() * 100 < INSTANT_PERCENT) return { how: 'instant', afterMs: SHORTEST_MS + random() * median(lives) }
      diedAtPlace = performance.now()
      return { how: 'place', after: 1 + Math.floor(random() * MOST_PLACES) }
    }
    ordeals.push(await rig.endure(plan))
    onDrop(summary(ordeals))
  }
  return summary(ordeals)
}

/** The next boundary of a step at which no process has died yet. */
function atNextBoundary(_child: number, deaths: readonly Death[]): Kill {
  return { how: 'boundary', passed: deaths.map(({ where }) => where) }
}

/** Runs one drop whose processes die, one after the other, at each boundary of each step: before and after it is begun, and done. */
export async function endureBoundaries(rig: Rig): Promise<Endured> {
  return summary([await rig.endure(atNextBoundary)])
}

function summary(ordeals: readonly Ordeal[]): Endured {
  const deaths = ordeals.flatMap((ordeal) => ordeal.deaths)
  const places = new Map<string, number>()
  for (const { where } of deaths) places.set(where, (places.get(where) ?? 0) + 1)
  return {
    kills: deaths.length,
    atPlaces: deaths.filter(({ how }) => how !== 'instant').length,
    atInstants: deaths.filter(({ how }) => how === 'instant').length,
    drops: ordeals.length,
    transactions: ordeals.reduce((sum, { transactions }) => sum + transactions, 0),
    blocksChecked: ordeals.reduce((sum, { blocksChecked }) => sum + blocksChecked, 0),
    places: Object.fromEntries([...places].toSorted(([, a], [, b]) => b - a)),
  }
}
