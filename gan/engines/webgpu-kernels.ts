import * as tf from '@tensorflow/tfjs-core'
import { EngineUnfit } from '../errors.ts'
import { FIR_FILTER, LEAKY_RELU_GRADIENT } from './tfjs-ops.ts'

/** What the backend on a graphics processor registers itself as. */
export const WEBGPU = 'webgpu'

/** Rows and columns of the output that a group of 16 x 16 threads makes, four by four each, and the depth it loads at once. */
const TILE = 64
const THREADS = 16

/** Groups that keep the largest processors busy. */
const ENOUGH_GROUPS = 1024
/** Pixels below which a group's start costs more than its work. */
const LEAST_PIXELS = 256

/** The part of tfjs-backend-webgpu's `WebGPUProgram` that a program of one's own has to have. */
interface DeviceProgram {
  readonly variableNames: readonly string[]
  readonly uniforms: string
  readonly outputShape: number[]
  readonly workgroupSize: readonly [number, number, number]
  readonly dispatchLayout: { readonly x: number[]; readonly y?: number[]; readonly z?: number[] }
  dispatch: [number, number, number]
  shaderKey: string
  readonly size?: boolean
  getUserCode(): string
}

type Uniform = { readonly type: 'int32' | 'float32'; readonly data: readonly number[] }

/** The part of tfjs-backend-webgpu's backend that runs one. */
interface DeviceBackend {
  runWebGPUProgram(
    program: DeviceProgram,
    inputs: readonly tf.TensorInfo[],
    type: tf.DataType,
    uniforms: readonly Uniform[],
  ): tf.TensorInfo
}

function deviceOf(backend: object): DeviceBackend {
  if (!isDevice(backend)) throw new EngineUnfit('kernel', WEBGPU, 'another backend')
  return backend
}

function isDevice(backend: object): backend is DeviceBackend {
  return 'runWebGPUProgram' in backend
}

/** Where a convolution reads: how far it steps, what is put around, and how far apart the pixels of its input are. */
interface Reach {
  readonly kernel: number
  readonly stride: number
  readonly top: number
  readonly left: number
  /** 2 puts a zero between each two pixels of the input. */
  readonly spread: number
  /** Whether the filter is turned around, with its inputs and outputs exchanged. */
  readonly isTurned: boolean
}

/**
 * Puts in place of tfjs-backend-webgpu's convolutions and their gradients, of which the one for the filter is naive, kernels that
 * share what they load; and adds the gradient of the leaky ReLU, which takes five otherwise.
 *
 * They serve the convolutions of `Ops`: NHWC, square filters, without dilation.
 */
export function registerWebgpuKernels(): void {
  replace(tf.Conv2D, ({ inputs, backend, attrs }) => {
    const { x, filter } = inputs
    const info = convolutionOf(x, filter.shape, attrs)
    return convolve(backend, [x, filter], info.outShape, { ...reachOf(info), spread: 1, isTurned: false })
  })
  replace(tf.Conv2DBackpropInput, ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs
    const info = convolutionOf({ shape: numbersOf(attrs['inputShape']) }, filter.shape, attrs)
    const { kernel, stride, top, left } = reachOf(info)
    return convolve(backend, [dy, filter], info.inShape, {
      kernel,
      stride: 1,
      spread: stride,
      top: kernel - 1 - top,
      left: kernel - 1 - left,
      isTurned: true,
    })
  })
  replace(tf.Conv2DBackpropFilter, ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs
    const filterShape = numbersOf(attrs['filterShape'])
    const partial = filterGradient(backend, [x, dy], filterShape, reachOf(convolutionOf(x, filterShape, attrs)))
    return tf.tidy(() => tf.reshape(tf.sum(tensorOf(partial), 0), filterShape))
  })
  replace(LEAKY_RELU_GRADIENT, ({ inputs, backend, attrs }) => {
    const { dy, x } = inputs
    return deviceOf(backend).runWebGPUProgram(leakyReluGradient(dy.shape), [dy, x], 'float32', [
      { type: 'float32', data: [Number(attrs['alpha'])] },
    ])
  })
  replace(FIR_FILTER, ({ inputs: { x }, backend, attrs }) => {
    const taps = [attrs['filter']].flat(1).map((row) => numbersOf(row))
    const [top, bottom, left, right] = ['top', 'bottom', 'left', 'right'].map((side) => Number(attrs[side]))
    const [n, h, w, channels] = x.shape
    const outShape = [n, h + top + bottom - taps.length + 1, w + left + right - taps[0].length + 1, channels]
    return deviceOf(backend).runWebGPUProgram(fir(taps, outShape), [x], 'float32', [
      { type: 'int32', data: [top] },
      { type: 'int32', data: [left] },
    ])
  })
}

interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>
  readonly backend: object
  readonly attrs: Readonly<Record<string, unknown>>
}

function replace(kernelName: string, kernel: (call: Call) => tf.TensorInfo): void {
  if (tf.getKernel(kernelName, WEBGPU) !== undefined) tf.unregisterKernel(kernelName, WEBGPU)
  tf.registerKernel({
    kernelName,
    backendName: WEBGPU,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const given: Record<string, tf.TensorInfo> = {}
      for (const [name, input] of Object.entries(inputs)) if (input !== undefined) given[name] = input
      return kernel({ inputs: given, backend: Object(backend), attrs: attrs ?? {} })
    },
  })
}

type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>

function convolutionOf(
  x: { readonly shape: readonly number[] },
  filter: readonly number[],
  attrs: Call['attrs'],
): Info {
  const pad = attrs['pad'] === 'same' ? 'same' : 'valid'
  return tf.backend_util.computeConv2DInfo(four(x.shape), four(filter), numbersOf(attrs['strides'])[0], 1, pad)
}

function reachOf({ filterHeight, strideHeight, padInfo: { top, left } }: Info): Omit<Reach, 'spread' | 'isTurned'> {
  return { kernel: filterHeight, stride: strideHeight, top, left }
}

function four(shape: readonly number[]): [number, number, number, number] {
  const [a, b, c, d] = shape
  return [a, b, c, d]
}

function numbersOf(attribute: unknown): number[] {
  return [attribute].flat().filter((value) => typeof value === 'number')
}

/** Wraps what a kernel left, so that other operations can go on with it. */
function tensorOf({ dataId, shape, dtype }: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype })
}

function convolve(
  backend: object,
  inputs: readonly [x: tf.TensorInfo, filter: tf.TensorInfo],
  outShape: readonly number[],
  { kernel, stride, spread, top, left, isTurned }: Reach,
): tf.TensorInfo {
  const [n, h, w, channels] = outShape
  const program: DeviceProgram = {
    variableNames: ['x', 'weights'],
    uniforms: 'kernel : i32, stride : i32, spread : i32, top : i32, left : i32,',
    outputShape: [...outShape],
    workgroupSize: [THREADS, THREADS, 1],
    dispatchLayout: { x: [0, 1, 2], y: [3], z: [] },
    dispatch: [Math.ceil((n * h * w) / TILE), Math.ceil(channels / TILE), 1],
    shaderKey: `latentmint-convolve-${isTurned}`,
    getUserCode: () => convolveSource(isTurned),
  }
  const uniforms = [kernel, stride, spread, top, left].map((value): Uniform => ({ type: 'int32', data: [value] }))
  return deviceOf(backend).runWebGPUProgram(program, inputs, 'float32', uniforms)
}

/** Sixteen terms of the sums: each thread takes four rows and four columns of them. */
const MULTIPLY = `
      for (var k = 0; k < ${THREADS}; k++) {
        let a = tileA[k][localId.y];
        let b = tileB[k][localId.x];
        sums[0] += a.x * b;
        sums[1] += a.y * b;
        sums[2] += a.z * b;
        sums[3] += a.w * b;
      }`

const TILES = `
  var<workgroup> tileA : array<array<vec4<f32>, ${THREADS}>, ${THREADS}>;
  var<workgroup> tileB : array<array<vec4<f32>, ${THREADS}>, ${THREADS}>;`

