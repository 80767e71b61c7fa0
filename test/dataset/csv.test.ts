import { expect } from 'chai'
import * as fc from 'fast-check'
import { readCsv } from '../../minter/dataset/csv.ts'

function rowsOf(text: string) {
  return readCsv(text).map((row) => Object.fromEntries(row))
}

describe('minter/dataset/csv readCsv', () => {
  it('reads quotes, commas and line ends in fields, either kind of line end, and a byte order mark', () => {
    const text = '\uFEFFPath, Source\r\n"a,b.png","said ""so"""\nc.png,"two\nlines"\n\nd.png\n'
    expect(rowsOf(text)).to.deep.equal([
      { path: 'a,b.png', source: 'said "so"' },
      { path: 'c.png', source: 'two\nlines' },
      { path: 'd.png', source: '' },
    ])
  })

  for (const text of ['', '\n', 'path\n']) {
    it(`finds no rows in ${JSON.stringify(text)}`, () => expect(rowsOf(text)).to.deep.equal([]))
  }

  for (const [text, line] of [
    ['path\n"a', 2],
    ['path\n\n\na"b', 4],
    ['path,class\n"x\ny",1\na,b,c', 4],
  ] as const) {
    it(`names line ${line} of ${JSON.stringify(text)}`, () => {
      expect(() => readCsv(text)).to.throw(SyntaxError, `line ${line}`)
    })
  }

  it('reads back any fields that were written by the rules', () => {
    const fields = fc.array(
      fc.string().map((text) => text.trim()),
      { minLength: 2, maxLength: 2 },
    )
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1 }), (rows) => {
        const quoted = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(','))
        const read = readCsv(['a,b', ...quoted].join('\r\n')).map((row) => [...row.values()])
        expect(read).to.deep.equal(rows)
      }),
    )
  })
})
