import type { Compiled, Interpreter, Named, Program } from '../interpreter.ts'
import type { Weight } from '../layout.ts'
import type { Shape } from '../ops.ts'
import { OnnxGraph } from './onnx-graph.ts'
import { createOnnxOps, inputValue, outputTensor } from './onnx-ops.ts'
import { encodeOnnx } from './onnx-proto.ts'

/** A model that a runtime has loaded. */
export interface OnnxSession {
  /** May be called again before the last one is done. */
  run(inputs: Named<Weight>): Promise<Named<Weight>>
  dispose(): void
}

/** What runs ONNX models: a parameter, since no runtime serves every machine. */
export interface OnnxRuntime {
  /** The engine's name and what computes, such as `onnx-cpu`. */
  readonly name: string
  /** How many images a run is best asked for. */
  readonly batch: number
  open(model: Uint8Array): Promise<OnnxSession>
}

export interface OnnxFileOptions {
  readonly name: string
  /** Leaves images that come out NCHW, as users of ONNX expect; the operations themselves have them NHWC. */
  readonly channelsFirst?: boolean
  /** Texts for whoever opens the file. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Writes a program down as an ONNX model.
 *
 * @param inputs the shape of each, as the program sees it
 * @returns the bytes of an .onnx file; what depends on constants alone is already computed in it
 */
export function onnxFile(program: Program, inputs: Named<Shape>, options: OnnxFileOptions): Uint8Array {
  const graph = new OnnxGraph()
  const apply = program(createOnnxOps(graph))
  const values = Object.entries(inputs).map(([name, shape]) => [name, inputValue(graph, name, shape)] as const)
  const outputs = Object.entries(apply(Object.fromEntries(values))).map(([name, value]) => {
    const tensor = outputTensor(graph, value, options.channelsFirst === true)
    return { port: { name, shape: tensor.shape }, tensor: tensor.name }
  })
  return encodeOnnx(graph.finish(options.name, outputs, options.metadata ?? {}))
}

/** Runs programs as ONNX models: one for each set of input shapes, since what is static is faster. */
export function createOnnxInterpreter(runtime: OnnxRuntime): Interpreter {
  const { name, batch } = runtime
  return { name, batch, compile: (program) => Promise.resolve(compileOnnx(program, runtime)) }
}

function compileOnnx(program: Program, runtime: OnnxRuntime): Compiled {
  const sessions = new Map<string, Promise<OnnxSession>>()
  const sessionFor = (inputs: Named<Weight>) => {
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]))
    const key = JSON.stringify(shapes)
    const session = sessions.get(key) ?? runtime.open(onnxFile(program, shapes, { name: 'program' }))
    sessions.set(key, session)
    return session
  }
  return {
    run: async (inputs) => (await sessionFor(inputs)).run(inputs),
    dispose: () => {
      for (const session of sessions.values()) void session.then((opened) => opened.dispose())
      sessions.clear()
    },
  }
}
