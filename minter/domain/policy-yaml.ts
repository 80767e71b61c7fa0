import { isNode, LineCounter, parseDocument } from 'yaml'
import type { Path, PolicyProblem } from './policy-problem.ts'

/** A YAML text as plain values, and where in the text they stand. */
export interface YamlText {
  readonly value: unknown
  /** Line of a value, from 1; of the next value around it when it is missing. */
  readonly lineOf: (path: Path) => number | null
  /** Syntax errors; when there is any, the value means nothing. */
  readonly problems: readonly PolicyProblem[]
}

/** @see YAML 1.2.2, core schema; a key given twice is an error */
export function readYaml(text: string): YamlText {
  const lineCounter = new LineCounter()
  // Aliases could make a small file unfold into an enormous one.
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, prettyErrors: false })
  const problems = document.errors.map((error) => ({
    path: '',
    line: lineCounter.linePos(error.pos[0]).line,
    came: 'not YAML',
    wanted: `YAML 1.2 (${error.message})`,
    nearest: null,
  }))
  const lineOf = (path: Path): number | null => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line
    }
    return null
  }
  const value: unknown = problems.length > 0 ? null : document.toJS({ maxAliasCount: 100 })
  return { value, lineOf, problems }
}
