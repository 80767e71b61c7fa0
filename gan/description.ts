import { blockResolutions, type Architecture, type DiscriminatorKwargs, type GeneratorKwargs } from './architecture.ts'
import type { BundleDescription } from './bundle.ts'
import { BundleInvalid } from './errors.ts'
import { parseStrictJson } from './strict-json.ts'
import { encodeUtf8 } from './utf8.ts'

/** Bounds that any sensible model keeps, so that a description cannot ask for shapes without end. */
const LARGEST = { resolution: 4096, channels: 65536, layers: 64 } as const

type Fields = Readonly<Record<string, unknown>>

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
  const G = parseGenerator(record(fields['G'], 'G'))
  const D = parseDiscriminator(record(fields['D'], 'D'))
  for (const key of ['c_dim', 'img_resolution', 'img_channels'] as const) {
    if (G[key] !== D[key]) throw new BundleInvalid(`${key} is ${G[key]} in G but ${D[key]} in D`)
  }
  const kimg = fields['kimg']
  if (typeof kimg !== 'number' || !Number.isFinite(kimg) || kimg < 0) throw wrong('kimg', kimg, 'a number from 0')
  return {
    ...fields,
    name: text(fields, 'name'),
    G,
    D,
    kimg,
    datasetRoot: text(fields, 'datasetRoot'),
    licence: text(fields, 'licence'),
    contact: fields['contact'] === undefined ? undefined : text(fields, 'contact'),
  }
}

function parseGenerator(fields: Fields): GeneratorKwargs {
  const mapping = record(fields['mapping_kwargs'], 'G.mapping_kwargs')
  const synthesis = record(fields['synthesis_kwargs'], 'G.synthesis_kwargs')
  return {
    ...fields,
    z_dim: count(fields, 'z_dim', 1, LARGEST.channels),
    w_dim: count(fields, 'w_dim', 1, LARGEST.channels),
    ...imageShape(fields),
    mapping_kwargs: { ...mapping, num_layers: count(mapping, 'num_layers', 1, LARGEST.layers) },
    synthesis_kwargs: { ...synthesis, ...channelShape(synthesis) },
  }
}

function parseDiscriminator(fields: Fields): DiscriminatorKwargs {
  const mapping = record(fields['mapping_kwargs'] ?? {}, 'D.mapping_kwargs')
  const epilogue = record(fields['epilogue_kwargs'], 'D.epilogue_kwargs')
  if (mapping['num_layers'] !== undefined) count(mapping, 'num_layers', 1, LARGEST.layers)
  return {
    ...fields,
    ...imageShape(fields),
    ...channelShape(fields),
    mapping_kwargs: mapping,
    epilogue_kwargs: {
      ...epilogue,
      mbstd_group_size: count(epilogue, 'mbstd_group_size', 1, LARGEST.channels),
      mbstd_num_channels: count(epilogue, 'mbstd_num_channels', 0, LARGEST.channels),
    },
  }
}

function imageShape(fields: Fields): { c_dim: number; img_resolution: number; img_channels: number } {
  const img_resolution = count(fields, 'img_resolution', 4, LARGEST.resolution)
  if (blockResolutions(img_resolution).at(-1) !== img_resolution) {
    throw wrong('img_resolution', img_resolution, 'a power of two')
  }
  return {
    c_dim: count(fields, 'c_dim', 0, LARGEST.channels),
    img_resolution,
    img_channels: count(fields, 'img_channels', 1, 4),
  }
}

function channelShape(fields: Fields): { channel_base: number; channel_max: number; architecture?: Architecture } {
  const shape = {
    channel_base: count(fields, 'channel_base', 1, LARGEST.channels * LARGEST.resolution),
    channel_max: count(fields, 'channel_max', 1, LARGEST.channels),
  }
  const { architecture } = fields
  if (architecture === undefined) return shape
  if (architecture !== 'orig' && architecture !== 'skip' && architecture !== 'resnet') {
    throw wrong('architecture', architecture, '"orig", "skip" or "resnet"')
  }
  return { ...shape, architecture }
}

function count(fields: Fields, key: string, least: number, most: number): number {
  const value = fields[key]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw wrong(key, value, `an integer from ${least} to ${most}`)
  }
  return value
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

function wrong(key: string, value: unknown, wanted: string): BundleInvalid {
  return new BundleInvalid(`its description has ${key} ${JSON.stringify(value ?? null)}, expected ${wanted}`)
}
