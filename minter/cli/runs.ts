import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { startCanonicalPool } from '../adapters/canonical-pool.ts'
import { neutralSnapshot, readSnapshot, snapshotDigest, snapshotJson } from '../domain/demand.ts'
import { bytesToHex, type Hex } from '../domain/digest.ts'
import { parsePolicy, type Policy, policyDigest } from '../domain/policy.ts'
import { ConfigInvalid, ModelMismatch } from '../errors.ts'
import { type DropSteps, dropSteps } from '../pipeline/drop-steps.ts'
import type { LoadedModel } from '../pipeline/model.ts'
import { openReview, type Review } from '../pipeline/review.ts'
import { type Run, runId, type RunStore } from '../pipeline/runs.ts'
import { DEMAND_DOCUMENT } from '../pipeline/select-step.ts'
import type { DropTools, DropWork } from '../pipeline/tools.ts'
import type { CandidateRenderer, Progress } from '../ports.ts'
import { readModel } from './model-files.ts'
import type { Studio } from './studio.ts'

/** A policy file as read, before anything is done with it. */
export interface PolicyFile {
  readonly path: string
  readonly text: string
  readonly policy: Policy
  readonly digest: Hex
  /** The demand snapshot that it names; neutral when it names none. */
  readonly demand: Uint8Array
}

/**
 * Reads a policy and the demand snapshot that it names.
 *
 * @throws {PolicyInvalid} listing everything that is wrong with it
 */
export function readPolicyFile(path: string): PolicyFile {
  return readPolicyText(readPolicySource(path), path)
}

/** The text of a policy file, or of a template that is none before it is filled in. */
export function readPolicySource(path: string): string {
  if (!existsSync(path)) throw new ConfigInvalid('there is no such policy file', path)
  return readFileSync(path, 'utf8')
}

/** The same of a text that was read before; the snapshot is looked for beside `path`. */
export function readPolicyText(text: string, path: string): PolicyFile {
  let demand = snapshotJson(neutralSnapshot())
  const policy = parsePolicy(text, path, (snapshot) => {
    const bytes = new Uint8Array(readFileSync(resolve(dirname(path), snapshot)))
    demand = snapshotJson(readSnapshot(bytes))
    return bytes
  })
  if (policy.demand !== null && policy.demand !== snapshotDigest(readSnapshot(demand))) {
    throw new ConfigInvalid('name the demand snapshot by its path, so that it can be read', path)
  }
  return { path, text, policy, digest: policyDigest(policy), demand }
}

/** Opens a run's policy and model again; models are kept, since a bundle takes a moment to check. */
export function workLoader(runs: RunStore): (id: string) => Promise<DropWork> {
  const models = new Map<string, LoadedModel>()
  return async (id) => {
    const run = await runs.find(id)
    if (run === null) throw new ConfigInvalid(`there is no run ${id}`, 'database')
    const { policy, bundleDigest } = run
    const model = models.get(policy.model) ?? readModel(policy.model)
    models.set(policy.model, model)
    if (model.bundleDigest !== bundleDigest) throw new ModelMismatch(policy.model, bundleDigest, model.bundleDigest)
    return { run, policy, model }
  }
}

/** Begins a run; with the same policy and salt it is the same run. */
export async function beginRun(studio: Studio, file: PolicyFile, salt?: Hex): Promise<Run> {
  const chosen = salt ?? bytesToHex(new Uint8Array(randomBytes(32)))
  const id = runId(file.digest, chosen)
  const known = await studio.runs.find(id)
  if (known !== null) {
    // Killed between the two writes below, a run would never find its snapshot.
    if ((await studio.runs.document(id, DEMAND_DOCUMENT)) === null)
      await studio.runs.putDocument(id, DEMAND_DOCUMENT, file.demand)
    return known
  }
  const { bundleDigest } = readModel(file.policy.model)
  const run = await studio.runs.create({
    id,
    name: file.policy.name,
    policy: file.policy,
    policyDigest: file.digest,
    bundleDigest,
    salt: chosen,
  })
  await studio.runs.putDocument(id, DEMAND_DOCUMENT, file.demand)
  return run
}

/** The newest run of this policy that is not closed, or null. */
export async function unfinishedRun(studio: Studio, digest: Hex): Promise<Run | null> {
  for (const run of await studio.runs.list()) {
    if (run.policyDigest === digest && (await studio.runs.outputs(run.id, 'close')) === null) return run
  }
  return null
}

/** A run with everything to do its steps. */
export interface OpenRun {
  readonly work: DropWork
  readonly tools: DropTools
  readonly steps: DropSteps
  readonly review: Review
  readonly renderer: () => Promise<CandidateRenderer>
  close(): Promise<void>
}

/** How a run's steps are done. */
export interface RunSettings {
  readonly workers: number
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Makes the steps of a run; rendering workers start when the first step needs them. */
export async function openRun(studio: Studio, id: string, settings: RunSettings): Promise<OpenRun> {
  const work = await workLoader(studio.runs)(id)
  let pool: Promise<CandidateRenderer> | undefined
  const renderer = (): Promise<CandidateRenderer> => {
    const { bundleBytes, recipe } = work.model
    pool ??= startCanonicalPool({ bundle: bundleBytes, recipe, workers: settings.workers })
    return pool
  }
  const { database, runs, pins, queue, store, places, kit, access, chain, house } = studio
  const { progress, signal } = settings
  const memory = { database, runs, pins, queue }
  const tools: DropTools = { ...memory, store, places, kit, access, chain, house, renderer, progress, signal }
  return {
    work,
    tools,
    steps: dropSteps(tools, work),
    review: openReview(tools, work),
    renderer,
    close: async () => {
      await (await pool?.catch(() => undefined))?.close()
    },
  }
}
