import { expect } from 'chai'
import { OnnxGraph } from '../../gan/engines/onnx-graph.ts'
import { createOnnxOps, inputValue, outputTensor } from '../../gan/engines/onnx-ops.ts'
import type { OnnxModel } from '../../gan/engines/onnx-proto.ts'
import { createGenerator } from '../../gan/generator.ts'
import { parametersOf, type Program } from '../../gan/interpreter.ts'
import { tinyBundle } from './tiny-bundle.ts'

/** The program as a model, before it becomes bytes. */
function modelOf(program: Program, shape: readonly number[]): OnnxModel {
  const graph = new OnnxGraph()
  const apply = program(createOnnxOps(graph))
  const outputs = Object.entries(apply({ x: inputValue(graph, 'x', shape) })).map(([name, value]) => {
    const tensor = outputTensor(graph, value, false)
    return { port: { name, shape: tensor.shape }, tensor: tensor.name }
  })
  return graph.finish('test', outputs, {})
}

function operatorsOf({ nodes }: OnnxModel): readonly string[] {
  return nodes.map(({ operator }) => operator)
}

/** A layer with a filter of 3 x 3 and a clamp. */
function convolving(channels: number): OnnxModel {
  return modelOf(
    (ops) => {
      const filter = ops.constant(new Float32Array(9 * channels * 4).fill(1), [3, 3, channels, 4])
      return ({ x }) => ({ y: ops.clamp(ops.leakyRelu(ops.conv2d(x!, filter, 1, 'same'), 0.2), 0.7) })
    },
    [1, 8, 8, channels],
  )
}

describe('gan/engines/onnx-ops createOnnxOps', () => {
  it('computes at once what depends on constants alone', () => {
    const model = modelOf(
      (ops) => {
        const weight = ops.scale(ops.square(ops.constant(Float32Array.of(1, 2), [1, 2])), 0.5)
        return ({ x }) => ({ y: ops.add(x!, weight) })
      },
      [3, 2],
    )
    expect(operatorsOf(model)).to.deep.equal(['Add', 'Identity'])
    expect(model.constants.map(({ data }) => [...data])).to.deep.equal([[0.5, 2]])
  })

  it('writes the same node once, and none that no output needs', () => {
    const model = modelOf(
      (ops) => {
        return ({ x }) => {
          ops.exp(x!)
          return { y: ops.add(ops.tanh(x!), ops.tanh(x!)) }
        }
      },
      [2],
    )
    expect(operatorsOf(model)).to.deep.equal(['Tanh', 'Add', 'Identity'])
  })

  it('gives a convolution channels by fours where a runtime would go wrong with threes, and clamps without Clip', () => {
    const plain = ['Transpose', 'Conv', 'LeakyRelu', 'Max', 'Min', 'Transpose', 'Identity']
    for (const channels of [3, 4, 12, 65]) expect(operatorsOf(convolving(channels))).to.deep.equal(plain)
    for (const channels of [6, 33, 129, 513]) {
      const model = convolving(channels)
      expect(operatorsOf(model).filter((operator) => operator === 'Pad')).to.have.length(2)
      const pads = model.constants.find(({ data, shape }) => shape.join() === '8' && data.length === 8)
      expect([...(pads?.data ?? [])].map(Number)).to.deep.equal([0, 0, 0, 0, 0, 4 - (channels % 4), 0, 0])
    }
  })

  it('keeps images channels first from the first convolution to the output', () => {
    const { description, generator } = tinyBundle()
    const model = modelOf(
      (ops) => {
        const G = createGenerator(ops, description.G, parametersOf(ops, generator))
        return ({ x }) => ({ images: G.synthesize(G.style(G.map(x!, null), 0.7, null), 'const') })
      },
      [4, 8],
    )
    const operators = operatorsOf(model)
    // The learned constant becomes channels first, and the image channels last again.
    expect(operators.filter((operator) => operator === 'Transpose')).to.have.length(2)
    expect(operators.slice(-2)).to.deep.equal(['Transpose', 'Identity'])
    expect(operators).to.include('ConvTranspose').and.to.include('DepthToSpace')
  })
})
