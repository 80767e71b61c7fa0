import * as tf from '@tensorflow/tfjs-core'

type Shape = [number, number, number, number]

/** One convolution of a run. */
export interface Convolution {
  readonly x: Shape
  readonly filter: Shape
  readonly strides: number
  readonly pad: 'same' | 'valid'
}

/** Every convolution that `work` makes, as the backend sees it. */
export async function convolutionsOf(work: () => Promise<unknown>): Promise<Convolution[]> {
  const engine = tf.engine()
  const found: Convolution[] = []
  const runKernel = engine.runKernel.bind(engine)
  engine.runKernel = (name, inputs, attrs) => {
    if (name === 'Conv2D') {
      const { x, filter } = inputs as { x: tf.Tensor4D; filter: tf.Tensor4D }
      const { strides, pad } = attrs as unknown as { strides: number; pad: 'same' | 'valid' }
      found.push({ x: x.shape, filter: filter.shape, strides, pad })
    }
    return runKernel(name, inputs, attrs)
  }
  await work()
  engine.runKernel = runKernel
  return found
}

/** Two operations to each product, in thousand millions. */
function gflop({ x, filter, strides, pad }: Convolution): number {
  const [n, height, width] = x
  const [kernel, , inputs, outputs] = filter
  const out = (size: number) => (pad === 'same' ? Math.ceil(size / strides) : Math.floor((size - kernel) / strides) + 1)
  return (2 * n * out(height) * out(width) * kernel * kernel * inputs * outputs) / 1e9
}

/** What all of them cost together, in thousand millions of operations. */
export function gflopOf(list: readonly Convolution[]): number {
  return list.reduce((total, each) => total + gflop(each), 0)
}
