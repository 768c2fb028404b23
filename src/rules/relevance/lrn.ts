import { meanOverChannels, toMinusBeta } from '../gradient/lrn.ts'
import type { BackwardRule } from '../walk.ts'
import { stabilised } from './stabilise.ts'

/**
 * LRN, y_j = x_j / s_j^β with s_j = k + a Σ_i x_i² and a = α/n, by its first-order expansion between x and the point
 * where all neighbours of x_j are zero: the value there, plus the slopes at x times the neighbours,
 *
 *   y_j ≈ Σ_i z_ij with z_jj = x_j / (k + a x_j²)^β and z_ij = x_i · ∂y_j/∂x_i = −2aβ x_j x_i² / s_j^(β+1).
 *
 * The neighbours damp y_j and so get shares of the other sign: R_i = Σ_j z_ij / Σ_i z_ij · R_j. Nothing is lost. (The
 * slopes have to be those at x: where the neighbours are zero, they are zero, too.)
 *
 * Binder et al. 2016, *Layer-Wise Relevance Propagation for Neural Networks with Local Renormalization Layers*.
 */
export const lrnTaylor: BackwardRule<'LRN'> = ({ builder: g, node, inputs, outputs }, [arrived]) => {
  const { size, alpha, beta, bias } = node.attributes
  const [x, y] = [inputs[0]!, outputs[0]!]
  const before = Math.floor((size - 1) / 2)
  const after = size - 1 - before
  const times = (value: typeof x, by: number) => g.mul(value, g.scalar(by))
  const squares = g.mul(x, x)
  const added = times(meanOverChannels(g, squares, size, before, after), alpha)
  const addedAlone = times(squares, alpha / size)
  const own = g.mul(x, toMinusBeta(g, g.add(addedAlone, g.scalar(bias)), beta))
  // x / s^(β+1)
  const damping = g.div(y, g.add(added, g.scalar(bias)))
  const z = g.sub(own, times(g.mul(damping, g.sub(added, addedAlone)), 2 * beta))
  const s = g.div(arrived!, stabilised(g, z, 0))
  const damped = g.mul(damping, s)
  // Sums over the channels that have this one as a neighbour: the window reversed, without its middle.
  const byNeighbours = g.sub(times(meanOverChannels(g, damped, size, after, before), size), damped)
  return [g.sub(g.mul(own, s), times(g.mul(addedAlone, byNeighbours), 2 * beta))]
}
