/** Five columns by seven rows per letter, one string of rows; a space in the font is a space in the picture. */
const LETTER_WIDTH = 5
export const LETTER_HEIGHT = 7

/** Rows of five bits each, as two hex digits, top to bottom. */
const GLYPHS: Readonly<Record<string, string>> = {
  '0': '0e11131519110e',
  '1': '040c040404040e',
  '2': '0e11010204081f',
  '3': '1f02040201110e',
  '4': '02060a121f0202',
  '5': '1f101e0101110e',
  '6': '0608101e11110e',
  '7': '1f010204080808',
  '8': '0e11110e11110e',
  '9': '0e11110f01020c',
  A: '0e11111f111111',
  B: '1e11111e11111e',
  C: '0e11101010110e',
  D: '1c12111111121c',
  E: '1f10101e10101f',
  F: '1f10101e101010',
  G: '0e11101711110f',
  H: '1111111f111111',
  I: '0e04040404040e',
  J: '0702020202120c',
  K: '11121418141211',
  L: '1010101010101f',
  M: '111b1515111111',
  N: '11111915131111',
  O: '0e11111111110e',
  P: '1e11111e101010',
  Q: '0e11111115120d',
  R: '1e11111e141211',
  S: '0f10100e01011e',
  T: '1f040404040404',
  U: '1111111111110e',
  V: '11111111110a04',
  W: '1111111515150a',
  X: '11110a040a1111',
  Y: '1111110a040404',
  Z: '1f01020408101f',
  '-': '0000001f000000',
  '.': '00000000000c0c',
  ',': '000000000c0408',
  ':': '000c0c000c0c00',
  '/': '01010204081010',
  '#': '0a0a1f0a1f0a0a',
  '+': '0004041f040400',
  "'": '0c040800000000',
}

/**
 * Lists the dots of a line of text, for pictures that must come out the same everywhere: no font of the machine is asked.
 *
 * @param text letters that the font lacks leave a gap; small letters are drawn as capitals
 * @returns columns and rows from the top left of the line, one entry per dot
 */
export function dotsOf(text: string): readonly { readonly x: number; readonly y: number }[] {
  const dots: { x: number; y: number }[] = []
  const letters = Array.from(text.toUpperCase())
  for (const [at, letter] of letters.entries()) {
    const glyph = GLYPHS[letter]
    if (glyph === undefined) continue
    for (let y = 0; y < LETTER_HEIGHT; y++) {
      const row = Number.parseInt(glyph.slice(2 * y, 2 * y + 2), 16)
      for (let x = 0; x < LETTER_WIDTH; x++) {
        if ((row >> (LETTER_WIDTH - 1 - x)) & 1) dots.push({ x: at * (LETTER_WIDTH + 1) + x, y })
      }
    }
  }
  return dots
}

/** Columns that a line of text takes, without the gap after its last letter. */
export function lineWidth(text: string): number {
  return Math.max(0, Array.from(text).length * (LETTER_WIDTH + 1) - 1)
}
