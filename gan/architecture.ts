/** How the blocks of a network hand their images on. */
export type Architecture = 'orig' | 'skip' | 'resnet'

/** Constructor arguments of the official Generator, under their official names. */
export interface GeneratorKwargs {
  readonly z_dim: number
  readonly c_dim: number
  readonly w_dim: number
  readonly img_resolution: number
  readonly img_channels: number
  readonly mapping_kwargs: { readonly num_layers: number }
  readonly synthesis_kwargs: {
    readonly channel_base: number
    readonly channel_max: number
    readonly architecture?: Architecture
    readonly conv_clamp?: number | null
    readonly num_fp16_res?: number
  }
}

/** Constructor arguments of the official Discriminator, under their official names. */
export interface DiscriminatorKwargs {
  readonly c_dim: number
  readonly img_resolution: number
  readonly img_channels: number
  readonly channel_base: number
  readonly channel_max: number
  readonly architecture?: Architecture
  readonly conv_clamp?: number | null
  readonly num_fp16_res?: number
  readonly mapping_kwargs?: { readonly num_layers?: number }
  readonly epilogue_kwargs: { readonly mbstd_group_size: number; readonly mbstd_num_channels: number }
}

/** Shape of every tensor of a network by its official name, in official order. */
export type WeightShapes = ReadonlyMap<string, readonly number[]>

const COARSEST = 4
const KERNEL = 3
const LABEL_MAPPING_LAYERS = 8

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

/** Weights that every generator with these arguments has; its FIR filters are constants and not among them. */
export function generatorShapes(kwargs: GeneratorKwargs): WeightShapes {
  const { img_resolution, img_channels, w_dim, synthesis_kwargs } = kwargs
  const { architecture = 'skip' } = synthesis_kwargs
  const shapes = new Map<string, readonly number[]>()
  const addLayer = (name: string, out: number, from: number, resolution: number) => {
    shapes.set(`${name}.weight`, [out, from, KERNEL, KERNEL])
    shapes.set(`${name}.noise_strength`, [])
    shapes.set(`${name}.bias`, [out])
    shapes.set(`${name}.noise_const`, [resolution, resolution])
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
  shapes.set('mapping.w_avg', [w_dim])
  addMapping(shapes, kwargs.z_dim, kwargs.c_dim, w_dim, kwargs.mapping_kwargs.num_layers)
  return shapes
}

/** Weights that every discriminator with these arguments has; its FIR filters are constants and not among them. */
export function discriminatorShapes(kwargs: DiscriminatorKwargs): WeightShapes {
  const { c_dim, img_resolution, img_channels, architecture = 'resnet', epilogue_kwargs } = kwargs
  const shapes = new Map<string, readonly number[]>()
  const addConv = (name: string, out: number, from: number, kernel: number) => {
    shapes.set(`${name}.weight`, [out, from, kernel, kernel])
    shapes.set(`${name}.bias`, [out])
  }

  for (const resolution of blockResolutions(img_resolution).toReversed().slice(0, -1)) {
    const channels = channelsAt(resolution, kwargs)
    const coarser = channelsAt(resolution / 2, kwargs)
    if (architecture === 'skip' || resolution === img_resolution) {
      addConv(`b${resolution}.fromrgb`, channels, img_channels, 1)
    }
    addConv(`b${resolution}.conv0`, channels, channels, KERNEL)
    addConv(`b${resolution}.conv1`, coarser, channels, KERNEL)
    if (architecture === 'resnet') shapes.set(`b${resolution}.skip.weight`, [coarser, channels, 1, 1])
  }
  const features = featureCount(kwargs)
  if (c_dim > 0) addMapping(shapes, 0, c_dim, features, kwargs.mapping_kwargs?.num_layers ?? LABEL_MAPPING_LAYERS)
  if (architecture === 'skip') addConv('b4.fromrgb', features, img_channels, 1)
  addConv('b4.conv', features, features + epilogue_kwargs.mbstd_num_channels, KERNEL)
  addLinear(shapes, 'b4.fc', features, features * COARSEST * COARSEST)
  addLinear(shapes, 'b4.out', c_dim > 0 ? features : 1, features)
  return shapes
}

/** Length of the discriminator's hidden vector, by which images are compared. */
export function featureCount(kwargs: DiscriminatorKwargs): number {
  return channelsAt(COARSEST, kwargs)
}

function addLinear(shapes: Map<string, readonly number[]>, name: string, out: number, from: number): void {
  shapes.set(`${name}.weight`, [out, from])
  shapes.set(`${name}.bias`, [out])
}

function addMapping(
  shapes: Map<string, readonly number[]>,
  zDim: number,
  cDim: number,
  wDim: number,
  layers: number,
): void {
  if (cDim > 0) addLinear(shapes, 'mapping.embed', wDim, cDim)
  for (let layer = 0; layer < layers; layer++) {
    const from = layer === 0 ? zDim + (cDim > 0 ? wDim : 0) : wDim
    addLinear(shapes, `mapping.fc${layer}`, wDim, from)
  }
}
