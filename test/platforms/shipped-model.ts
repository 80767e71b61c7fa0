import { readFileSync } from 'node:fs'
import { sha256, type Hex } from '../../minter/domain/digest.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { readWasm } from '../gan/vectors.ts'
import { type Answer, answer, type Question } from './answers.ts'

/** The models that come with the program. */
export const SHIPPED = ['looms-64', 'tartan-64'] as const
export type Shipped = (typeof SHIPPED)[number]

/** What a shipped model makes of 64 seeds, as published. */
export interface KnownAnswers {
  readonly bundleDigest: Hex
  readonly recipeDigest: Hex
  readonly answers: readonly Answer[]
}

const SMALLEST = [...Array(28).keys()].map(String)

/** Small ones as the community writes them, up to the largest; and such as a chain draws. */
const SEEDS: readonly string[] = [
  ...SMALLEST,
  '42',
  '1000',
  '65535',
  '4294967295',
  `0x${'00'.repeat(32)}`,
  `0x${'ff'.repeat(32)}`,
  `0x${'0123456789abcdef'.repeat(4)}`,
  ...Array.from({ length: 29 }, (_, i) => sha256(new TextEncoder().encode(`known answer ${i}`))),
]

const models = new URL('../../models/', import.meta.url)

/** A shipped model's files, and so many of the seeds, spread over all kinds. */
export function shippedQuestion(count: number = SEEDS.length, model: Shipped = 'looms-64'): Question {
  const step = SEEDS.length / count
  return {
    bundle: Uint8Array.from(readFileSync(new URL(`${model}.safetensors`, models))),
    recipe: JSON.parse(readFileSync(new URL(`${model}.recipe.json`, models), 'utf8')),
    wasm: readWasm(),
    seeds: Array.from({ length: count }, (_, i) => SEEDS[Math.floor(i * step)] ?? ''),
  }
}

/** What was published of these seeds, in their order. */
export function publishedAnswers(
  seeds: readonly string[],
  model: Shipped = 'looms-64',
): readonly (Answer | undefined)[] {
  const file = new URL(`../vectors/known-answers/${model}.json`, import.meta.url)
  const { answers }: KnownAnswers = JSON.parse(readFileSync(file, 'utf8'))
  return seeds.map((seed) => answers.find((published) => published.seed === seed))
}

/** Computes all of them, as any auditor would. */
export async function computeKnownAnswers(model: Shipped): Promise<KnownAnswers> {
  const question = shippedQuestion(SEEDS.length, model)
  const { bundle, recipe } = question
  const answers = await answer(question)
  return { bundleDigest: sha256(bundle), recipeDigest: sha256(canonicalJson(recipe)), answers }
}
