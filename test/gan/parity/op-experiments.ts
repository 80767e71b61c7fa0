import { readFileSync } from 'node:fs'
import { type Activation, createEnding } from '../../../gan/activation.ts'
import { appendDeviation } from '../../../gan/discriminator.ts'
import { float32Of, type Named, type NamedTensor, readSafetensors } from '../../../gan/index.ts'
import { createFullyConnected, modulatedConvolution, normalizeSecondMoment, powerOf } from '../../../gan/layers.ts'
import { toInternalLayout } from '../../../gan/layout.ts'
import { type Fir, type Ops, wholeFilter } from '../../../gan/ops.ts'
import {
  createUpsampling,
  downConvolution,
  downsample,
  squareFilter,
  upConvolution,
  upfirdn2d,
} from '../../../gan/resample.ts'
import { type Vector, vectorOf } from '../vectors.ts'
import { channelsLast, type Experiment } from './measure.ts'

/** Arguments of the official functions, as test/vectors/gan/ops/ops.json has them. */
interface Arguments {
  readonly up?: number | readonly [number, number]
  readonly down?: number | readonly [number, number]
  readonly padding?: number | readonly [number, number, number, number]
  readonly gain?: number
  readonly flip_filter?: boolean
  readonly flip_weight?: boolean
  readonly groups?: number
  readonly demodulate?: boolean
  readonly act?: Activation
  readonly alpha?: number
  readonly clamp?: number
  readonly group_size?: number | null
  readonly num_channels?: number
  readonly activation?: Activation
  readonly lr_multiplier?: number
}

interface Case {
  readonly id: string
  readonly op: string
  readonly args: Arguments
  readonly inputs: readonly string[]
}

const FOLDER = new URL('../../vectors/gan/ops/', import.meta.url)

/** The inputs of a case: what changes from run to run is a tensor, what a network has for good is numbers. */
interface Operands {
  readonly constant: (name: string) => Vector
  /** Of a true convolution. */
  readonly filter: Fir
  /** The filter in one direction; null when it has no such form. */
  readonly taps: readonly number[] | null
}

type Apply = <T>(ops: Ops<T>, x: T, args: Arguments, operands: Operands, input: (name: string) => T) => T

const OPERATIONS: Readonly<Record<string, Apply>> = {
  upfirdn2d: (ops, x, { up = 1, down = 1, padding = 0, gain = 1, flip_filter = false }, { filter }) =>
    upfirdn2d(ops, x, flip_filter ? turned(filter) : filter, {
      up: pair(up),
      down: pair(down),
      padding: typeof padding === 'number' ? [padding, padding, padding, padding] : padding,
      gain,
    }),
  upsample2d: (ops, x, _args, { filter, taps }) =>
    taps === null
      ? upfirdn2d(ops, x, filter, { up: [2, 2], gain: 4, padding: sides(filter, sidesUp) })
      : createUpsampling(ops, ops.shapeOf(x)[3] ?? 0, taps)(x),
  downsample2d: (ops, x, _args, { filter, taps }) =>
    taps === null
      ? upfirdn2d(ops, x, filter, { down: [2, 2], padding: sides(filter, sidesDown) })
      : downsample(ops, x, taps),
  filter2d: (ops, x, _args, { filter }) =>
    upfirdn2d(ops, x, filter, { padding: sides(filter, (n) => [n >> 1, (n - 1) >> 1]) }),
  bias_act: (ops, x, { act = 'linear', gain, clamp, alpha }, { constant }) => {
    const ending = createEnding(ops, act, gain, clamp, alpha)
    const { shape, data } = constant('b')
    return ending.apply(ops.scale(ops.add(x, ops.constant(data, shape)), ending.gainBefore))
  },
  conv2d_resample: (ops, x, args, operands) => {
    const { groups = 1 } = args
    if (groups === 1) return convolution(ops, args, operands, weightOf(operands.constant('w'), args))(x)
    const [n = 0, h = 0, w = 0, c = 0] = ops.shapeOf(x)
    const share = c / groups
    const parts = splitOutputs(operands.constant('w'), groups).map((weight, i) =>
      convolution(ops, args, operands, weightOf(weight, args))(ops.slice(x, [0, 0, 0, i * share], [n, h, w, share])),
    )
    return ops.concat(parts, 3)
  },
  modulated_conv2d: (ops, x, args, operands, input) => {
    const { shape, data } = weightOf(operands.constant('weight'), args)
    const power = args.demodulate === false ? null : powerOf(ops, wholeFilter(ops, ops.constant(data, shape)))
    const convolve = convolution(ops, args, operands, { shape, data })
    return modulatedConvolution(ops, x, convolve, power, input('styles'))
  },
  minibatch_std: (ops, x, { group_size = 4, num_channels = 1 }) => appendDeviation(ops, x, group_size, num_channels),
  normalize_2nd_moment: (ops, x) => normalizeSecondMoment(ops, x),
  fully_connected: (ops, x, { activation = 'linear', lr_multiplier = 1 }, { constant }) => {
    const parameter = (name: string) => {
      const { shape, data } = toInternalLayout(name, constant(name))
      return ops.constant(data, shape)
    }
    return createFullyConnected(ops, parameter, activation, lr_multiplier)(x)
  },
}

/** The unit cases, one experiment for each operation. */
export function opExperiments(): readonly Experiment[] {
  const cases: readonly Case[] = JSON.parse(readFileSync(new URL('ops.json', FOLDER), 'utf8'))
  const { tensors } = readSafetensors(Uint8Array.from(readFileSync(new URL('ops.safetensors', FOLDER))))
  return Object.entries(OPERATIONS).map(([op, apply]) =>
    experimentOf(
      cases.filter((one) => one.op === op),
      apply,
      tensors,
    ),
  )
}

