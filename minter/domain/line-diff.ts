/** A line that stays, goes or comes, as a unified diff marks it. */
export interface DiffLine {
  readonly mark: ' ' | '-' | '+'
  readonly line: string
}

/**
 * The lines of two texts as one list, with as many as possible that stay.
 *
 * @returns in order; lines that go stand before those that come in their place
 * @see Hunt and McIlroy 1976: the longest common subsequence, here by plain dynamic programming, for files of some hundred lines
 */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  // common[i][j]: how many lines the ends of both, from i and j on, have in common.
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i]![j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!)
    }
  }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: ' ', line: a[i++]! })
      j++
    } else if (j >= b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push({ mark: '-', line: a[i++]! })
    } else lines.push({ mark: '+', line: b[j++]! })
  }
  return lines
}

/**
 * Only the changed lines, with some around them; where lines are left out stands null.
 *
 * @param around how many unchanged lines to keep on each side
 */
export function changedLines(lines: readonly DiffLine[], around: number): readonly (DiffLine | null)[] {
  const kept = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some(({ mark }) => mark !== ' '),
  )
  return lines.flatMap((line, at) => {
    if (kept[at]) return [line]
    return kept[at - 1] ? [null] : []
  })
}
