import type { Recipe } from '../../gan/index.ts'
import type { DatasetManifest } from '../domain/dataset-manifest.ts'
import { SIDE } from './cloth.ts'
import { IKAT_COUNT, IKAT_VERSION, ikatFamily, renderIkat } from './ikat.ts'
import { LOOM_CLASSES, LOOM_COUNT, loomOf, LOOMS_VERSION, renderLoom } from './looms.ts'
import { IKAT_STUDIOS, LOOM_STUDIOS, type Studio, TARTAN_STUDIOS } from './studios.ts'
import { renderTartan, settFolder, TARTAN_COUNT, TARTAN_VERSION } from './tartan.ts'

/** Images that a deterministic renderer draws, image i from seed i. */
export interface DrawnDataset {
  readonly name: string
  readonly renderer: { readonly name: string; readonly version: string }
  readonly count: number
  readonly studios: readonly Studio[]
  /** Digits of a file's name. */
  readonly digits: number
  /** How a piece is made of an image. */
  readonly mirror: Recipe['mirror']
  /** An image as the network is shown it: RGB bytes, SIDE along each side. */
  readonly draw: (seed: number) => Uint8Array
  readonly folderOf: (seed: number) => string
  /** None in a dataset without labels. */
  readonly classes: readonly string[]
  /** Position in `classes`. */
  readonly classOf: (seed: number) => number
}

const UNLABELLED: Pick<DrawnDataset, 'classes' | 'classOf'> = { classes: [], classOf: () => 0 }

/** What manifests call a dataset and its renderer. */
function titled(name: string, version: string): Pick<DrawnDataset, 'name' | 'renderer'> {
  return { name: `${name}-${SIDE}`, renderer: { name: `latentmint-${name}`, version } }
}

/** The datasets that can be drawn again by whoever has the program. */
export const DRAWN_DATASETS = {
  ikat: {
    ...titled('ikat', IKAT_VERSION),
    count: IKAT_COUNT,
    studios: IKAT_STUDIOS,
    digits: 4,
    mirror: 'rimless-quadrant',
    draw: renderIkat,
    folderOf: ikatFamily,
    ...UNLABELLED,
  },
  looms: {
    ...titled('looms', LOOMS_VERSION),
    count: LOOM_COUNT,
    studios: LOOM_STUDIOS,
    digits: 5,
    mirror: 'rimless-quadrant',
    draw: (seed) => renderLoom(loomOf(seed), seed),
    folderOf: (seed) => (LOOM_CLASSES[loomOf(seed)] ?? '').toLowerCase(),
    classes: LOOM_CLASSES,
    classOf: loomOf,
  },
  tartan: {
    ...titled('tartan', TARTAN_VERSION),
    count: TARTAN_COUNT,
    studios: TARTAN_STUDIOS,
    digits: 4,
    mirror: 'woven-sett',
    draw: renderTartan,
    folderOf: settFolder,
    ...UNLABELLED,
  },
} as const satisfies Readonly<Record<string, DrawnDataset>>

/** What `drawnDatasetNamed` knows. */
export const DRAWN_NAMES = Object.keys(DRAWN_DATASETS)

/** The dataset of that name, such as `looms`. */
export function drawnDatasetNamed(name: string): DrawnDataset | undefined {
  return Object.entries<DrawnDataset>(DRAWN_DATASETS).find(([known]) => known === name)?.[1]
}

/** The dataset that a manifest is of, if its renderer is here; a newer or older renderer draws other pixels. */
export function drawnDatasetOf({ renderer }: DatasetManifest): DrawnDataset | undefined {
  return Object.values(DRAWN_DATASETS).find(
    ({ renderer: known }) => known.name === renderer.name && known.version === renderer.version,
  )
}
