import type { Gauge, ReadinessCheck } from '../http/deps.ts'
import { shareForAWhile } from '../http/sharing.ts'
import type { KeptDrop, KeptDrops } from './drop-reader.ts'
import type { Studio } from './studio.ts'

/** A transaction that has waited so long is stuck, whatever the outbox will do about it. */
const STUCK_SECONDS = 300
/** However often it is scraped, chain and stores are asked no more often. */
const FRESH_MS = 5000

/** Places are other people's servers. */
const PLACES_FRESH_MS = 60_000
const PATIENCE_MS = 5000

const WEI_PER_GWEI = 10n ** 9n

/** Numbers of the moment, for Prometheus. */
export function gaugeReader(studio: Studio, drops: KeptDrops, nowMs: () => number): () => Promise<readonly Gauge[]> {
  const share = shareForAWhile<readonly Gauge[]>(nowMs, FRESH_MS)
  const readPlaces = placesReader(studio, drops, nowMs)
  const read = async (): Promise<readonly Gauge[]> => {
    const parts = [
      readSupply(studio, drops),
      readTransactions(studio, nowMs),
      readBalance(studio),
      readPlaces(),
      readRendering(studio),
    ]
    // What cannot be read now is missing from this scrape; the rest is not.
    const settled = await Promise.allSettled(parts)
    return settled.flatMap((part) => (part.status === 'fulfilled' ? part.value : []))
  }
  return () => share('', read)
}

function gauge(name: string, help: string, value: number, labels: Gauge['labels'] = {}): Gauge {
  return { name, help, type: 'gauge', labels, value }
}

async function readSupply({ chain }: Studio, drops: KeptDrops): Promise<readonly Gauge[]> {
  const all = (await drops.list()).map(async ({ work, registered, announced }) => {
    const { minted } = await chain.dropOf(registered.collection, announced.drop)
    const labels = { drop: String(announced.drop), collection: registered.collection }
    return [
      gauge('drop_minted', 'Pieces that have an owner.', minted, labels),
      gauge('drop_edition', 'Pieces that were announced at most.', work.policy.edition, labels),
    ]
  })
  return (await Promise.all(all)).flat()
}

async function readTransactions({ database }: Studio, nowMs: () => number): Promise<readonly Gauge[]> {
  const sql = `select count(*) as pending, count(*) filter (where created_at < $1) as stuck
    from transactions where state in ('recorded', 'sent')`
  const [row] = await database.query<{ pending: string; stuck: string }>(sql, [
    Math.floor(nowMs() / 1000) - STUCK_SECONDS,
  ])
  return [
    gauge('transactions_pending', 'Signed and not in a block yet.', Number(row?.pending ?? 0)),
    gauge('transactions_stuck', `Pending for more than ${STUCK_SECONDS} seconds.`, Number(row?.stuck ?? 0)),
  ]
}

async function readBalance({ access }: Studio): Promise<readonly Gauge[]> {
  const wei = await access.balanceWei(access.account)
  return [gauge('operator_balance_gwei', 'What the operator has to pay the network with.', Number(wei / WEI_PER_GWEI))]
}

/** The newest drop that has a directory. */
async function newestPublished(drops: KeptDrops): Promise<KeptDrop | undefined> {
  return (await drops.list()).findLast(({ committed }) => committed !== null)
}

/** Asks every place that is to hold the newest drop for its directory, no more often than once a minute. */
function placesReader(studio: Studio, drops: KeptDrops, nowMs: () => number): () => Promise<readonly Gauge[]> {
  const share = shareForAWhile<readonly Gauge[]>(nowMs, PLACES_FRESH_MS)
  const help = "Whether the newest drop's directory can be read there: 1 or 0."
  const read = async (): Promise<readonly Gauge[]> => {
    const directory = (await newestPublished(drops))?.committed?.directory
    if (directory === undefined) return []
    return Promise.all(
      studio.places.map(async (place) => {
        const found = await place.readBlock(directory, AbortSignal.timeout(PATIENCE_MS)).catch(() => null)
        return gauge('gateway_up', help, found === null ? 0 : 1, { place: place.name })
      }),
    )
  }
  return () => share('', read)
}

async function readRendering({ database }: Studio): Promise<readonly Gauge[]> {
  const [row] = await database.query<{ rendered: string }>('select coalesce(sum(count), 0) as rendered from shards')
  const value = Number(row?.rendered ?? 0)
  const help = 'Candidates in the database; its rate is the render rate.'
  return [{ name: 'candidates_rendered_total', help, type: 'counter', labels: {}, value }]
}

/** What this server needs, looked at now. */
export function readinessReader(
  studio: Studio,
  drops: KeptDrops,
  nowMs: () => number,
): () => Promise<readonly ReadinessCheck[]> {
  const share = shareForAWhile<readonly ReadinessCheck[]>(nowMs, FRESH_MS)
  const looks: readonly (readonly [string, () => Promise<string>])[] = [
    ['database', async () => `${(await studio.database.query('select name from migrations')).length} changes applied`],
    ['chain', async () => `chain ${studio.access.chainId}, block ${(await studio.access.head()).number}`],
    ['store', async () => lookAtStore(studio, drops)],
  ]
  return () =>
    share('', () =>
      Promise.all(
        looks.map(async ([name, look]) => {
          try {
            return { name, ok: true, detail: await look() }
          } catch {
            // Why is for the log and the operator; strangers learn only that.
            return { name, ok: false, detail: 'does not answer' }
          }
        }),
      ),
    )
}

async function lookAtStore(studio: Studio, drops: KeptDrops): Promise<string> {
  const directory = (await newestPublished(drops))?.committed?.directory
  if (directory === undefined) return 'nothing published yet'
  if ((await studio.store.readBlock(directory)) === null) throw new Error('the directory is not there')
  return `holds ${directory}`
}
