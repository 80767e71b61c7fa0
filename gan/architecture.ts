import type { Activation } from './activation.ts'

/** How the blocks of a network hand their images on. */
export type Architecture = 'orig' | 'skip' | 'resnet'

/** Arguments of the official MappingNetwork, under their official names and with their official defaults. */
export interface MappingKwargs {
  /** 8 */
  readonly num_layers?: number
  /** Length of an embedded label; null for w_dim. */
  readonly embed_features?: number | null
  /** Width of the layers between; null for w_dim. */
  readonly layer_features?: number | null
  /** lrelu */
  readonly activation?: Activation
  /** 0.01: the mapping learns a hundred times slower than the rest. */
  readonly lr_multiplier?: number
  /** 0.995: how slowly the mean style follows in training; null for a network that keeps none and cannot truncate. */
  readonly w_avg_beta?: number | null
}

/** Arguments of the official SynthesisNetwork and of its blocks and layers. */
export interface SynthesisKwargs {
  /** Feature maps times resolution, 32768. */
  readonly channel_base?: number
  /** The most feature maps, 512. */
  readonly channel_max?: number
  /** skip */
  readonly architecture?: Architecture
  /** Clips what each layer says; null. */
  readonly conv_clamp?: number | null
  /** Taps of the filter of all resampling, of any sum but zero: [1, 3, 3, 1]. */
  readonly resample_filter?: readonly number[]
  /** Side of the filters that are not ToRGB, odd: 3. */
  readonly kernel_size?: number
  /** lrelu */
  readonly activation?: Activation
  /** true */
  readonly use_noise?: boolean
  /** How many of the finest blocks the official code runs in half precision; here all is float32. */
  readonly num_fp16_res?: number
  /** Memory layout of those blocks; nothing depends on it. */
  readonly fp16_channels_last?: boolean
}

/** Arguments of the official Generator. */
export interface GeneratorKwargs {
  /** 0 for a network without latents. */
  readonly z_dim: number
  /** 0 for an unconditional network. */
  readonly c_dim: number
  readonly w_dim: number
  readonly img_resolution: number
  readonly img_channels: number
  readonly mapping_kwargs?: MappingKwargs
  readonly synthesis_kwargs?: SynthesisKwargs
}

/** Arguments of the official DiscriminatorBlock. */
export interface BlockKwargs {
  /** lrelu */
  readonly activation?: Activation
  /** [1, 3, 3, 1] */
  readonly resample_filter?: readonly number[]
  /** How many layers keep what they have learned in training, from the image on. */
  readonly freeze_layers?: number
  readonly fp16_channels_last?: boolean
}

/** Arguments of the official DiscriminatorEpilogue. */
export interface EpilogueKwargs {
  /** How many images share one minibatch standard deviation, 4; null for the whole batch. */
  readonly mbstd_group_size?: number | null
  /** Over how many parts of the channels it is taken, 1; 0 leaves it out. */
  readonly mbstd_num_channels?: number
  /** lrelu */
  readonly activation?: Activation
}

/** Arguments of the official Discriminator. */
export interface DiscriminatorKwargs {
  readonly c_dim: number
  readonly img_resolution: number
  readonly img_channels: number
  /** resnet */
  readonly architecture?: Architecture
  /** 32768 */
  readonly channel_base?: number
  /** 512 */
  readonly channel_max?: number
  readonly num_fp16_res?: number
  /** null */
  readonly conv_clamp?: number | null
  /** Length of a mapped label; null for the channels at 4 x 4. */
  readonly cmap_dim?: number | null
  readonly block_kwargs?: BlockKwargs
  /** Of the labels. */
  readonly mapping_kwargs?: MappingKwargs
  readonly epilogue_kwargs?: EpilogueKwargs
}

/** Arguments of a mapping network with every default in its place. */
export interface MappingPlan extends Required<MappingKwargs> {
  readonly embed_features: number
  readonly layer_features: number
}

/** Arguments of a generator with every default in its place. */
export interface GeneratorPlan extends Required<GeneratorKwargs> {
  readonly mapping_kwargs: MappingPlan
  readonly synthesis_kwargs: Required<SynthesisKwargs>
}

