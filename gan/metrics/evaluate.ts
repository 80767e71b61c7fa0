import type { Bundle } from '../bundle.ts'
import { BundleInvalid } from '../errors.ts'
import type { Interpreter } from '../interpreter.ts'
import { MersenneTwister } from '../random.ts'
import {
  checkTrainingSet,
  countImages,
  pickImages,
  shuffledRows,
  type TrainingSet,
  TrainingSetInvalid,
} from '../training/training-set.ts'
import { type Features, productsOf, selectRows } from './features.ts'
import { frechetDistance } from './frechet.ts'
import { kernelDistance } from './kernel.ts'
import { precisionAndRecall } from './manifold.ts'
import { findMemorised, type Memorisation } from './memorisation.ts'
import { type Labels, type MeasuredModel, openMeasuredModel, type Tell } from './networks.ts'
import { RANDOM_FEATURES_VERSION } from './random-features.ts'
import { slicedWasserstein } from './sliced-wasserstein.ts'

const MOST_WALKS = 512
/** Two on either side of the floor: a distance without bias needs them. */
const LEAST_REALS = 4

/** A number, and what other real pictures get in the place of made ones: nothing can be expected to be better. */
export interface WithFloor {
  readonly value: number
  readonly floor: number
}

/** How made pictures compare with real ones, as one network sees them. */
export interface Comparison {
  readonly frechet: WithFloor
  readonly kernel: WithFloor
  readonly precision: WithFloor
  readonly recall: WithFloor
}

export interface ClassComparison extends Pick<Comparison, 'kernel' | 'precision' | 'recall'> {
  readonly name: string
  /** Pictures on each side. */
  readonly count: number
}

/** Everything that is measured of a model. */
export interface Metrics {
  readonly format: 'latentmint-metrics-1'
  readonly features: string
  /** Pictures that were made, and as many real ones on either side of the floor. */
  readonly samples: number
  /** All real pictures that there are. */
  readonly reals: number
  readonly psi: number
  /** Of the first picture; the others follow. */
  readonly seed: number
  readonly random: Comparison
  readonly discriminator: Comparison
  /** Times 1000, finest scale first. */
  readonly slicedWasserstein: readonly (WithFloor & { readonly side: number })[]
  /** Squared random-feature distance per squared step in W; lower is smoother. */
  readonly pathLength: { readonly mean: number; readonly median: number; readonly walks: number }
  /** By random features; none in an unconditional model. */
  readonly classes: readonly ClassComparison[]
  readonly memorisation: Memorisation
}

export interface MetricsOptions {
  /** How many pictures are made; fewer where there are not twice as many real ones. */
  readonly samples: number
  readonly psi: number
  readonly seed: number
  /** Called with what is being done, how much more of it is done, and how much there is of it. */
  readonly onProgress?: (stage: string, count: number, total: number) => void
  /** Lets other things happen, since nothing here does; rejects to stop. */
  readonly pause?: () => Promise<void>
}

/** What was measured, and the pictures that it is about. */
export interface Evaluation {
  readonly metrics: Metrics
  /** RGB bytes of the made pictures, in the order of their seeds. */
  readonly made: Uint8Array
}

/**
 * Compares what a model makes with what it was trained on.
 *
 * The real pictures are shuffled (seeded) and halved: one part is what the made ones are compared with, the other takes
 * their place for the floor. Made pictures have the classes of the first part.
 *
 * @param set of the size and with the classes that the model knows, four pictures at least
 * @throws {TrainingSetInvalid} when the set is not the model's kind
 */
export async function evaluateModel(
  interpreter: Interpreter,
  bundle: Bundle,
  set: TrainingSet,
  options: MetricsOptions,
): Promise<Evaluation> {
  const { G, classes } = bundle.description
  if (G.img_channels !== 3) throw new BundleInvalid(`it makes ${G.img_channels} channels, and metrics are of RGB`)
  if (set.classes.length !== G.c_dim) {
    throw new TrainingSetInvalid(`the images are of ${set.classes.length} classes, the network knows ${G.c_dim}`)
  }
  const reals = countImages(set)
  if (reals < LEAST_REALS) throw new TrainingSetInvalid(`${reals} images, expected ${LEAST_REALS} to compare at least`)
  // An imported model may not know what its classes are called.
  checkTrainingSet(set, G.img_resolution, classes ?? set.classes)
  const model = await openMeasuredModel(interpreter, bundle, options.psi)
  try {
    return await evaluate(model, set, options)
  } finally {
    model.dispose()
  }
}

