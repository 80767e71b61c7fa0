/** Red, green and blue, 0 to 255. */
export type Dye = readonly [number, number, number]

/** The colours of one cloth, by the part that they play in it. */
export interface Palette {
  readonly name: string
  readonly ground: Dye
  readonly motif: Dye
  readonly outline: Dye
  readonly core: Dye
  readonly accent: Dye
  readonly border: Dye
}

export const COTTON: Dye = [238, 228, 206]
export const CREAM: Dye = [226, 208, 172]
export const INDIGO_DEEP: Dye = [28, 40, 82]
export const INDIGO: Dye = [48, 76, 130]
export const INDIGO_PALE: Dye = [128, 156, 186]
export const MADDER: Dye = [164, 40, 36]
export const BRICK: Dye = [184, 76, 46]
export const ROSE: Dye = [206, 116, 112]
export const LAC: Dye = [130, 22, 54]
export const WELD: Dye = [226, 178, 66]
export const OCHRE: Dye = [202, 140, 58]
export const WALNUT: Dye = [66, 44, 36]
const WALNUT_PALE: Dye = [132, 94, 64]
export const POMEGRANATE: Dye = [98, 112, 58]
export const TEAL: Dye = [36, 96, 96]
export const AUBERGINE: Dye = [76, 32, 66]
export const IRON: Dye = [34, 32, 36]

function palette(name: string, dyes: readonly [Dye, Dye, Dye, Dye, Dye, Dye]): Palette {
  const [ground, motif, outline, core, accent, border] = dyes
  return { name, ground, motif, outline, core, accent, border }
}

/** Cloths that a dyer could have made: each from three or four vats, some of them used twice. */
export const PALETTES: readonly Palette[] = [
  palette('bukhara', [MADDER, INDIGO_DEEP, COTTON, WELD, ROSE, TEAL]),
  palette('samarkand', [COTTON, MADDER, INDIGO_DEEP, WELD, INDIGO, MADDER]),
  palette('margilan', [WELD, LAC, COTTON, TEAL, INDIGO_DEEP, BRICK]),
  palette('sumba', [INDIGO_DEEP, BRICK, COTTON, OCHRE, INDIGO_PALE, WALNUT]),
  palette('flores', [WALNUT, OCHRE, CREAM, BRICK, INDIGO_PALE, INDIGO_DEEP]),
  palette('kurume', [INDIGO_DEEP, INDIGO_PALE, COTTON, INDIGO, COTTON, INDIGO]),
  palette('patola', [LAC, POMEGRANATE, COTTON, WELD, IRON, OCHRE]),
  palette('khotan', [CREAM, INDIGO, ROSE, LAC, WELD, TEAL]),
  palette('pomegranate', [POMEGRANATE, MADDER, CREAM, WELD, WALNUT, OCHRE]),
  palette('namangan', [AUBERGINE, ROSE, COTTON, LAC, WELD, INDIGO]),
  palette('kokand', [TEAL, CREAM, WALNUT, MADDER, WELD, BRICK]),
  palette('sand', [CREAM, WALNUT_PALE, COTTON, INDIGO_DEEP, BRICK, WALNUT]),
]
