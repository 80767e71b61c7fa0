import type { Shape } from '../ops.ts'
import type { OnnxConstant, OnnxModel, OnnxNode, OnnxPort } from './onnx-proto.ts'

/** A graph that is being written: each node once however often it is asked for, and in the end only what is needed. */
export class OnnxGraph {
  private readonly nodes = new Map<string, OnnxNode>()
  private readonly known = new Map<string, string>()
  private readonly constants = new Map<string, OnnxConstant>()
  private readonly ofData = new Map<Float32Array, Map<string, string>>()
  private readonly inputs: OnnxPort[] = []

  /** @returns the name of what goes in */
  input(port: OnnxPort): string {
    this.inputs.push(port)
    return port.name
  }

  /** @returns the name of what the operator gives */
  node(operator: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    const key = JSON.stringify([operator, inputs, attributes])
    const same = this.known.get(key)
    if (same !== undefined) return same
    const output = `${operator.toLowerCase()}_${this.nodes.size}`
    this.nodes.set(output, { operator, inputs, output, attributes })
    this.known.set(key, output)
    return output
  }

  /** @returns the name of the numbers, the same for the same array and shape */
  floats(data: Float32Array, shape: Shape): string {
    const names = this.ofData.get(data) ?? new Map<string, string>()
    this.ofData.set(data, names)
    const key = shape.join('x')
    const name = names.get(key) ?? this.constant(data, shape)
    names.set(key, name)
    return name
  }

  scalar(value: number): string {
    const key = `scalar ${value}`
    const name = this.known.get(key) ?? this.constant(Float32Array.of(value), [])
    this.known.set(key, name)
    return name
  }

  integers(values: readonly number[]): string {
    const key = `integers ${values.join(' ')}`
    const name = this.known.get(key) ?? this.constant(BigInt64Array.from(values, BigInt), [values.length])
    this.known.set(key, name)
    return name
  }

  /**
   * The model of what the outputs depend on.
   *
   * @param outputs their names in the model, and the tensors that they are
   */
  finish(
    name: string,
    outputs: readonly { readonly port: OnnxPort; readonly tensor: string }[],
    metadata: OnnxModel['metadata'],
  ): OnnxModel {
    const nodes = [
      ...this.nodes.values(),
      ...outputs.map(({ port, tensor }): OnnxNode => {
        return { operator: 'Identity', inputs: [tensor], output: port.name, attributes: {} }
      }),
    ]
    const needed = new Set(outputs.map(({ port }) => port.name))
    const kept = nodes.toReversed().filter(({ output, inputs }) => {
      if (needed.has(output)) for (const input of inputs) needed.add(input)
      return needed.has(output)
    })
    return {
      name,
      nodes: kept.toReversed(),
      constants: [...this.constants.values()].filter((constant) => needed.has(constant.name)),
      inputs: this.inputs,
      outputs: outputs.map(({ port }) => port),
      metadata,
    }
  }

  private constant(data: OnnxConstant['data'], shape: Shape): string {
    const name = `constant_${this.constants.size}`
    this.constants.set(name, { name, shape, data })
    return name
  }
}