/** Which row of pixels, and which weights, a thread loads. */
const PLACE = `
    let height = uniforms.xShape.y;
    let width = uniforms.xShape.z;
    let inputs = uniforms.xShape.w;
    let outputs = uniforms.outShape.w;
    let rows = uniforms.outShape.x * uniforms.outShape.y * uniforms.outShape.z;
    let taps = uniforms.kernel * uniforms.kernel;
    let id = i32(localIndex);
    let row = i32(workgroupId.x) * ${TILE} + id / 4;
    let image = row / (uniforms.outShape.y * uniforms.outShape.z);
    let top = (row / uniforms.outShape.z) % uniforms.outShape.y * uniforms.stride - uniforms.top;
    let left = row % uniforms.outShape.z * uniforms.stride - uniforms.left;
    let depthA = (id % 4) * 4;
    let depthB = id / ${THREADS};
    let columnB = i32(workgroupId.y) * ${TILE} + (id % ${THREADS}) * 4;
    var sums : array<vec4<f32>, 4>;`

const STORE = `
    let firstRow = i32(workgroupId.x) * ${TILE} + i32(localId.y) * 4;
    let firstColumn = i32(workgroupId.y) * ${TILE} + i32(localId.x) * 4;
    for (var q = 0; q < 4; q++) {
      for (var o = 0; o < 4; o++) {
        if (firstRow + q < rows && firstColumn + o < outputs) {
          result[(firstRow + q) * outputs + firstColumn + o] = sums[q][o];
        }
      }
    }`

/** A matrix product of the pixels under each tap with the filter's weights of that tap, tap by tap. */
function convolveSource(isTurned: boolean): string {
  const tap = isTurned ? 'taps - 1 - (i * uniforms.kernel + j)' : 'i * uniforms.kernel + j'
  const weight = isTurned ? 'weights[(tap * outputs + o) * inputs + ch]' : 'weights[(tap * inputs + ch) * outputs + o]'
  return `${TILES}
  fn main() {
    ${PLACE}
    for (var i = 0; i < uniforms.kernel; i++) {
      for (var j = 0; j < uniforms.kernel; j++) {
        let y = top + i;
        let z = left + j;
        let isInside = row < rows && y >= 0 && z >= 0 && y % uniforms.spread == 0 && z % uniforms.spread == 0 &&
          y / uniforms.spread < height && z / uniforms.spread < width;
        let pixel = ((image * height + y / uniforms.spread) * width + z / uniforms.spread) * inputs;
        let tap = ${tap};
        for (var first = 0; first < inputs; first += ${THREADS}) {
          for (var q = 0; q < 4; q++) {
            let ch = first + depthA + q;
            var value = 0.0;
            if (isInside && ch < inputs) { value = x[pixel + ch]; }
            tileA[depthA + q][id / 16][(id / 4) % 4] = value;
          }
          let ch = first + depthB;
          var four = vec4<f32>(0.0);
          if (ch < inputs) {
            for (var q = 0; q < 4; q++) {
              let o = columnB + q;
              if (o < outputs) { four[q] = ${weight}; }
            }
          }
          tileB[depthB][id % ${THREADS}] = four;
          workgroupBarrier();
          ${MULTIPLY}
          workgroupBarrier();
        }
      }
    }
    ${STORE}
  }`
}

