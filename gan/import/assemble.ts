import { discriminatorShapes, generatorShapes, type WeightShapes } from '../architecture.ts'
import type { BundleDescription, Weights } from '../bundle.ts'
import { parseDescription } from '../description.ts'
import { BundleInvalid } from '../errors.ts'
import type { Checkpoint } from './checkpoint.ts'
import { CheckpointAmbiguous, CheckpointInvalid, CheckpointUnsupported } from './errors.ts'
import { isGroup, mergeKwargs, withFacts } from './facts.ts'
import { inferDiscriminator, inferGenerator } from './infer.ts'
import type { Json, Kwargs, NetworkName, SourceNetwork, SourceTensor } from './networks.ts'

/** What a caller says beside the file. */
export interface Import {
  readonly checkpoint: Checkpoint
  /** Where the discriminator is, when it is in a file of its own. */
  readonly discriminator?: Checkpoint
  /** Which of the two generators becomes the bundle's. */
  readonly network: 'G_ema' | 'G'
  /** Constructor arguments under their official names; they come before what the tensors tell. */
  readonly kwargs: { readonly G?: Kwargs; readonly D?: Kwargs }
  readonly about: Omit<BundleDescription, 'G' | 'D'>
}

/** A model as an official file has it: all of a bundle but the calibration. */
export interface Imported {
  readonly description: BundleDescription
  readonly generator: Weights
  readonly discriminator: Weights
  /** Arguments that neither file nor caller say, as `field = value`; none of them changes a picture. */
  readonly assumed: readonly string[]
  /** Tensors and other things of the file that are not part of the model. */
  readonly dropped: readonly string[]
}

const FILTER = '.resample_filter'
const GENERATOR_FILTERS = /^synthesis\.b\d+(?:\.conv0|\.skip)?\.resample_filter$/
const DISCRIMINATOR_FILTERS = /^b(?!4\.)\d+(?:\.conv1|\.skip)?\.resample_filter$/
const COUNTERS = /(^|\.)num_batches_tracked$/
const USUAL_TAPS = [1, 3, 3, 1]
/** What float16 leaves of a filter. */
const FILTER_TOLERANCE = 1e-3

/**
 * Makes a model of official networks: their arguments, checked against their instances and tensors, and their weights.
 *
 * @throws {CheckpointInvalid} when a tensor is missing, extra, misshapen or not finite
 * @throws {CheckpointUnsupported} when it is not a network that this engine computes
 * @throws {CheckpointAmbiguous} when something that changes pictures is said nowhere
 */
export function assembleModel({ checkpoint, discriminator, network, kwargs, about }: Import): Imported {
  const sources = { G: sourceOf(checkpoint, network), D: sourceOf(discriminator ?? checkpoint, 'D') }
  const assumed: string[] = []
  const G = argumentsOf('G', sources.G, kwargs.G, assumed)
  const D = argumentsOf('D', sources.D, kwargs.D, assumed)
  const description = describe({ ...about, G, D })
  const shapes = { G: generatorShapes(description.G), D: discriminatorShapes(description.D) }
  expectNumbers(shapes.G, checkpoint)
  expectNumbers(shapes.D, discriminator ?? checkpoint)
  const dropped: string[] = [...checkpoint.ignored]
  return {
    description,
    generator: weightsOf(shapes.G, sources.G, 'G', G, dropped),
    discriminator: weightsOf(shapes.D, sources.D, 'D', D, dropped),
    assumed,
    dropped,
  }
}

/** Tensors may share their storage, and then a small file could ask for any memory. */
function expectNumbers(shapes: WeightShapes, { mostNumbers }: Checkpoint): void {
  const wanted = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((size, side) => size * side, 1), 0)
  if (wanted > mostNumbers)
    throw new CheckpointInvalid(`a network of ${wanted} numbers in a file that cannot hold them`)
}

/** The arguments, if they are such as a network may have. */
function describe(description: object): BundleDescription {
  try {
    return parseDescription(JSON.stringify(description))
  } catch (cause) {
    if (!(cause instanceof BundleInvalid)) throw cause
    throw new CheckpointUnsupported('arguments', cause.message)
  }
}

