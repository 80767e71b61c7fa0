/** A named colour, as dyers call it. */
interface Dye {
  readonly name: string
  readonly red: number
  readonly green: number
  readonly blue: number
}

function dye(name: string, red: number, green: number, blue: number): Dye {
  return { name, red, green, blue }
}

const UNDYED = dye('Cotton', 236, 224, 200)

/** The vats of a dye house: what a colour is called is the vat that it is nearest to. */
const DYES: readonly Dye[] = [
  UNDYED,
  dye('Indigo', 32, 46, 94),
  dye('Blue', 56, 86, 140),
  dye('Sky', 128, 156, 186),
  dye('Madder', 166, 40, 36),
  dye('Brick', 186, 78, 46),
  dye('Rose', 206, 116, 112),
  dye('Lac', 128, 22, 54),
  dye('Weld', 226, 178, 66),
  dye('Ochre', 202, 140, 58),
  dye('Walnut', 68, 46, 38),
  dye('Bark', 134, 98, 70),
  dye('Pomegranate', 98, 112, 58),
  dye('Teal', 36, 96, 96),
  dye('Aubergine', 78, 34, 68),
  dye('Iron', 30, 30, 34),
  dye('Stone', 150, 146, 140),
]

/** The name of each dye, by the number that `dyeMap` gives. */
export const DYE_NAMES: readonly string[] = DYES.map(({ name }) => name)

/**
 * Which dye each pixel is nearest to.
 *
 * @param rgb row-major, three bytes a pixel
 * @returns one number a pixel, a position in DYE_NAMES
 */
export function dyeMap(rgb: Uint8Array): Uint8Array {
  const map = new Uint8Array(Math.floor(rgb.length / 3))
  for (let i = 0; i < map.length; i++) map[i] = nearestDye(rgb[3 * i] ?? 0, rgb[3 * i + 1] ?? 0, rgb[3 * i + 2] ?? 0)
  return map
}

/**
 * Distance as the eye sees it, nearly, in integers: red counts more in warm colours, blue in cool ones.
 *
 * @see Thiadmer Riemersma, "Colour metric" (compuphase.com/cmetric.htm), which this scales by 512 instead of dividing
 */
function nearestDye(red: number, green: number, blue: number): number {
  let nearest = 0
  let least = Number.POSITIVE_INFINITY
  for (let position = 0; position < DYES.length; position++) {
    const candidate = DYES[position] ?? UNDYED
    const twiceMeanRed = red + candidate.red
    const r = red - candidate.red
    const g = green - candidate.green
    const b = blue - candidate.blue
    const distance = (1024 + twiceMeanRed) * r * r + 2048 * g * g + (1534 - twiceMeanRed) * b * b
    if (distance < least) {
      least = distance
      nearest = position
    }
  }
  return nearest
}
