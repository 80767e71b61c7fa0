import { ACTIVATIONS } from './activation.ts'
import {
  type Architecture,
  blockResolutions,
  type BlockKwargs,
  channelsAt,
  type DiscriminatorKwargs,
  type EpilogueKwargs,
  featureCount,
  type GeneratorKwargs,
  type MappingKwargs,
  planDiscriminator,
  planGenerator,
  type SynthesisKwargs,
} from './architecture.ts'
import type { BundleDescription, MergedAdapter } from './bundle.ts'
import { BundleInvalid } from './errors.ts'
import { parseStrictJson } from './strict-json.ts'
import { encodeUtf8 } from './utf8.ts'

/** Bounds that any sensible model keeps, so that a description cannot ask for shapes without end. */
const LARGEST = { resolution: 4096, channels: 65536, layers: 64, taps: 64, kernel: 15, name: 100 } as const

const ARCHITECTURES: readonly Architecture[] = ['orig', 'skip', 'resnet']

type Fields = Readonly<Record<string, unknown>>

/** Checks a value; `path` is its name in what is thrown. */
type Reader<Value> = (value: unknown, path: string) => Value

/** A reader for every argument; the compiler sees that none is forgotten. */
type Readers<Kwargs> = { readonly [Key in keyof Kwargs]-?: Reader<Exclude<Kwargs[Key], undefined>> }

const CHANNEL_READERS = {
  channel_base: integer(1, LARGEST.channels * LARGEST.resolution),
  channel_max: integer(1, LARGEST.channels),
  architecture: oneOf(ARCHITECTURES),
  conv_clamp: orNull(number((value) => value > 0, 'a number above 0')),
  num_fp16_res: integer(0, LARGEST.layers),
}

const MAPPING: Readers<MappingKwargs> = {
  num_layers: integer(1, LARGEST.layers),
  embed_features: orNull(integer(1, LARGEST.channels)),
  layer_features: orNull(integer(1, LARGEST.channels)),
  activation: oneOf(ACTIVATIONS),
  lr_multiplier: number((value) => value > 0, 'a number above 0'),
  w_avg_beta: orNull(number((value) => value >= 0 && value <= 1, 'a number from 0 to 1')),
}

const SYNTHESIS: Readers<SynthesisKwargs> = {
  ...CHANNEL_READERS,
  resample_filter: filterTaps,
  kernel_size: oddKernel,
  activation: oneOf(ACTIVATIONS),
  use_noise: flag,
  fp16_channels_last: flag,
}

const BLOCK: Readers<BlockKwargs> = {
  activation: oneOf(ACTIVATIONS),
  resample_filter: filterTaps,
  freeze_layers: integer(0, LARGEST.layers),
  fp16_channels_last: flag,
}

const EPILOGUE: Readers<EpilogueKwargs> = {
  mbstd_group_size: orNull(integer(1, LARGEST.channels)),
  mbstd_num_channels: integer(0, LARGEST.channels),
  activation: oneOf(ACTIVATIONS),
}

const IMAGE_READERS = {
  c_dim: integer(0, LARGEST.channels),
  img_channels: integer(1, 4),
}

const GENERATOR: Readers<GeneratorKwargs> = {
  ...IMAGE_READERS,
  z_dim: integer(0, LARGEST.channels),
  w_dim: integer(1, LARGEST.channels),
  img_resolution: resolution(4),
  mapping_kwargs: (value, path) => readKwargs(value, path, MAPPING, []),
  synthesis_kwargs: (value, path) => readKwargs(value, path, SYNTHESIS, []),
}

const DISCRIMINATOR: Readers<DiscriminatorKwargs> = {
  ...IMAGE_READERS,
  ...CHANNEL_READERS,
  // Its 4 x 4 block reads what a finer block hands on.
  img_resolution: resolution(8),
  cmap_dim: orNull(integer(1, LARGEST.channels)),
  block_kwargs: (value, path) => readKwargs(value, path, BLOCK, []),
  mapping_kwargs: (value, path) => readKwargs(value, path, MAPPING, []),
  epilogue_kwargs: (value, path) => readKwargs(value, path, EPILOGUE, []),
}

