import { readFileSync } from 'node:fs'
import { sha256, type Hex } from '../../minter/domain/digest.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { readWasm } from '../gan/vectors.ts'
import { type Answer, answer, type Question } from './answers.ts'

/** What the shipped model makes of 64 seeds, as published. */
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

/** The shipped model's files, and the first so many seeds, spread over both kinds. */
export function shippedQuestion(count: number = SEEDS.length): Question {
  const step = SEEDS.length / count
  return {
    bundle: Uint8Array.from(readFileSync(new URL('looms-64.safetensors', models))),
    recipe: JSON.parse(readFileSync(new URL('looms-64.recipe.json', models), 'utf8')),
    wasm: readWasm(),
    seeds: Array.from({ length: count }, (_, i) => SEEDS[Math.floor(i * step)] ?? ''),
  }
}

/** What was published of these seeds, in their order. */
export function publishedAnswers(seeds: readonly string[]): readonly (Answer | undefined)[] {
  const file = new URL('../vectors/known-answers.json', import.meta.url)
  const { answers }: KnownAnswers = JSON.parse(readFileSync(file, 'utf8'))
  return seeds.map((seed) => answers.find((published) => published.seed === seed))
}

/** Computes all of them, as any auditor would. */
export async function computeKnownAnswers(): Promise<KnownAnswers> {
  const question = shippedQuestion()
  const { bundle, recipe } = question
  const answers = await answer(question)
  return { bundleDigest: sha256(bundle), recipeDigest: sha256(canonicalJson(recipe)), answers }
}