async function evaluate(model: MeasuredModel, set: TrainingSet, options: MetricsOptions): Promise<Evaluation> {
  const { psi, seed } = options
  const reals = countImages(set)
  const { samples, reference, probe, seeds, labels } = chooseHalves(set, options.samples, seed)
  const stage = stagesOf(options)

  const made = await model.make(seeds, labels, stage('making', samples))
  const looking = stage('looking', reals + samples)
  const seen = { made: await model.look(made, looking), real: await model.look(set.images, looking) }
  const judging = stage('judging', 3 * samples)
  const judge = (rows: readonly number[]) => model.judge(pickImages(set, rows), labelsOf(set, rows), judging)
  const judged = [await judge(reference), await model.judge(made, labels, judging), await judge(probe)] as const

  const comparing = stage('comparing', 5)
  const done = async <T>(result: T): Promise<T> => {
    await comparing(1)
    return result
  }
  const known = selectRows(seen.real, reference)
  const random = await done(compare(known, seen.made, selectRows(seen.real, probe)))
  const discriminator = await done(compare(...judged))
  const sliced = await done(slices(set, made, reference, probe))
  const classes = await done(compareClasses(set, seen, reference, probe))
  const memorisation = await done(findMemorised(set, made, { ...seen, probe, seeds }))
  const walks = Math.min(MOST_WALKS, samples)
  const pathLength = await walkStyles(model, walks, labels, seed, stage('walking', walks))
  const metrics: Metrics = {
    format: 'latentmint-metrics-1',
    features: RANDOM_FEATURES_VERSION,
    samples,
    reals,
    psi,
    seed,
    random,
    discriminator,
    slicedWasserstein: sliced,
    pathLength,
    classes,
    memorisation,
  }
  return { metrics, made }
}

function stagesOf({ onProgress, pause }: MetricsOptions): (stage: string, total: number) => Tell {
  return (stage, total) => async (count) => {
    onProgress?.(stage, count, total)
    await pause?.()
  }
}

/** Which real pictures made ones are compared with, which take their place for the floor, and what is made. */
export interface Halves {
  readonly samples: number
  readonly reference: readonly number[]
  readonly probe: readonly number[]
  readonly seeds: readonly number[]
  /** The class of each seed; null where there are none. */
  readonly labels: readonly number[] | null
}

/** @param wanted how many pictures on each side; fewer where there are not twice as many */
export function chooseHalves(set: TrainingSet, wanted: number, seed: number): Halves {
  const reals = countImages(set)
  const order = shuffledRows(reals, seed)
  const samples = Math.min(wanted, Math.floor(reals / 2))
  const [reference, probe] = [order.slice(0, samples), order.slice(samples, 2 * samples)]
  const seeds = Array.from({ length: samples }, (_, i) => seed + i)
  return { samples, reference, probe, seeds, labels: labelsOf(set, reference) }
}

function labelsOf({ labels }: TrainingSet, rows: readonly number[]): readonly number[] | null {
  return labels === null ? null : rows.map((row) => labels[row])
}

function compare(known: Features, made: Features, other: Features): Comparison {
  return {
    frechet: { value: frechetDistance(known, made), floor: frechetDistance(known, other) },
    ...compareClosely(known, made, other),
  }
}

function compareClosely(known: Features, made: Features, other: Features): Omit<Comparison, 'frechet'> {
  const withMade = productsOf(known, made)
  const withOther = productsOf(known, other, withMade.first)
  const [ofMade, ofOther] = [precisionAndRecall(withMade), precisionAndRecall(withOther)]
  return {
    kernel: { value: kernelDistance(withMade), floor: kernelDistance(withOther) },
    precision: { value: ofMade.precision, floor: ofOther.precision },
    recall: { value: ofMade.recall, floor: ofOther.recall },
  }
}

function compareClasses(
  { labels, classes }: TrainingSet,
  { real, made }: { readonly real: Features; readonly made: Features },
  reference: readonly number[],
  probe: readonly number[],
): readonly ClassComparison[] {
  if (labels === null) return []
  return classes.flatMap((name, label) => {
    const places = [...reference.keys()].filter((i) => labels[reference[i]] === label)
    const others = probe.filter((row) => labels[row] === label)
    const count = Math.min(places.length, others.length)
    // The kernel distance needs two pictures of each.
    if (count < 2) return []
    const chosen = places.slice(0, count)
    const known = selectRows(
      real,
      chosen.map((i) => reference[i]),
    )
    const other = selectRows(real, others.slice(0, count))
    return [{ name, count, ...compareClosely(known, selectRows(made, chosen), other) }]
  })
}

function slices(
  set: TrainingSet,
  made: Uint8Array,
  reference: readonly number[],
  probe: readonly number[],
): Metrics['slicedWasserstein'] {
  const { size } = set
  const [known, other] = [reference, probe].map((rows) => ({ bytes: pickImages(set, rows), size }))
  const [values, floors] = slicedWasserstein(known, [{ bytes: made, size }, other])
  return values.map(({ side, distance }, i) => ({ side, value: distance, floor: floors[i].distance }))
}

async function walkStyles(
  model: MeasuredModel,
  walks: number,
  labels: Labels,
  seed: number,
  tell: Tell,
): Promise<Metrics['pathLength']> {
  const random = new MersenneTwister(seed)
  const ways = Array.from({ length: walks }, (_, i) => {
    return { from: seed + 2 * i, to: seed + 2 * i + 1, at: random.nextDouble() }
  })
  const steps = await model.walk(ways, labels, tell)
  const mean = steps.reduce((sum, step) => sum + step / walks, 0)
  return { mean, median: steps.toSorted()[Math.floor(walks / 2)], walks }
}
