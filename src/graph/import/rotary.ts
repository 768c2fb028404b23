/**
 * Rotary position embedding: pairs of numbers of queries and keys are rotated by an angle that grows with their
 * position.
 *
 * Su et al. 2021, *RoFormer: Enhanced Transformer with Rotary Position Embedding*, eq. 34.
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { fixed } from '../dimensions.ts'
import { type Conversion, form, numberIn } from './form.ts'

export const rotaryEmbedding: Conversion = (node, g) => {
  const [x, cosines, sines, places] = node.inputs as [Value, Value, Value, Value | undefined]
  const inHeads = x.shape.length === 4
  const heads = numberIn(node, 'num_heads', 0)
  if (!inHeads && !(heads > 0)) throw new UserError('it does not say how many heads there are')
  // Heads first, [batch, heads, tokens, numbers], or tokens first, [batch, tokens, heads, numbers].
  const value = inHeads ? x : g.reshape(x, [0, fixed(x.shape[1]!), heads, fixed(x.shape[2]!) / heads])
  const size = fixed(value.shape[3]!)
  const turned = numberIn(node, 'rotary_embedding_dim', 0) || size
  const beside = (angles: Value) => {
    const own = places ? g.op('Gather', [angles, places]) : angles
    return g.op('Unsqueeze', [own, g.integers([inHeads ? 1 : 2])])
  }
  const [cos, sin] = [beside(cosines), beside(sines)]
  const interleaved = numberIn(node, 'interleaved', 0) !== 0
  const [a, b] = interleaved
    ? [g.slice(value, { 3: [0, turned, 2] }), g.slice(value, { 3: [1, turned, 2] })]
    : [g.slice(value, { 3: [0, turned / 2] }), g.slice(value, { 3: [turned / 2, turned] })]
  const first = g.sub(g.mul(a, cos), g.mul(b, sin))
  const second = g.add(g.mul(a, sin), g.mul(b, cos))
  const pairs = interleaved ? woven(g, first, second) : g.concat([first, second], 3)
  const whole = turned === size ? pairs : g.concat([pairs, g.slice(value, { 3: [turned, size] })], 3)
  if (inHeads) return form('Identity', [whole])
  return form('Reshape', [whole, g.integers([0, fixed(x.shape[1]!), fixed(x.shape[2]!)])])
}

/** The numbers of two values, interleaved along their last dimension. */
function woven(g: GraphBuilder, a: Value, b: Value): Value {
  const apart = (value: Value) => g.op('Unsqueeze', [value, g.integers([4])])
  const sizes = a.shape.slice(1).map(fixed)
  return g.reshape(g.concat([apart(a), apart(b)], 4), [0, sizes[0]!, sizes[1]!, 2 * sizes[2]!])
}
