import type { Weights } from '../bundle.ts'
import { crc32 } from '../crc32.ts'
import { BundleInvalid } from '../errors.ts'
import { float32Of, float32Tensor, type NamedTensor, readSafetensors, writeSafetensors } from '../safetensors.ts'
import { encodeUtf8 } from '../utf8.ts'
import type { TrainingState } from './standing.ts'

const FORMAT = 'latentmint-checkpoint-1'
const GENERATOR = 'G.'
const AVERAGE = 'G_ema.'
const DISCRIMINATOR = 'D.'
const CHECKSUM = 'checksum'
const GENERATOR_SQUARES = 'adam.G.squares'
const DISCRIMINATOR_SQUARES = 'adam.D.squares'

/**
 * Writes down where a run stands, so that it can go on exactly as it would have.
 *
 * @param about what the run was started with, to be read back as it is
 */
export function writeCheckpoint(state: TrainingState, about: string): Uint8Array {
  const { generatorMoments, discriminatorMoments } = state
  const tensors = [
    ...tensorsOf(GENERATOR, state.generator),
    ...tensorsOf(AVERAGE, state.average),
    ...tensorsOf(DISCRIMINATOR, state.discriminator),
    vectorTensor(GENERATOR_SQUARES, generatorMoments.squares),
    vectorTensor(DISCRIMINATOR_SQUARES, discriminatorMoments.squares),
  ]
  const metadata = {
    format: FORMAT,
    about,
    iteration: String(state.iteration),
    images: String(state.images),
    generatorSteps: String(generatorMoments.steps),
    discriminatorSteps: String(discriminatorMoments.steps),
    meanPathLength: String(state.meanPathLength),
    augmentP: String(state.adaptation.p),
    signs: String(state.adaptation.signs),
    signsCounted: String(state.adaptation.signsCounted),
  }
  return writeSafetensors(tensors, { ...metadata, [CHECKSUM]: checksumOf(tensors, metadata) })
}

/** Over everything that a checkpoint says, in whatever order the file has it. */
function checksumOf(tensors: Iterable<NamedTensor>, metadata: Readonly<Record<string, string>>): string {
  const said = Object.entries(metadata).filter(([key]) => key !== CHECKSUM)
  const lines = [
    ...said.map((entry) => JSON.stringify(entry)),
    ...Array.from(tensors, ({ name, shape, data }) => JSON.stringify([name, shape, crc32(data)])),
  ].toSorted()
  return String(crc32(encodeUtf8(lines.join('\n'))))
}

/**
 * Reads a checkpoint.
 *
 * @throws {BundleInvalid} when it is none, cut short, or altered
 */
export function readCheckpoint(bytes: Uint8Array): { readonly state: TrainingState; readonly about: string } {
  const { metadata, tensors } = readSafetensors(bytes)
  if (metadata['format'] !== FORMAT) {
    throw new BundleInvalid(`its format is ${JSON.stringify(metadata['format'] ?? null)}, expected "${FORMAT}"`)
  }
  // Older checkpoints have none.
  const checksum = metadata[CHECKSUM]
  if (checksum !== undefined && checksum !== checksumOf(tensors.values(), metadata)) {
    throw new BundleInvalid('its checksum does not fit: it was altered after it was written')
  }
  const vector = (name: string) => {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new BundleInvalid('missing', { tensor: name })
    return float32Of(tensor)
  }
  const number = (name: string, missing: number = Number.NaN) => {
    const value = metadata[name] === undefined ? missing : Number(metadata[name])
    if (!Number.isFinite(value)) throw new BundleInvalid(`its ${name} is no number`)
    return value
  }
  const state = {
    iteration: number('iteration'),
    images: number('images', 0),
    generator: weightsOf(GENERATOR, tensors),
    average: weightsOf(AVERAGE, tensors),
    discriminator: weightsOf(DISCRIMINATOR, tensors),
    generatorMoments: { squares: vector(GENERATOR_SQUARES), steps: number('generatorSteps') },
    discriminatorMoments: { squares: vector(DISCRIMINATOR_SQUARES), steps: number('discriminatorSteps') },
    meanPathLength: number('meanPathLength'),
    // Older checkpoints are of runs that altered nothing.
    adaptation: {
      p: number('augmentP', 0),
      signs: number('signs', 0),
      signsCounted: number('signsCounted', 0),
    },
  }
  return { state, about: metadata['about'] ?? '' }
}

function vectorTensor(name: string, data: Float32Array): NamedTensor {
  return float32Tensor(name, [data.length], data)
}

function tensorsOf(prefix: string, weights: Weights): NamedTensor[] {
  return [...weights].map(([name, { shape, data }]) => float32Tensor(prefix + name, shape, data))
}

function weightsOf(prefix: string, tensors: ReadonlyMap<string, NamedTensor>): Weights {
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>()
  for (const [name, tensor] of tensors) {
    if (name.startsWith(prefix))
      weights.set(name.slice(prefix.length), { shape: tensor.shape, data: float32Of(tensor) })
  }
  return weights
}