/**
 * Reads a bundle's description of itself.
 *
 * @param json the text in the file's metadata
 * @throws {BundleInvalid} naming the field
 */
export function parseDescription(json: string | undefined): BundleDescription {
  if (json === undefined) throw new BundleInvalid('it has no description')
  const parsed = parseStrictJson(encodeUtf8(json), {
    fail: (problem, at, cause) =>
      new BundleInvalid(`its description, at its byte ${at}: ${problem}`, {}, cause === undefined ? {} : { cause }),
  })
  const fields = record(parsed, 'description')
  const G = parseGenerator(fields['G'])
  const D = parseDiscriminator(fields['D'])
  for (const key of ['c_dim', 'img_resolution', 'img_channels'] as const) {
    if (G[key] !== D[key]) throw new BundleInvalid(`${key} is ${G[key]} in G but ${D[key]} in D`)
  }
  return {
    ...fields,
    name: text(fields, 'name'),
    G,
    D,
    kimg: number((value) => value >= 0, 'a number from 0')(fields['kimg'], 'kimg'),
    datasetRoot: text(fields, 'datasetRoot'),
    licence: text(fields, 'licence'),
    classes: fields['classes'] === undefined ? undefined : classNames(fields['classes'], G.c_dim),
    contact: fields['contact'] === undefined ? undefined : text(fields, 'contact'),
    imported: fields['imported'] === undefined ? undefined : record(fields['imported'], 'imported'),
    parent: fields['parent'] === undefined ? undefined : text(fields, 'parent'),
    adapters: fields['adapters'] === undefined ? undefined : mergedAdapters(fields['adapters']),
  }
}

/**
 * Reads the arguments of a generator.
 *
 * @throws {BundleInvalid} naming the argument, also one that no generator takes
 */
export function parseGenerator(value: unknown): GeneratorKwargs {
  const kwargs = readKwargs(value, 'G', GENERATOR, ['z_dim', 'c_dim', 'w_dim', 'img_resolution', 'img_channels'])
  if (kwargs.z_dim === 0 && kwargs.c_dim === 0) throw wrong('G.z_dim', 0, 'at least 1 in a network without labels')
  checkFinestChannels('G.synthesis_kwargs', kwargs.img_resolution, planGenerator(kwargs).synthesis_kwargs)
  return kwargs
}

/**
 * Reads the arguments of a discriminator.
 *
 * @throws {BundleInvalid} naming the argument, also one that no discriminator takes
 */
export function parseDiscriminator(value: unknown): DiscriminatorKwargs {
  const kwargs = readKwargs(value, 'D', DISCRIMINATOR, ['c_dim', 'img_resolution', 'img_channels'])
  const plan = planDiscriminator(kwargs)
  checkFinestChannels('D', kwargs.img_resolution, plan)
  const { mbstd_num_channels: parts } = plan.epilogue_kwargs
  const channels = featureCount(kwargs)
  if (parts > 0 && channels % parts !== 0) {
    throw wrong('D.epilogue_kwargs.mbstd_num_channels', parts, `a divisor of the ${channels} channels at 4 x 4`)
  }
  return kwargs
}

function checkFinestChannels(
  path: string,
  finest: number,
  channels: { readonly channel_base: number; readonly channel_max: number },
): void {
  if (channelsAt(finest, channels) === 0) {
    throw wrong(`${path}.channel_base`, channels.channel_base, `at least ${finest}, a channel at the finest resolution`)
  }
}

function readKwargs<Kwargs extends object>(
  value: unknown,
  path: string,
  readers: Readers<Kwargs>,
  required: readonly string[],
): Kwargs {
  const fields = record(value, path)
  assertKwargs(fields, path, readers, required)
  return fields
}

