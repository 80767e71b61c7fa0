/** Rows of a CSV text by the names in its first line; a missing field is empty. */
export type CsvRow = ReadonlyMap<string, string>

/**
 * Reads comma-separated values with a first line of names, which are compared without regard to case.
 *
 * @throws {SyntaxError} naming the line, when a quote is not closed, or a row has more fields than there are names
 * @see RFC 4180; line ends may also be LF alone, and a byte order mark is skipped
 */
export function readCsv(text: string): readonly CsvRow[] {
  const [names, ...rows] = recordsOf(text.replace(/^\uFEFF/u, ''))
  if (names === undefined) return []
  const keys = names.fields.map((name) => name.trim().toLowerCase())
  return rows.map(({ fields, line }) => {
    if (fields.length > keys.length) {
      throw new SyntaxError(`line ${line} has ${fields.length} fields, the first line names ${keys.length}`)
    }
    return new Map(keys.map((key, i) => [key, (fields[i] ?? '').trim()]))
  })
}

interface CsvRecord {
  readonly fields: readonly string[]
  /** Where it begins, from 1. */
  readonly line: number
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/uy

function recordsOf(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = []
  let fields: string[] = []
  let line = 1
  let begun = 1
  FIELD.lastIndex = 0
  while (FIELD.lastIndex < text.length || fields.length > 0) {
    const match = FIELD.exec(text)
    if (match === null) throw new SyntaxError(`line ${line}: a quote within a field, or one that is not closed`)
    const [whole, quoted, plain = '', end] = match
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    line += whole.split(/\r\n|\r|\n/u).length - 1
    if (end === ',') continue
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line: begun })
    fields = []
    begun = line
    if (end === '') break
  }
  return records
}
