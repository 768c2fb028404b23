/**
 * Canonising: the same function in the form that relevance rules speak of, before any rule is applied.
 *
 * Batch normalisation outside training is a scale and a shift of each channel, and so are Caffe's Scale layers
 * and the Mul and Add that other programs write. Where one follows a linear layer, or stands before one that adds
 * no padding, it becomes part of that layer's weights and bias: otherwise the layer's rule would explain a value that
 * no later layer sees, and the shift would belong to no layer. A product with a constant matrix and the Add after it
 * become one inner product with a bias, and a constant matrix stands on the right. Zeros that a Pad puts around a
 * picture become the padding of the convolution after it, which knows that they are not pixels.
 */

import { through } from '../../graph/pass.ts'
import type { Graph } from '../../graph/types.ts'
import { withInnerProducts } from './innerProducts.ts'
import { withMatricesRight } from './matricesRight.ts'
import { withPaddingInside } from './padding.ts'
import { withScalesMerged } from './scales.ts'

/**
 * The same function in canonical form.
 *
 * Needs: a well-formed graph. Leaves: products of vectors with constant matrices as Gemm; scales, shifts and borders
 * of zeros merged into the linear layers beside them where that is exact. Outputs of the graph keep their names and
 * values.
 *
 * @param constants whether constants keep their share: then none is merged into the layer after it, where a rule that
 *   treats positive and negative parts differently would share in another way
 */
export function canonise(graph: Graph, constants: 'pass' | 'keep' = 'pass'): Graph {
  // The order matters: an inner product is a layer into which a bias can be merged.
  const passes = [
    withMatricesRight,
    withInnerProducts,
    withScalesMerged(constants === 'pass'),
    withPaddingInside,
  ]
  return through(passes, graph)
}
