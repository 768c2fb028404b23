/** regard as a library: graphs, their gradients and relevance, and an engine to run them. */

export type { Engine, Program, Tensors } from './engine/engine.ts'
export { nodeEngine } from './engine/node.ts'
export { readOnnx, writeOnnx } from './formats/onnx.ts'
export { fixInput, openBatch } from './graph/batch.ts'
export { GraphBuilder, type Value } from './graph/builder.ts'
export { float32, type Graph, int64, type Tensor } from './graph/types.ts'
export { verify } from './graph/verify.ts'
export { type NetworkName, networks } from './networks/index.ts'
export { type Composite, composites } from './rules/composites.ts'
export { gradient } from './rules/gradient/gradient.ts'
export { relevance } from './rules/relevance/relevance.ts'
