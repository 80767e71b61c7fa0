import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  canonicalJson,
  digestOfJson,
  JsonInvalid,
  NotCanonical,
  parseJson,
} from '../../minter/domain/canonical-json.ts'
import { decodeUtf8, encodeUtf8, TextInvalid } from '../../minter/domain/utf8.ts'

/** The canonical form as text. */
function textOf(value: unknown): string {
  return decodeUtf8(canonicalJson(value))
}

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value')),
  ),
})).value

describe('minter/domain/canonical-json', () => {
  describe('canonicalJson', () => {
    it('sorts keys by UTF-16 code units, as the example of RFC 8785, section 3.2.3, has them', () => {
      const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
      const text = textOf(Object.fromEntries(sorted.toReversed().map((key) => [key, 0])))
      expect(text).to.equal(`{${sorted.map((key) => `${JSON.stringify(key)}:0`).join(',')}}`)
    })

    it('writes no white space and escapes only what it must', () => {
      expect(textOf({ b: [1, 'é"\\\n\u001f'], a: null })).to.equal('{"a":null,"b":[1,"é\\"\\\\\\n\\u001f"]}')
    })

    it('gives JSON that reads back as the same value', () => {
      fc.assert(
        fc.property(json, (value) => {
          expect(parseJson(canonicalJson(value))).to.deep.equal(value)
        }),
      )
    })

    it('gives the same bytes whatever order keys were set in', () => {
      fc.assert(
        fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
          const reversed = Object.fromEntries(Object.entries(value).toReversed())
          expect(digestOfJson(reversed)).to.equal(digestOfJson(value))
        }),
      )
    })

    it('leaves out keys that are undefined', () => {
      expect(textOf({ a: undefined, b: 1 })).to.equal('{"b":1}')
    })

    it('throws NOT_CANONICAL with the path for a fraction, NaN, a bigint, a date, or a lone surrogate', () => {
      for (const bad of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1n, new Date(0), '\ud800', () => 0]) {
        expect(() => canonicalJson({ a: [1, bad] }))
          .to.throw(NotCanonical)
          .with.property('path', 'a[1]')
      }
    })
  })

  describe('parseJson', () => {
    it('throws JSON_INVALID for text that is not JSON, TEXT_INVALID for bytes that are no text', () => {
      expect(() => parseJson(encodeUtf8('{'))).to.throw(JsonInvalid)
      expect(() => parseJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))).to.throw(TextInvalid)
    })
  })

  describe('decodeUtf8', () => {
    it('reads back any text, also when it is longer than one run', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme' }), (text) => {
          expect(decodeUtf8(encodeUtf8(text))).to.equal(text)
        }),
      )
      const long = 'a%é€😀'.repeat(20_000)
      expect(decodeUtf8(encodeUtf8(long))).to.equal(long)
    })
  })
})