function sourceOf({ networks }: Checkpoint, name: NetworkName): SourceNetwork {
  const source = networks.get(name)
  if (source !== undefined) return source
  const found = [...networks.keys()].join(', ')
  if (name !== 'D') throw new CheckpointInvalid(`it has no ${name}, only ${found}`)
  throw new CheckpointAmbiguous('D', `the file has only ${found}, and candidates are judged by the discriminator`)
}

function argumentsOf(kind: 'G' | 'D', source: SourceNetwork, given: Kwargs = {}, assumed: string[]): Kwargs {
  const inferred = kind === 'G' ? inferGenerator(source.tensors) : inferDiscriminator(source.tensors)
  const said = mergeKwargs(source.kwargs === null ? {} : withFacts(source, kind), given)
  expectClass(source, kind)
  const kwargs = mergeKwargs(inferred, said)
  const group = kind === 'G' ? kwargs['synthesis_kwargs'] : kwargs
  const described = kind === 'G' ? isSaid(given, 'synthesis_kwargs') : Object.keys(given).length > 0
  if (source.kwargs === null && !isSaid(group, 'conv_clamp') && !described) {
    throw new CheckpointAmbiguous(
      kind === 'G' ? 'G.synthesis_kwargs.conv_clamp' : 'D.conv_clamp',
      'tensors alone do not tell it, and it changes pictures: official models that were trained with num_fp16_res have 256, others none',
    )
  }
  if (kind === 'G' || isSaid(kwargs['epilogue_kwargs'], 'mbstd_group_size')) return kwargs
  assumed.push('D.epilogue_kwargs.mbstd_group_size = 4')
  return mergeKwargs(kwargs, { epilogue_kwargs: { mbstd_group_size: 4 } })
}

function isSaid(group: Json | undefined, name: string): boolean {
  return isGroup(group) && Object.hasOwn(group, name)
}

function expectClass({ modules }: SourceNetwork, kind: 'G' | 'D'): void {
  const wanted = kind === 'G' ? 'Generator' : 'Discriminator'
  const [root] = modules
  if (root !== undefined && root.className !== wanted) {
    throw new CheckpointUnsupported(kind, `it is a ${root.className}, expected a ${wanted}`)
  }
}

function weightsOf(
  shapes: WeightShapes,
  { tensors }: SourceNetwork,
  kind: 'G' | 'D',
  kwargs: Kwargs,
  dropped: string[],
): Weights {
  for (const [name, tensor] of tensors) {
    if (shapes.has(name)) continue
    if (name.endsWith(FILTER)) expectFilter(name, tensor, tapsOf(kind, name, kwargs))
    else if (!COUNTERS.test(name)) throw new CheckpointInvalid('not part of this network', { tensor: name })
    else dropped.push(`${kind}.${name}`)
  }
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>()
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new CheckpointInvalid('missing', { tensor: name })
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
      const [came, wanted] = [tensor.shape.join(', '), shape.join(', ')]
      throw new CheckpointInvalid(`it has shape [${came}], expected [${wanted}]`, { tensor: name })
    }
    weights.set(name, { shape, data: tensor.numbers() })
  }
  return weights
}

/**
 * The taps that a filter must have: those of the arguments where the layer resamples, which is the block itself, its skip
 * and the convolution that changes the resolution. The others carry the usual filter along, and never use it.
 */
function tapsOf(kind: 'G' | 'D', name: string, kwargs: Kwargs): readonly number[] {
  const resamples = (kind === 'G' ? GENERATOR_FILTERS : DISCRIMINATOR_FILTERS).test(name)
  const group = kwargs[kind === 'G' ? 'synthesis_kwargs' : 'block_kwargs']
  const taps = resamples && isGroup(group) ? group['resample_filter'] : undefined
  return Array.isArray(taps) ? taps.map(Number) : USUAL_TAPS
}

/** A filter is a constant that every layer carries along; another one would be another network. */
function expectFilter(name: string, { shape, numbers }: SourceTensor, taps: readonly number[]): void {
  const sum = taps.reduce((total, tap) => total + tap, 0)
  const expected = taps.flatMap((row) => taps.map((column) => (row * column) / (sum * sum)))
  const values = shape.join() === `${taps.length},${taps.length}` ? numbers() : []
  const agrees = expected.every((value, i) => Math.abs(value - (values[i] ?? Number.NaN)) <= FILTER_TOLERANCE)
  if (!agrees) throw new CheckpointUnsupported(name, `its filter is not that of the taps ${taps.join(', ')}`)
}