/** Arguments of a discriminator with every default in its place. */
export interface DiscriminatorPlan extends Required<DiscriminatorKwargs> {
  readonly cmap_dim: number
  readonly block_kwargs: Required<BlockKwargs>
  readonly mapping_kwargs: MappingPlan
  readonly epilogue_kwargs: Required<EpilogueKwargs>
}

const CHANNELS = { channel_base: 32768, channel_max: 512 } as const
const RESAMPLE_FILTER = [1, 3, 3, 1] as const
const COARSEST = 4
const KERNEL = 3

/** Fills in the official defaults. */
export function planGenerator(kwargs: GeneratorKwargs): GeneratorPlan {
  return {
    ...kwargs,
    mapping_kwargs: planMapping(kwargs.mapping_kwargs, kwargs.w_dim),
    synthesis_kwargs: {
      ...CHANNELS,
      architecture: 'skip',
      conv_clamp: null,
      resample_filter: RESAMPLE_FILTER,
      kernel_size: 3,
      activation: 'lrelu',
      use_noise: true,
      num_fp16_res: 0,
      fp16_channels_last: false,
      ...kwargs.synthesis_kwargs,
    },
  }
}

/** Fills in the official defaults. */
export function planDiscriminator(kwargs: DiscriminatorKwargs): DiscriminatorPlan {
  const channels = { ...CHANNELS, ...kwargs }
  const cmap_dim = kwargs.cmap_dim ?? channelsAt(COARSEST, channels)
  return {
    architecture: 'resnet',
    num_fp16_res: 0,
    conv_clamp: null,
    ...channels,
    cmap_dim,
    block_kwargs: {
      activation: 'lrelu',
      resample_filter: RESAMPLE_FILTER,
      freeze_layers: 0,
      fp16_channels_last: false,
      ...kwargs.block_kwargs,
    },
    mapping_kwargs: planMapping(kwargs.mapping_kwargs, cmap_dim),
    epilogue_kwargs: { mbstd_group_size: 4, mbstd_num_channels: 1, activation: 'lrelu', ...kwargs.epilogue_kwargs },
  }
}

function planMapping(kwargs: MappingKwargs = {}, wDim: number): MappingPlan {
  return {
    num_layers: 8,
    activation: 'lrelu',
    lr_multiplier: 0.01,
    w_avg_beta: 0.995,
    ...kwargs,
    embed_features: kwargs.embed_features ?? wDim,
    layer_features: kwargs.layer_features ?? wDim,
  }
}

/** Shape of every tensor of a network by its official name, in official order. */
export type WeightShapes = ReadonlyMap<string, readonly number[]>

/** Feature maps at a resolution: `channel_base` shared out, `channel_max` at most. */
export function channelsAt(
  resolution: number,
  kwargs: { readonly channel_base: number; readonly channel_max: number },
): number {
  return Math.min(Math.floor(kwargs.channel_base / resolution), kwargs.channel_max)
}

/** The resolutions of a network's blocks, from 4 up. */
export function blockResolutions(imageResolution: number): readonly number[] {
  const resolutions = []
  for (let resolution = COARSEST; resolution <= imageResolution; resolution *= 2) resolutions.push(resolution)
  return resolutions
}

/** The layers that noise is added in, in the order of the network; none where it has none. */
export function noiseLayers(
  kwargs: GeneratorKwargs,
): readonly { readonly name: string; readonly resolution: number }[] {
  if (!planGenerator(kwargs).synthesis_kwargs.use_noise) return []
  return blockResolutions(kwargs.img_resolution).flatMap((resolution) =>
    (resolution === COARSEST ? ['conv1'] : ['conv0', 'conv1']).map((layer) => ({
      name: `b${resolution}.${layer}`,
      resolution,
    })),
  )
}

/** Length of the discriminator's hidden vector, by which images are compared. */
export function featureCount(kwargs: DiscriminatorKwargs): number {
  return channelsAt(COARSEST, planDiscriminator(kwargs))
}

