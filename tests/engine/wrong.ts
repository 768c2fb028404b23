import type { Engine } from '../../src/engine/engine.ts'
import { float32 } from '../../src/graph/types.ts'

/** An engine that computes wrongly, like a kernel that omits the last channel of a convolution. */
export function computingWrongly(engine: Engine): Engine {
  return {
    ...engine,
    load: (graph, options) => {
      const initializers = new Map(graph.initializers)
      const [name, weights] = [...initializers].find(([, { shape }]) => shape.length === 4)!
      const data = (weights.data as Float32Array).slice()
      initializers.set(name, float32(weights.shape, data.fill(0, -weights.shape[2]! * weights.shape[3]!)))
      return engine.load({ ...graph, initializers }, options)
    },
  }
}