/** Sums over parts of the pixels: [parts, kernel * kernel * inputs, outputs]. */
function filterGradient(
  backend: object,
  inputs: readonly [x: tf.TensorInfo, dy: tf.TensorInfo],
  [kernel, , channels, outputs]: readonly number[],
  { stride, top, left }: Omit<Reach, 'spread' | 'isTurned'>,
): tf.TensorInfo {
  const [n, h, w] = inputs[1].shape
  const tiles = Math.ceil(channels / TILE) * Math.ceil(outputs / TILE)
  const most = Math.max(1, Math.floor((n * h * w) / LEAST_PIXELS))
  const parts = Math.min(most, Math.ceil(ENOUGH_GROUPS / (tiles * kernel * kernel)))
  const steps = Math.ceil((n * h * w) / parts / THREADS)
  const program: DeviceProgram = {
    variableNames: ['x', 'dy'],
    uniforms: 'kernel : i32, stride : i32, top : i32, left : i32, steps : i32,',
    outputShape: [parts, kernel * kernel * channels, outputs],
    workgroupSize: [THREADS, THREADS, 1],
    dispatchLayout: { x: [2], y: [1], z: [0] },
    dispatch: [tiles, kernel * kernel, parts],
    shaderKey: 'latentmint-filter-gradient',
    getUserCode: () => FILTER_GRADIENT_SOURCE,
  }
  const uniforms = [kernel, stride, top, left, steps].map((value): Uniform => ({ type: 'int32', data: [value] }))
  return deviceOf(backend).runWebGPUProgram(program, inputs, 'float32', uniforms)
}

/** A matrix product of the pixels under one tap with the gradient of the output, over one part of the pixels. */
const FILTER_GRADIENT_SOURCE = `${TILES}
  fn main() {
    let inputs = uniforms.xShape.w;
    let outputs = uniforms.dyShape.w;
    let columns = (outputs + ${TILE - 1}) / ${TILE};
    let firstInput = i32(workgroupId.x) / columns * ${TILE};
    let firstOutput = i32(workgroupId.x) % columns * ${TILE};
    let tap = i32(workgroupId.y);
    let id = i32(localIndex);
    let depth = id / ${THREADS};
    let four = (id % ${THREADS}) * 4;
    let pixels = uniforms.dyShape.x * uniforms.dyShape.y * uniforms.dyShape.z;
    let start = i32(workgroupId.z) * uniforms.steps * ${THREADS};
    var sums : array<vec4<f32>, 4>;
    for (var step = 0; step < uniforms.steps; step++) {
      let pixel = start + step * ${THREADS} + depth;
      let image = pixel / (uniforms.dyShape.y * uniforms.dyShape.z);
      let y = (pixel / uniforms.dyShape.z) % uniforms.dyShape.y * uniforms.stride + tap / uniforms.kernel - uniforms.top;
      let z = pixel % uniforms.dyShape.z * uniforms.stride + tap % uniforms.kernel - uniforms.left;
      let isInside = y >= 0 && z >= 0 && y < uniforms.xShape.y && z < uniforms.xShape.z;
      let origin = ((image * uniforms.xShape.y + y) * uniforms.xShape.z + z) * inputs;
      var a = vec4<f32>(0.0);
      var b = vec4<f32>(0.0);
      if (pixel < pixels) {
        for (var q = 0; q < 4; q++) {
          let ch = firstInput + four + q;
          if (isInside && ch < inputs) { a[q] = x[origin + ch]; }
          let o = firstOutput + four + q;
          if (o < outputs) { b[q] = dy[pixel * outputs + o]; }
        }
      }
      tileA[depth][id % ${THREADS}] = a;
      tileB[depth][id % ${THREADS}] = b;
      workgroupBarrier();
      ${MULTIPLY}
      workgroupBarrier();
    }
    let part = i32(workgroupId.z) * uniforms.outShape.y + tap * inputs;
    for (var q = 0; q < 4; q++) {
      for (var o = 0; o < 4; o++) {
        let ch = firstInput + i32(localId.y) * 4 + q;
        let column = firstOutput + i32(localId.x) * 4 + o;
        if (ch < inputs && column < outputs) { result[(part + ch) * outputs + column] = sums[q][o]; }
      }
    }
  }`

const FLAT = 64

/** One thread a number of the output. */
function flat(
  shape: readonly number[],
  about: Pick<DeviceProgram, 'variableNames' | 'uniforms' | 'shaderKey' | 'getUserCode'>,
): DeviceProgram {
  const size = shape.reduce((product, length) => product * length, 1)
  return {
    ...about,
    outputShape: [...shape],
    workgroupSize: [FLAT, 1, 1],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(size / FLAT), 1, 1],
    size: true,
  }
}

