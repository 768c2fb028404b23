/** Runs cases by the engine as it is built and shipped, in a page or a process, where only JSON comes and goes. */

import { readGraph } from '../../../dist/graph/file.js'

/** A function that runs a job, `{ graph: base64 of an .onnx file, feeds }`, and gives the outputs. */
export function runnerFor(engine) {
  return async ({ graph, feeds }) => {
    const bytes = Uint8Array.from(atob(graph), (letter) => letter.charCodeAt(0))
    const program = await engine.load(readGraph(bytes, 'case'))
    try {
      const outputs = await program.run(mapped(feeds, fromPlain))
      return mapped(outputs, ({ type, shape, data }) => ({ type, shape, data: Array.from(data, Number) }))
    } finally {
      await program.release()
    }
  }
}

function mapped(tensors, convert) {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, convert(tensor)]))
}

function fromPlain({ type, shape, data }) {
  const arrays = { float32: Float32Array, uint8: Uint8Array }
  return { type, shape, data: type === 'int64' ? BigInt64Array.from(data, BigInt) : arrays[type].from(data) }
}
