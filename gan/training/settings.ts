import type {
  BlockKwargs,
  DiscriminatorKwargs,
  EpilogueKwargs,
  GeneratorKwargs,
  MappingKwargs,
} from '../architecture.ts'
import type { AdaptationConfig, AugmentConfig, TrainingConfig } from './config.ts'
import type { AugmentKinds } from './augment-draws.ts'

/** Everything that decides what a run does, besides the images; kept in its checkpoints. */
export interface TrainingSettings extends TrainingConfig {
  readonly seed: number
  /** How often two latents are mixed, 0 to 1. */
  readonly styleMixing: number
  /** Images are shifted by up to so many pixels over their mirrored edges; 0 where the recipe does not mirror. */
  readonly furthestShift: number
  /** Whether every image is also shown with left and right exchanged. */
  readonly mirror: boolean
  /** The adapter that is trained instead of the generator; null where there is none. */
  readonly adapter: AdapterConfig | null
  /** Names of the classes, as many as the networks know. */
  readonly classes: readonly string[]
}

export interface AdapterConfig {
  readonly rank: number
  /** sha-256 of the bundle file of the model that is adapted. */
  readonly parent: string
}

/** The networks of the shipped model: small enough that a laptop learns them in an evening. */
const SMALL_GENERATOR: GeneratorKwargs = {
  z_dim: 64,
  c_dim: 0,
  w_dim: 64,
  img_resolution: 64,
  img_channels: 3,
  mapping_kwargs: { num_layers: 2 },
  synthesis_kwargs: {
    channel_base: 2048,
    channel_max: 64,
    architecture: 'skip',
    conv_clamp: null,
    num_fp16_res: 0,
  },
}

const SMALL_DISCRIMINATOR: DiscriminatorKwargs = {
  c_dim: 0,
  img_resolution: 64,
  img_channels: 3,
  architecture: 'resnet',
  channel_base: 2048,
  channel_max: 64,
  conv_clamp: null,
  num_fp16_res: 0,
  mapping_kwargs: {},
  epilogue_kwargs: { mbstd_group_size: 4, mbstd_num_channels: 1 },
}

/** What the shipped model was trained with. */
export const SMALL_TRAINING: TrainingSettings = {
  generator: SMALL_GENERATOR,
  discriminator: SMALL_DISCRIMINATOR,
  batch: 16,
  workers: 1,
  learningRate: 0.0025,
  gamma: 1,
  r1Interval: 16,
  pathLength: null,
  averageImages: 3000,
  averageRampup: 0.05,
  augment: null,
  seed: 1,
  styleMixing: 0,
  furthestShift: 12,
  mirror: false,
  adapter: null,
  classes: [],
}

/** Path length regularisation as it is done officially. */
export const PATH_LENGTH = { interval: 4, weight: 2, decay: 0.01 } as const

const NOTHING: AugmentKinds = { blit: false, geometry: false, colour: false, filter: false, cutout: false }

/** Which alterations go together, under their official names. */
export const AUGMENT_PIPES = {
  b: { ...NOTHING, blit: true },
  bg: { ...NOTHING, blit: true, geometry: true },
  bgc: { ...NOTHING, blit: true, geometry: true, colour: true },
  bgcf: { ...NOTHING, blit: true, geometry: true, colour: true, filter: true },
} as const

/** Alterations that follow the discriminator, as they do officially. */
export const ADAPTIVE_AUGMENTATION: AugmentConfig & { readonly adaptation: AdaptationConfig } = {
  kinds: AUGMENT_PIPES.bgc,
  p: 0,
  adaptation: { target: 0.6, images: 500_000, interval: 4 },
}

/** From here on, path length and style mixing pay for their time. */
const LEAST_MIXED_RESOLUTION = 64

/**
 * The official choice for a resolution, in float32 throughout.
 *
 * @param resolution in pixels, a power of two
 * @param batch images at a time; as many as the resolution suggests when left out
 * @see Karras et al. 2020, arXiv:2006.06676, appendix C, and `--cfg=auto` of its code
 */
