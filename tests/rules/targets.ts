import { float32, type TensorOf } from '../../src/graph/types.ts'

/** The input `target` of an explaining graph that asks for one class in each row: [targets, classes]. */
export function oneHot(targets: readonly number[], classes: number): TensorOf<'float32'> {
  const tensor = float32([targets.length, classes])
  targets.forEach((target, row) => {
    tensor.data[row * classes + target] = 1
  })
  return tensor
}
