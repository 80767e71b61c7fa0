import { CheckpointUnsupported } from './errors.ts'
import type { Json, Kwargs, SourceNetwork } from './networks.ts'

/** Where an argument shows in the instances of a network: the attribute that holds it, in the modules of these paths. */
interface Trace {
  /** Of the argument, dots between groups. */
  readonly field: string
  readonly path: RegExp
  readonly attribute: string
}

const GENERATOR_TRACES: readonly Trace[] = [
  { field: 'synthesis_kwargs.architecture', path: /^synthesis\.b\d+$/, attribute: 'architecture' },
  { field: 'synthesis_kwargs.conv_clamp', path: /^synthesis\.b\d+\.(conv\d|torgb)$/, attribute: 'conv_clamp' },
  { field: 'synthesis_kwargs.activation', path: /^synthesis\.b\d+\.conv\d$/, attribute: 'activation' },
  { field: 'synthesis_kwargs.use_noise', path: /^synthesis\.b\d+\.conv\d$/, attribute: 'use_noise' },
  { field: 'mapping_kwargs.num_layers', path: /^mapping$/, attribute: 'num_layers' },
  { field: 'mapping_kwargs.w_avg_beta', path: /^mapping$/, attribute: 'w_avg_beta' },
  { field: 'mapping_kwargs.activation', path: /^mapping\.fc\d+$/, attribute: 'activation' },
  { field: 'mapping_kwargs.lr_multiplier', path: /^mapping\.fc\d+$/, attribute: 'bias_gain' },
]

const DISCRIMINATOR_TRACES: readonly Trace[] = [
  { field: 'architecture', path: /^b\d+$/, attribute: 'architecture' },
  // The official last block gives its FromRGB none, whatever the others have.
  { field: 'conv_clamp', path: /^b(?!4\.fromrgb)\d+\.(fromrgb|conv\d?)$/, attribute: 'conv_clamp' },
  { field: 'block_kwargs.activation', path: /^b(?!4\.)\d+\.(fromrgb|conv\d)$/, attribute: 'activation' },
  { field: 'epilogue_kwargs.activation', path: /^b4\.(fromrgb|conv|fc)$/, attribute: 'activation' },
  { field: 'epilogue_kwargs.mbstd_group_size', path: /^b4\.mbstd$/, attribute: 'group_size' },
  { field: 'epilogue_kwargs.mbstd_num_channels', path: /^b4\.mbstd$/, attribute: 'num_channels' },
  { field: 'mapping_kwargs.num_layers', path: /^mapping$/, attribute: 'num_layers' },
  { field: 'mapping_kwargs.activation', path: /^mapping\.fc\d+$/, attribute: 'activation' },
  { field: 'mapping_kwargs.lr_multiplier', path: /^mapping\.fc\d+$/, attribute: 'bias_gain' },
]

/**
 * Completes what a network was called with by what its instances hold, since the defaults of its class are code that is
 * not read here; an edition with other defaults is so imported as what it is.
 *
 * @throws {CheckpointUnsupported} when instances differ from the arguments or from each other: the class that made them
 *   was not the official one, and its pictures would not be those of this engine
 */
export function withFacts(network: SourceNetwork, kind: 'G' | 'D'): Kwargs {
  let kwargs = kind === 'G' ? grouped(network.kwargs ?? {}) : (network.kwargs ?? {})
  for (const { field, path, attribute } of kind === 'G' ? GENERATOR_TRACES : DISCRIMINATOR_TRACES) {
    for (const module of network.modules) {
      const held = module.state.get(attribute)
      if (!path.test(module.path) || !isScalar(held)) continue
      const said = at(kwargs, field)
      if (said === undefined) kwargs = set(kwargs, field.split('.'), held)
      else if (!agrees(said, held)) {
        throw new CheckpointUnsupported(
          `${kind}.${field}`,
          `it is ${JSON.stringify(said)}, but ${module.path} has ${JSON.stringify(held)}`,
        )
      }
    }
  }
  return kwargs
}

const GENERATOR_KWARGS = ['z_dim', 'c_dim', 'w_dim', 'img_resolution', 'img_channels', 'mapping_kwargs']

const isOwn = ([name]: readonly [string, Json]) => GENERATOR_KWARGS.includes(name)

/** A later edition passes the arguments of the synthesis network without a group of their own. */
function grouped(kwargs: Kwargs): Kwargs {
  if (kwargs['synthesis_kwargs'] !== undefined) return kwargs
  const synthesis = Object.entries(kwargs).filter((entry) => !isOwn(entry))
  return {
    ...Object.fromEntries(Object.entries(kwargs).filter(isOwn)),
    synthesis_kwargs: Object.fromEntries(synthesis.filter(([name]) => name !== 'fused_modconv_default')),
  }
}

function isScalar(value: unknown): value is null | boolean | number | string {
  return value === null || ['boolean', 'number', 'string'].includes(typeof value)
}

/** Numbers that went through float32 or a square root on their way into an attribute may differ in the last digits. */
function agrees(said: Json, held: null | boolean | number | string): boolean {
  if (typeof said === 'number' && typeof held === 'number') return Math.abs(said - held) <= 1e-6 * Math.abs(said)
  return said === held
}

function at(kwargs: Kwargs, field: string): Json | undefined {
  let value: Json | undefined = kwargs
  for (const name of field.split('.')) value = isGroup(value) ? value[name] : undefined
  return value
}

function set(kwargs: Kwargs, [name, ...rest]: readonly string[], value: Json): Kwargs {
  if (rest.length === 0) return { ...kwargs, [name]: value }
  const group = kwargs[name]
  return { ...kwargs, [name]: set(isGroup(group) ? group : {}, rest, value) }
}

/** `above` over `below`, group by group. */
export function mergeKwargs(below: Kwargs, above: Kwargs): Kwargs {
  const together: Record<string, Json> = { ...below }
  for (const [name, value] of Object.entries(above)) {
    const group = together[name]
    together[name] = isGroup(group) && isGroup(value) ? mergeKwargs(group, value) : value
  }
  return together
}

/** Whether it is a dict of arguments. */
export function isGroup(value: Json | undefined): value is Kwargs {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