export function autoTraining(resolution: number, batch: number = autoBatch(resolution)): TrainingSettings {
  const channels = { channel_base: resolution >= 512 ? 32768 : 16384, channel_max: 512 }
  const image = { c_dim: 0, img_resolution: resolution, img_channels: 3 }
  const isMixed = resolution >= LEAST_MIXED_RESOLUTION
  return {
    ...SMALL_TRAINING,
    generator: {
      ...SMALL_GENERATOR,
      ...image,
      z_dim: 512,
      w_dim: 512,
      synthesis_kwargs: { ...SMALL_GENERATOR.synthesis_kwargs, ...channels },
    },
    discriminator: {
      ...SMALL_DISCRIMINATOR,
      ...image,
      ...channels,
      epilogue_kwargs: { mbstd_group_size: Math.min(batch, 4), mbstd_num_channels: 1 },
    },
    batch,
    learningRate: resolution >= 1024 ? 0.002 : 0.0025,
    gamma: (0.0002 * resolution ** 2) / batch,
    pathLength: isMixed ? PATH_LENGTH : null,
    averageImages: (batch * 10_000) / 32,
    styleMixing: isMixed ? 0.9 : 0,
    furthestShift: 0,
    augment: ADAPTIVE_AUGMENTATION,
  }
}

function autoBatch(resolution: number): number {
  return Math.max(1, Math.min(32, Math.floor(4096 / resolution)))
}

/** The settings of the shipped model, for another resolution. */
export function smallTraining(resolution: number): TrainingSettings {
  const { generator, discriminator } = SMALL_TRAINING
  return {
    ...SMALL_TRAINING,
    generator: { ...generator, img_resolution: resolution },
    discriminator: { ...discriminator, img_resolution: resolution },
    furthestShift: 0,
  }
}

/** What can be chosen about the networks; what is left out stays. */
export interface NetworkChoice {
  readonly zDim?: number | undefined
  readonly wDim?: number | undefined
  readonly mappingLayers?: number | undefined
  readonly channelBase?: number | undefined
  readonly channelMax?: number | undefined
  /** Images that share one minibatch standard deviation. */
  readonly group?: number | undefined
  readonly freezeLayers?: number | undefined
  readonly classes?: readonly string[] | undefined
}

/** The same settings with other networks. */
export function chooseNetworks(settings: TrainingSettings, choice: NetworkChoice): TrainingSettings {
  const { generator: g, discriminator: d } = settings
  const channels: Pick<DiscriminatorKwargs, 'channel_base' | 'channel_max'> = present({
    channel_base: choice.channelBase,
    channel_max: choice.channelMax,
  })
  const lengths: Partial<Pick<GeneratorKwargs, 'z_dim' | 'w_dim'>> = present({
    z_dim: choice.zDim,
    w_dim: choice.wDim,
  })
  const mapping: MappingKwargs = present({ num_layers: choice.mappingLayers })
  const block: BlockKwargs = present({ freeze_layers: choice.freezeLayers })
  const epilogue: EpilogueKwargs = present({ mbstd_group_size: choice.group })
  const labels = choice.classes === undefined ? {} : { c_dim: choice.classes.length }
  return {
    ...settings,
    generator: {
      ...g,
      ...labels,
      ...lengths,
      mapping_kwargs: { ...g.mapping_kwargs, ...mapping },
      synthesis_kwargs: { ...g.synthesis_kwargs, ...channels },
    },
    discriminator: {
      ...d,
      ...labels,
      ...channels,
      block_kwargs: { ...d.block_kwargs, ...block },
      epilogue_kwargs: { ...d.epilogue_kwargs, ...epilogue },
    },
    classes: choice.classes ?? settings.classes,
  }
}

/** Without what is undefined. */
function present(fields: object) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
