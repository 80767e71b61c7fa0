import { isScalar, parseDocument, stringify } from 'yaml'
import type { Change } from './proposal.ts'

/**
 * Puts changes into a policy file and leaves everything else as the operator wrote it, comments included.
 *
 * @param text YAML that parses as a policy
 */
export function editPolicy(text: string, changes: readonly Change[]): string {
  return changes.reduce(putChange, text)
}

function putChange(text: string, { path, to }: Change): string {
  const document = parseDocument(text)
  const node = document.getIn(path, true)
  if (isScalar(node) && node.range) {
    const [start, end] = node.range
    return text.slice(0, start) + inline(to) + text.slice(end)
  }
  if (path.length === 1) return `${text.replace(/\n*$/u, '\n')}${path[0]}: ${inline(to)}\n`
  // Rare: a mapping that leaves the key to its default. The whole file is printed again, comments and order kept.
  document.setIn(path, to)
  return document.toString({ lineWidth: 0 })
}

/** As it stands behind a key. */
function inline(value: string | number): string {
  return stringify(value).trimEnd()
}
