import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Weights, writeBundle } from '../../gan/index.ts'
import { buildDatasetManifest } from '../../minter/dataset/manifest.ts'
import { datasetManifestJson, datasetRoot } from '../../minter/domain/dataset-manifest.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { readConfig } from '../../minter/config.ts'
import { beginRun, type OpenRun, openRun, readPolicyFile } from '../../minter/cli/runs.ts'
import { openStudio, type Studio } from '../../minter/cli/studio.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'

/** A folder that goes away when `work` is over, however it ends. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Random weights paint in black and white, which counts as a broken image; with fainter colours they pass. */
function subdued(weights: Weights): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      return [name, { shape, data: name.includes('torgb') ? data.map((value) => value / 4) : data }]
    }),
  )
}

/** Random weights paint a handful of pictures over and over; pulled apart, the styles give as many as there are seeds. */
function varied(weights: Weights, variety: number): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      return [name, { shape, data: name.includes('mapping.fc') ? data.map((value) => value * variety) : data }]
    }),
  )
}

/**
 * Writes the smallest model there is, with a dataset of three files by two contributors; returns the bundle's path.
 *
 * @param variety what the mapping's weights are multiplied by; 8 makes nearly every picture another one
 * @param classes names of the classes, if it is to be conditional
 */
export function writeTinyModel(folder: string, variety = 1, classes: readonly string[] = []): string {
  const encoder = new TextEncoder()
  const manifest = buildDatasetManifest({
    name: 'tiny',
    renderer: { name: 'none', version: '1' },
    resolution: 8,
    licence: 'CC0-1.0',
    contributors: [
      { name: 'Ada', address: `0x${'a1'.repeat(20)}` },
      { name: 'Ben', address: `0x${'b2'.repeat(20)}` },
    ],
    files: [0, 1, 2].map((i) => ({
      path: `${i}.png`,
      sha256: sha256(encoder.encode(String(i))),
      licence: 'CC0-1.0',
      contributor: i % 2,
    })),
  })
  const bundle = tinyBundle(classes)
  const description = { ...bundle.description, datasetRoot: datasetRoot(manifest) }
  const bytes = writeBundle({ ...bundle, description, generator: varied(subdued(bundle.generator), variety) })
  writeFileSync(join(folder, 'tiny.safetensors'), bytes)
  writeFileSync(join(folder, 'tiny.dataset.json'), datasetManifestJson(manifest))
  return join(folder, 'tiny.safetensors')
}

/** What a policy of a few candidates may vary in. */
export interface TinyPolicy {
  readonly model: string
  readonly candidates?: number
  readonly minScore?: number
  /** A line that goes at the end, for what must be refused. */
  readonly extra?: string
}

/** Writes a policy that lets nearly everything pass; returns its path. */
export function writeTinyPolicy(
  folder: string,
  { model, candidates = 24, minScore = 0, extra = '' }: TinyPolicy,
): string {
  const file = join(folder, 'policy.yaml')
  writeFileSync(
    file,
    `name: Tiny
collection: { name: Tiny, symbol: TINY }
model: ${model}
candidates: ${candidates}
edition: 4
thresholds: { score: ${minScore}, rarity: 0, demand: 0 }
weights: { score: 1, rarity: 1, demand: 0 }
phases:
  - { kind: public, start: +0s, end: +1d, price: '0.01' }
  - kind: allowlist
    start: +0s
    end: +1d
    price: '0.01'
    allowlist: [{ wallet: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8' }]
  - { kind: voucher, start: +0s, end: +1d, price: '0.01' }
schedule: { seedDelayBlocks: 1, challengeWindowSeconds: 60 }
${extra}
`,
  )
  return file
}

/** A studio on an embedded chain with a clock of its own; nothing of the surroundings has a part in it but `variables`. */
export function openTinyStudio(
  folder: string,
  home = 'home',
  variables: Readonly<Record<string, string>> = {},
): Promise<Studio> {
  return openStudio({
    home: join(folder, home),
    config: readConfig(variables),
    now: () => 1_800_000_000,
    fixedClock: 1_800_000_000,
  })
}

const SILENT = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }
const SALT = `0x${'11'.repeat(32)}` as const

/** Begins the run of a tiny policy, or opens it again. */
export async function openTinyRun(studio: Studio, folder: string, candidates: number): Promise<OpenRun> {
  const model = writeTinyModel(folder)
  const file = readPolicyFile(writeTinyPolicy(folder, { model, candidates }))
  const { id } = await beginRun(studio, file, SALT)
  return openRun(studio, id, { workers: 1, progress: SILENT, signal: new AbortController().signal })
}

/** Does all steps up to the draw. */
export async function untilDrawn({ steps }: OpenRun): Promise<void> {
  await steps.register()
  await steps.announce()
  await steps.draw()
}

/** A run whose candidates are rendered. */
export interface Rendered {
  readonly studio: Studio
  readonly opened: OpenRun
  readonly folder: string
  close(): Promise<void>
}

export async function openRendered(candidates: number): Promise<Rendered> {
  const folder = mkdtempSync(join(tmpdir(), 'latentmint-'))
  const studio = await openTinyStudio(folder)
  const opened = await openTinyRun(studio, folder, candidates)
  await untilDrawn(opened)
  await opened.steps.render()
  return {
    studio,
    opened,
    folder,
    close: async () => {
      await opened.close()
      await studio.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The same for as long as `work` takes. */
export async function withRendered(
  candidates: number,
  work: (studio: Studio, opened: OpenRun, folder: string) => Promise<void>,
): Promise<void> {
  const rendered = await openRendered(candidates)
  try {
    await work(rendered.studio, rendered.opened, rendered.folder)
  } finally {
    await rendered.close()
  }
}