/** Weights that every generator with these arguments has; its FIR filters are constants and not among them. */
export function generatorShapes(kwargs: GeneratorKwargs): WeightShapes {
  const { img_resolution, img_channels, z_dim, c_dim, w_dim, mapping_kwargs, synthesis_kwargs } = planGenerator(kwargs)
  const { architecture, kernel_size, use_noise } = synthesis_kwargs
  const shapes = new Map<string, readonly number[]>()
  const addLayer = (name: string, out: number, from: number, resolution: number) => {
    shapes.set(`${name}.weight`, [out, from, kernel_size, kernel_size])
    if (use_noise) shapes.set(`${name}.noise_strength`, [])
    shapes.set(`${name}.bias`, [out])
    if (use_noise) shapes.set(`${name}.noise_const`, [resolution, resolution])
    addLinear(shapes, `${name}.affine`, from, w_dim)
  }

  for (const resolution of blockResolutions(img_resolution)) {
    const block = `synthesis.b${resolution}`
    const channels = channelsAt(resolution, synthesis_kwargs)
    const coarser = channelsAt(resolution / 2, synthesis_kwargs)
    if (resolution === COARSEST) shapes.set(`${block}.const`, [channels, COARSEST, COARSEST])
    else addLayer(`${block}.conv0`, channels, coarser, resolution)
    addLayer(`${block}.conv1`, channels, channels, resolution)
    if (architecture === 'skip' || resolution === img_resolution) {
      shapes.set(`${block}.torgb.weight`, [img_channels, channels, 1, 1])
      shapes.set(`${block}.torgb.bias`, [img_channels])
      addLinear(shapes, `${block}.torgb.affine`, channels, w_dim)
    }
    if (architecture === 'resnet' && resolution > COARSEST)
      shapes.set(`${block}.skip.weight`, [channels, coarser, 1, 1])
  }
  if (mapping_kwargs.w_avg_beta !== null) shapes.set('mapping.w_avg', [w_dim])
  addMapping(shapes, mapping_kwargs, z_dim, c_dim, w_dim)
  return shapes
}

/** Weights that every discriminator with these arguments has; its FIR filters are constants and not among them. */
export function discriminatorShapes(kwargs: DiscriminatorKwargs): WeightShapes {
  const plan = planDiscriminator(kwargs)
  const { c_dim, cmap_dim, img_resolution, img_channels, architecture, epilogue_kwargs } = plan
  const shapes = new Map<string, readonly number[]>()
  const addConv = (name: string, out: number, from: number, kernel: number) => {
    shapes.set(`${name}.weight`, [out, from, kernel, kernel])
    shapes.set(`${name}.bias`, [out])
  }

  for (const resolution of blockResolutions(img_resolution).toReversed().slice(0, -1)) {
    const channels = channelsAt(resolution, plan)
    const coarser = channelsAt(resolution / 2, plan)
    if (architecture === 'skip' || resolution === img_resolution) {
      addConv(`b${resolution}.fromrgb`, channels, img_channels, 1)
    }
    addConv(`b${resolution}.conv0`, channels, channels, KERNEL)
    addConv(`b${resolution}.conv1`, coarser, channels, KERNEL)
    if (architecture === 'resnet') shapes.set(`b${resolution}.skip.weight`, [coarser, channels, 1, 1])
  }
  const features = featureCount(kwargs)
  if (c_dim > 0) addMapping(shapes, plan.mapping_kwargs, 0, c_dim, cmap_dim)
  if (architecture === 'skip') addConv('b4.fromrgb', features, img_channels, 1)
  addConv('b4.conv', features, features + epilogue_kwargs.mbstd_num_channels, KERNEL)
  addLinear(shapes, 'b4.fc', features, features * COARSEST * COARSEST)
  addLinear(shapes, 'b4.out', c_dim > 0 ? cmap_dim : 1, features)
  return shapes
}

function addLinear(shapes: Map<string, readonly number[]>, name: string, out: number, from: number): void {
  shapes.set(`${name}.weight`, [out, from])
  shapes.set(`${name}.bias`, [out])
}

function addMapping(
  shapes: Map<string, readonly number[]>,
  { num_layers, embed_features, layer_features }: MappingPlan,
  zDim: number,
  cDim: number,
  wDim: number,
): void {
  if (cDim > 0) addLinear(shapes, 'mapping.embed', embed_features, cDim)
  for (let layer = 0; layer < num_layers; layer++) {
    const from = layer === 0 ? zDim + (cDim > 0 ? embed_features : 0) : layer_features
    addLinear(shapes, `mapping.fc${layer}`, layer === num_layers - 1 ? wDim : layer_features, from)
  }
}