/** The taps are part of the source: there are few filters, and as a tensor each use would bring them to the device again. */
function fir(taps: readonly (readonly number[])[], outShape: readonly number[]): DeviceProgram {
  const [rows, columns] = [taps.length, taps[0].length]
  const numbers = taps.flat().map((tap) => tap.toExponential(9))
  return flat(outShape, {
    variableNames: ['x'],
    uniforms: 'top : i32, left : i32,',
    shaderKey: `latentmint-fir-${columns}-${numbers.join(',')}`,
    getUserCode: () => `
  const taps = array<f32, ${rows * columns}>(${numbers.join(', ')});
  fn main(index : i32) {
    if (index >= uniforms.size) { return; }
    let channels = uniforms.xShape.w;
    let ch = index % channels;
    let place = index / channels;
    let image = place / (uniforms.outShape.y * uniforms.outShape.z);
    let top = (place / uniforms.outShape.z) % uniforms.outShape.y - uniforms.top;
    let left = place % uniforms.outShape.z - uniforms.left;
    var sum = 0.0;
    for (var i = 0; i < ${rows}; i++) {
      for (var j = 0; j < ${columns}; j++) {
        let y = top + i;
        let z = left + j;
        if (y >= 0 && z >= 0 && y < uniforms.xShape.y && z < uniforms.xShape.z) {
          sum += taps[i * ${columns} + j] * x[((image * uniforms.xShape.y + y) * uniforms.xShape.z + z) * channels + ch];
        }
      }
    }
    result[index] = sum;
  }`,
  })
}

function leakyReluGradient(shape: readonly number[]): DeviceProgram {
  return flat(shape, {
    variableNames: ['dy', 'x'],
    uniforms: 'slope : f32,',
    shaderKey: 'latentmint-leaky-relu-gradient',
    getUserCode: () => `
  fn main(index : i32) {
    if (index < uniforms.size) { result[index] = select(uniforms.slope * dy[index], dy[index], x[index] > 0.0); }
  }`,
  })
}

/** More than a network has; those beyond change from step to step. */
const MOST_SCALARS = 1024

/** The part of the backend that brings numbers to the device. */
interface Uploading {
  uploadToGPU(dataId: object): void
  readonly tensorMap: { get(dataId: object): Uploaded | undefined }
}

interface Uploaded {
  readonly dtype: tf.DataType
  values: ArrayLike<number> | null
  resource?: object | null
  external?: boolean
}

function isUploading(backend: object): backend is Uploading {
  return 'uploadToGPU' in backend && 'tensorMap' in backend
}

/**
 * Keeps one buffer on the device for each number that is used as a constant. An iteration of training takes hundreds of them, and
 * a buffer of its own for each costs more than what is computed with it.
 */
export function shareScalars<Backend extends object>(backend: Backend): Backend {
  if (!isUploading(backend)) throw new EngineUnfit('start', WEBGPU, 'another backend')
  const shared = new Map<number, object>()
  const upload = backend.uploadToGPU.bind(backend)
  const uploadToGPU = (dataId: object): void => {
    const tensor = backend.tensorMap.get(dataId)
    const value = scalarOf(tensor)
    const known = value === null ? undefined : shared.get(value)
    if (tensor === undefined || value === null || (known === undefined && shared.size >= MOST_SCALARS)) {
      upload(dataId)
      return
    }
    if (known === undefined) {
      upload(dataId)
      if (tensor.resource != null) shared.set(value, tensor.resource)
    } else Object.assign(tensor, { resource: known, values: null })
    // The backend leaves alone what came from outside.
    tensor.external = true
  }
  return Object.assign(backend, { uploadToGPU })
}

/** The number that is all there is of a tensor that is not on the device yet. */
function scalarOf(tensor: Uploaded | undefined): number | null {
  const { values = null, resource = null, dtype } = tensor ?? {}
  return values?.length === 1 && resource === null && dtype === 'float32' ? values[0] : null
}
