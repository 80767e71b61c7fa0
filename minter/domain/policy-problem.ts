import type { z } from 'zod'
import { DomainError } from './errors.ts'

/** One thing that is wrong with a policy. */
export interface PolicyProblem {
  /** Where: `phases[1].price`; empty for the whole. */
  readonly path: string
  /** Line of the file, from 1, where it is known. */
  readonly line: number | null
  /** What stands there. */
  readonly came: string
  readonly wanted: string
  /** For an unknown key: the known key that looks most like it. */
  readonly nearest: string | null
}

/** A policy that cannot be used; it says everything that is wrong at once. */
export class PolicyInvalid extends DomainError {
  readonly code = 'POLICY_INVALID'
  /** The file it came from. */
  readonly source: string
  readonly problems: readonly PolicyProblem[]

  constructor(source: string, problems: readonly PolicyProblem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
    super([`${source} has ${count}:`, ...problems.map((problem) => `  ${describeProblem(problem)}`)].join('\n'))
    this.source = source
    this.problems = problems
  }
}

/** A way to a value: keys and positions. */
export type Path = readonly (string | number)[]

/** `line 3: edition is 0, expected an integer from 1 to 65535` */
export function describeProblem({ path, line, came, wanted, nearest }: PolicyProblem): string {
  const where = `${line === null ? '' : `line ${line}: `}${path === '' ? 'the file' : path}`
  return nearest === null ? `${where} is ${came}, expected ${wanted}` : `${where} is ${came}; did you mean ${nearest}?`
}

/**
 * What zod found, in our words. The schemas give as message what they want; that of a strict object is the list of its
 * keys.
 *
 * @param value what was parsed, to say what came
 */
export function problemsOf(
  error: z.ZodError,
  value: unknown,
  lineOf: (path: Path) => number | null = () => null,
): readonly PolicyProblem[] {
  return error.issues
    .flatMap((issue): PolicyProblem[] => {
      const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => unknownKey([...path, key], issue.message, lineOf))
      const came = describeValue(valueAt(value, path))
      return [{ path: pathText(path), line: lineOf(path), came, wanted: issue.message, nearest: null }]
    })
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

/** `phases[1].price` */
function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
}

function unknownKey(path: Path, known: string, lineOf: (path: Path) => number | null): PolicyProblem {
  const key = String(path.at(-1))
  const nearest = nearestOf(key, known.split(', '))
  return { path: pathText(path), line: lineOf(path), came: 'not a known key', wanted: `one of ${known}`, nearest }
}

/** The word that differs least; null when none is near, so that no wild guess is offered. */
function nearestOf(word: string, known: readonly string[]): string | null {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= Math.max(2, word.length >> 1) ? best.candidate : null
}

/** How many letters must be put in, left out or replaced. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  )
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'empty'
  if (typeof value === 'string') return `"${value.length > 60 ? `${value.slice(0, 57)}...` : value}"`
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? 'a mapping' : JSON.stringify(value)
}