function experimentOf(cases: readonly Case[], apply: Apply, tensors: ReadonlyMap<string, NamedTensor>): Experiment {
  const variable = cases.flatMap(({ id, inputs }) =>
    inputs.filter((name) => name === 'x' || name === 'styles').map((name) => `${id}.${name}`),
  )
  return {
    set: 'ops',
    program: (ops) => (inputs) =>
      Object.fromEntries(
        cases.map(({ id, args, inputs: names }) => {
          const input = (name: string) => inputs[`${id}.${name}`]!
          return [id, apply(ops, input('x'), args, operandsOf(id, names, tensors), input)]
        }),
      ),
    inputs: Object.fromEntries(variable.map((name) => [name, imageOf(tensors, name)])) satisfies Named<Vector>,
    expectations: cases.map(({ id, op }) => ({
      output: id,
      name: `${op} ${id}`,
      quantity: 'op',
      values: imageOf(tensors, `${id}.y`).data,
    })),
  }
}

function operandsOf(id: string, names: readonly string[], tensors: ReadonlyMap<string, NamedTensor>): Operands {
  const constant = (name: string): Vector => {
    if (name === 'bias' && !names.includes(name)) return { shape: [5], data: new Float32Array(5) }
    const tensor = vectorOf(tensors, `${id}.${name}`)
    return { shape: tensor.shape, data: float32Of(tensor) }
  }
  const { shape, data } = names.includes('f') ? constant('f') : { shape: [1], data: Float32Array.of(1) }
  if (shape.length === 1) return { constant, filter: squareFilter([...data]), taps: [...data] }
  const [height = 0, width = 0] = shape
  const filter = Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)])
  return { constant, filter, taps: tapsOf(filter) }
}

/** Its sum is 1, so that the sum of a row of a product of taps is the tap of that row. */
function tapsOf(filter: Fir): readonly number[] | null {
  const taps = filter.map((row) => row.reduce((sum, tap) => sum + tap, 0))
  const product = squareFilter(taps)
  const isProduct = filter.every(
    (row, y) => row.length === taps.length && row.every((tap, x) => Math.abs(tap - product[y]![x]!) < 1e-6),
  )
  return isProduct ? taps : null
}

/** Resampling as a layer does it; both at once, which no layer does, out of the general filter. */
function convolution<T>(ops: Ops<T>, { up = 1, down = 1, padding }: Arguments, operands: Operands, weight: Vector) {
  const filter = ops.constant(weight.data, weight.shape)
  const { taps } = operands
  if (taps === null) throw new Error('a layer has the same taps in both directions')
  if (up === 1 && down === 1) return (x: T) => ops.conv2d(x, filter, 1, 'same')
  if (down === 1) return upConvolution(ops, wholeFilter(ops, filter), taps)
  if (up === 1) return downConvolution(ops, wholeFilter(ops, filter), taps)
  const around = sides(operands.filter, (n) => {
    const [[before, after], [beforeThat, afterThat]] = [sidesUp(n), sidesDown(n)]
    return [before + beforeThat + Number(padding), after + afterThat + Number(padding)]
  })
  return (x: T) => {
    const larger = upfirdn2d(ops, x, operands.filter, { up: [2, 2], gain: 4, padding: around })
    return upfirdn2d(ops, ops.conv2d(larger, filter, 1, 'valid'), operands.filter, { down: [2, 2] })
  }
}

/** From OIHW; a layer that up-samples takes a true convolution, any other a correlation. */
function weightOf(weight: Vector, { up = 1, down = 1, flip_weight = true }: Arguments): Vector {
  const internal = toInternalLayout('weight', weight)
  const wantsConvolution = up !== 1 && down === 1
  return wantsConvolution === flip_weight ? { shape: internal.shape, data: turnedWeight(internal) } : internal
}

/** Half a circle around. [k, k, in, out] */
function turnedWeight({ shape: [height = 0, width = 0], data }: Vector): Float32Array {
  const size = data.length / (height * width)
  const moved = new Float32Array(data.length)
  for (let i = 0; i < height * width; i++) {
    moved.set(data.subarray(i * size, (i + 1) * size), (height * width - 1 - i) * size)
  }
  return moved
}

function splitOutputs({ shape: [outputs = 0, ...rest], data }: Vector, groups: number): readonly Vector[] {
  const length = data.length / groups
  return Array.from({ length: groups }, (_, i) => ({
    shape: [outputs / groups, ...rest],
    data: data.subarray(i * length, (i + 1) * length),
  }))
}

function turned(filter: Fir): Fir {
  return filter.toReversed().map((row) => row.toReversed())
}

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value
}

/** Zeros before and after that centre a filter of this length where each pixel becomes two. */
function sidesUp(length: number): readonly [number, number] {
  return [(length + 1) >> 1, (length - 2) >> 1]
}

/** The same where two become one. */
function sidesDown(length: number): readonly [number, number] {
  return [(length - 1) >> 1, (length - 2) >> 1]
}

/** Zeros around in both directions, by the length of the filter in each. */
function sides(
  filter: Fir,
  around: (length: number) => readonly [number, number],
): readonly [number, number, number, number] {
  return [...around(filter[0]!.length), ...around(filter.length)]
}

function imageOf(tensors: ReadonlyMap<string, NamedTensor>, name: string): Vector {
  const tensor = vectorOf(tensors, name)
  return channelsLast(float32Of(tensor), tensor.shape)
}
