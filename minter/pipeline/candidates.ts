import type { Database, RenderedCandidate } from '../ports.ts'

/** Candidates `first` to `first + count - 1`. */
export interface ShardRange {
  readonly first: number
  readonly count: number
}

/** A rendered candidate in its place. */
export interface StoredCandidate {
  readonly index: number
  readonly rgb: Uint8Array
  /** The float32's 32 bits. */
  readonly logitBits: number
  readonly features: Int8Array
}

/** How many candidates are rendered and stored together: what a kill costs at most, for each worker. */
const SHARD_SIZE = 16

/** Cuts the candidates 0 to total-1 into shards. */
export function shardRanges(total: number): readonly ShardRange[] {
  return Array.from({ length: Math.ceil(total / SHARD_SIZE) }, (_, i) => {
    const first = i * SHARD_SIZE
    return { first, count: Math.min(SHARD_SIZE, total - first) }
  })
}

/** The shards that are still to be rendered. */
export async function missingShards(db: Database, run: string, total: number): Promise<readonly ShardRange[]> {
  const rows = await db.query<{ first: number }>('select first from shards where run_id = $1', [run])
  const there = new Set(rows.map(({ first }) => first))
  return shardRanges(total).filter(({ first }) => !there.has(first))
}

function floatBits(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => view.setFloat32(i * 4, value, true))
  return bytes
}

/** Stores a shard; storing it a second time changes nothing, since it has the same bytes. */
export async function storeShard(
  db: Database,
  run: string,
  range: ShardRange,
  rendered: readonly RenderedCandidate[],
): Promise<void> {
  const pixels = Buffer.concat(rendered.map(({ rgb }) => rgb))
  const features = Buffer.concat(
    rendered.map((one) => new Uint8Array(one.features.buffer, one.features.byteOffset, one.features.length)),
  )
  await db.query(
    `insert into shards (run_id, first, count, pixels, logits, features) values ($1, $2, $3, $4, $5, $6)
     on conflict (run_id, first) do nothing`,
    [run, range.first, range.count, pixels, floatBits(rendered.map(({ logit }) => logit)), features],
  )
}

interface ShardRow {
  readonly first: number
  readonly count: number
  readonly pixels: Uint8Array
  readonly logits: Uint8Array
  readonly features: Uint8Array
}

function unpackShard({ first, count, pixels, logits, features }: ShardRow): readonly StoredCandidate[] {
  const pixelBytes = pixels.length / count
  const featureBytes = features.length / count
  const bits = new DataView(logits.buffer, logits.byteOffset, logits.length)
  return Array.from({ length: count }, (_, i) => ({
    index: first + i,
    rgb: new Uint8Array(pixels.subarray(i * pixelBytes, (i + 1) * pixelBytes)),
    logitBits: bits.getUint32(i * 4, true),
    features: new Int8Array(features.slice(i * featureBytes, (i + 1) * featureBytes)),
  }))
}

/** All candidates of a run, by index. */
export async function loadCandidates(db: Database, run: string): Promise<readonly StoredCandidate[]> {
  const sql = 'select first, count, pixels, logits, features from shards where run_id = $1 order by first'
  const rows = await db.query<ShardRow>(sql, [run])
  return rows.flatMap(unpackShard)
}
