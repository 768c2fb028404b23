import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { NodeOf } from '../../graph/operators.ts'
import type { BackwardRule } from '../walk.ts'
import { transposedAlong } from './alongAxis.ts'
import { numbersOf, refusal, sizesOf } from './constants.ts'
import { interpolation } from './interpolation.ts'

/** Resize (nearest and linear): y = A·x along each axis, so dx = Aᵀ·dy along each. */
export const resizeGradient: BackwardRule<'Resize'> = ({ builder, node, inputs, outputs }, [dy]) => {
  const [x, y] = [inputs[0]!, outputs[0]!]
  const { antialias, keep_aspect_ratio_policy } = node.attributes
  if (antialias || keep_aspect_ratio_policy !== 'stretch')
    throw refusal(node, 'its gradient is implemented only without antialias and for the policy stretch')
  // Where all sizes stay, ONNX Runtime copies, whatever the scales.
  if (x.shape.join() === y.shape.join()) return [dy]
  const scales = inputs[2] && numbersOf(builder, inputs[2], node)
  let dx = dy!
  x.shape.forEach((size, axis) => {
    // A batch of any size is never resized.
    if (typeof size === 'string' || isKept(scales?.[axis], size, y.shape[axis]!)) return
    dx = alongOne(builder, node, dx, axis, size, sizesOf(y, [axis], node)[0]!, scales?.[axis])
  })
  return [dx]
}

function isKept(scale: number | undefined, size: number, outputs: number | string): boolean {
  return scale === undefined ? size === outputs : scale === 1
}

function alongOne(
  g: GraphBuilder,
  node: NodeOf<'Resize'>,
  dy: Value,
  axis: number,
  size: number,
  outputs: number,
  scale: number | undefined,
): Value {
  const { mode, nearest_mode, coordinate_transformation_mode: coordinates } = node.attributes
  const matrix = interpolation({
    size,
    outputs,
    scale: scale ?? outputs / size,
    coordinates,
    kind: mode === 'nearest' ? nearest_mode : mode,
  })
  if (matrix) return transposedAlong(g, dy, axis, matrix)
  throw refusal(
    node,
    `the mode ${mode} (${mode === 'nearest' ? `${nearest_mode}, ` : ''}${coordinates}) has no gradient`,
    'Use nearest or linear, with half_pixel, pytorch_half_pixel, asymmetric or align_corners',
  )
}