function assertKwargs<Kwargs extends object>(
  fields: Fields,
  path: string,
  readers: Readers<Kwargs>,
  required: readonly string[],
): asserts fields is Fields & Kwargs {
  const unknown = Object.keys(fields).find((key) => !Object.hasOwn(readers, key))
  if (unknown !== undefined) {
    throw wrong(`${path}.${unknown}`, fields[unknown], `no such argument, only ${Object.keys(readers).join(', ')}`)
  }
  for (const [key, reader] of Object.entries<Reader<unknown>>(readers)) {
    if (fields[key] !== undefined || required.includes(key)) reader(fields[key], `${path}.${key}`)
  }
}

function integer(least: number, most: number): Reader<number> {
  return number(
    (value) => Number.isInteger(value) && value >= least && value <= most,
    `an integer from ${least} to ${most}`,
  )
}

function number(holds: (value: number) => boolean, wanted: string): Reader<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value)) throw wrong(path, value, wanted)
    return value
  }
}

function orNull<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (value, path) => (value === null ? null : reader(value, path))
}

function oneOf<Value extends string>(values: readonly Value[]): Reader<Value> {
  return (value, path) => {
    const found = values.find((known) => known === value)
    if (found === undefined) throw wrong(path, value, `one of ${values.join(', ')}`)
    return found
  }
}

function resolution(least: number): Reader<number> {
  return (value, path) => {
    const size = integer(least, LARGEST.resolution)(value, path)
    if (blockResolutions(size).at(-1) !== size) throw wrong(path, value, 'a power of two')
    return size
  }
}

function oddKernel(value: unknown, path: string): number {
  const size = integer(1, LARGEST.kernel)(value, path)
  if (size % 2 === 0) throw wrong(path, value, 'an odd number')
  return size
}

function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw wrong(path, value, 'true or false')
  return value
}

function filterTaps(value: unknown, path: string): readonly number[] {
  const wanted = `1 to ${LARGEST.taps} finite numbers whose sum is not 0`
  if (!Array.isArray(value) || value.length === 0 || value.length > LARGEST.taps) throw wrong(path, value, wanted)
  const taps = value.map((tap, i) => number(() => true, 'a finite number')(tap, `${path}[${i}]`))
  const sum = taps.reduce((total, tap) => total + tap, 0)
  if (sum === 0 || !Number.isFinite(sum)) throw wrong(path, value, wanted)
  return taps
}

function classNames(value: unknown, cDim: number): readonly string[] {
  const wanted = `${cDim} different names, of 1 to ${LARGEST.name} characters`
  if (cDim === 0) throw wrong('classes', value, 'none, since c_dim is 0')
  if (!Array.isArray(value) || value.length !== cDim || new Set(value).size !== cDim) {
    throw wrong('classes', value, wanted)
  }
  return value.map((name: unknown, i) => {
    if (typeof name !== 'string' || name === '' || name.length > LARGEST.name)
      throw wrong(`classes[${i}]`, name, wanted)
    return name
  })
}

function mergedAdapters(value: unknown): readonly MergedAdapter[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong('adapters', value, 'a list of adapters')
  return value.map((item: unknown, i) => {
    const fields = record(item, `adapters[${i}]`)
    const [name, digest, strength] = [text(fields, 'name'), text(fields, 'digest'), text(fields, 'strength')]
    return { name, digest, strength, datasetRoot: text(fields, 'datasetRoot'), licence: text(fields, 'licence') }
  })
}

function text(fields: Fields, key: string): string {
  const value = fields[key]
  if (typeof value !== 'string') throw wrong(key, value, 'a string')
  return value
}

function record(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, value, 'an object')
  return { ...value }
}

function wrong(path: string, value: unknown, wanted: string): BundleInvalid {
  return new BundleInvalid(`its description has ${path} ${JSON.stringify(value ?? null)}, expected ${wanted}`)
}
