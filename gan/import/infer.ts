import { CheckpointInvalid } from './errors.ts'
import type { Kwargs, SourceTensor } from './networks.ts'

type Tensors = ReadonlyMap<string, SourceTensor>

/**
 * The arguments of a generator that its tensors tell: all but those that leave no trace in names and shapes, such as
 * conv_clamp.
 *
 * @throws {CheckpointInvalid} when a tensor that every generator has is missing
 */
export function inferGenerator(tensors: Tensors): Kwargs {
  const resolutions = resolutionsOf(tensors, 'synthesis.')
  const finest = Math.max(...resolutions)
  const convolution = axis(tensors, 'synthesis.b4.conv1.weight', 2)
  const w_dim = axis(tensors, 'synthesis.b4.conv1.affine.weight', 1)
  const embedded = tensors.has('mapping.embed.weight') ? axis(tensors, 'mapping.embed.weight', 0) : 0
  const channels = resolutions.map((r) => [r, axis(tensors, `synthesis.b${r}.conv1.weight`, 0)] as const)
  return {
    z_dim: axis(tensors, 'mapping.fc0.weight', 1) - embedded,
    c_dim: embedded === 0 ? 0 : axis(tensors, 'mapping.embed.weight', 1),
    w_dim,
    img_resolution: finest,
    img_channels: axis(tensors, `synthesis.b${finest}.torgb.weight`, 0),
    mapping_kwargs: inferMapping(tensors, w_dim, false),
    synthesis_kwargs: {
      ...channelShape(channels),
      architecture: architectureOf(tensors, 'synthesis.', 'torgb', resolutions),
      ...(convolution === 3 ? {} : { kernel_size: convolution }),
      ...(tensors.has('synthesis.b4.conv1.noise_strength') ? {} : { use_noise: false }),
    },
  }
}

/**
 * The arguments of a discriminator that its tensors tell.
 *
 * @throws {CheckpointInvalid} when a tensor that every discriminator has is missing
 */
export function inferDiscriminator(tensors: Tensors): Kwargs {
  const resolutions = resolutionsOf(tensors, '')
  const finest = Math.max(...resolutions)
  const features = axis(tensors, 'b4.conv.weight', 0)
  const conditional = tensors.has('mapping.embed.weight')
  const cmap_dim = axis(tensors, 'b4.out.weight', 0)
  const channels = resolutions.map(
    (r) => [r, axis(tensors, r === 4 ? 'b4.conv.weight' : `b${r}.conv0.weight`, 0)] as const,
  )
  return {
    c_dim: conditional ? axis(tensors, 'mapping.embed.weight', 1) : 0,
    img_resolution: finest,
    img_channels: axis(tensors, `b${finest}.fromrgb.weight`, 1),
    architecture: architectureOf(tensors, '', 'fromrgb', resolutions),
    ...channelShape(channels),
    ...(conditional && cmap_dim !== features ? { cmap_dim } : {}),
    mapping_kwargs: conditional ? inferMapping(tensors, cmap_dim, true) : {},
    epilogue_kwargs: { mbstd_num_channels: axis(tensors, 'b4.conv.weight', 1) - features },
  }
}

/** @param isLabels whether it is that of a discriminator, whose mapping keeps no mean style anyway */
function inferMapping(tensors: Tensors, wDim: number, isLabels: boolean): Kwargs {
  let num_layers = 0
  while (tensors.has(`mapping.fc${num_layers}.weight`)) num_layers++
  const width = num_layers > 1 ? axis(tensors, 'mapping.fc0.weight', 0) : wDim
  const embedded = tensors.has('mapping.embed.weight') ? axis(tensors, 'mapping.embed.weight', 0) : wDim
  return {
    num_layers,
    ...(isLabels || tensors.has('mapping.w_avg') ? {} : { w_avg_beta: null }),
    ...(width === wDim ? {} : { layer_features: width }),
    ...(embedded === wDim ? {} : { embed_features: embedded }),
  }
}

function resolutionsOf(tensors: Tensors, prefix: string): readonly number[] {
  const found = new Set<number>()
  for (const name of tensors.keys()) {
    const [, resolution] = name.startsWith(prefix) ? (/^b(\d{1,5})\./.exec(name.slice(prefix.length)) ?? []) : []
    if (resolution !== undefined) found.add(Number(resolution))
  }
  if (!found.has(4)) throw new CheckpointInvalid('missing', { tensor: `${prefix}b4` })
  return [...found].toSorted((a, b) => a - b)
}

function architectureOf(tensors: Tensors, prefix: string, image: string, resolutions: readonly number[]): string {
  if (resolutions.some((r) => tensors.has(`${prefix}b${r}.skip.weight`))) return 'resnet'
  const images = resolutions.filter((r) => tensors.has(`${prefix}b${r}.${image}.weight`))
  return images.length === resolutions.length ? 'skip' : 'orig'
}

/** The least channel_base that gives these channels; any other that does gives the same network. */
function channelShape(channels: readonly (readonly [resolution: number, count: number])[]): Kwargs {
  const channel_max = Math.max(...channels.map(([, count]) => count))
  const channel_base = Math.max(...channels.map(([resolution, count]) => resolution * count))
  const wrong = channels.find(([resolution, count]) => {
    return Math.min(Math.floor(channel_base / resolution), channel_max) !== count
  })
  if (wrong !== undefined) {
    throw new CheckpointInvalid(`${wrong[1]} channels at ${wrong[0]} pixels do not follow from any channel_base`)
  }
  return { channel_base, channel_max }
}

function axis(tensors: Tensors, name: string, which: number): number {
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new CheckpointInvalid('missing', { tensor: name })
  const size = tensor.shape[which]
  if (size === undefined) throw new CheckpointInvalid(`it has shape [${tensor.shape.join(', ')}]`, { tensor: name })
  return size
}
