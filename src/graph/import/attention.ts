/**
 * Attention, spelt out: products of queries and keys, scaled and masked, a softmax, and a product with the values.
 *
 * Vaswani et al. 2017, *Attention Is All You Need*, eq. 1.
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { fixed } from '../dimensions.ts'
import { sizeOf } from '../types.ts'
import { type Conversion, type FileNode, type Form, form, numberIn, numbersIn } from './form.ts'

/** Instead of −∞: so the softmax still gives numbers where a whole row is masked. */
const MASKED = -3.4028234663852886e38

/** Queries, keys and values, [batch, heads, tokens, numbers], and the options of their attention. */
interface Heads {
  readonly query: Value
  readonly key: Value
  readonly value: Value
  readonly scale: number
  /** Truth values, or numbers that are added to the scores. */
  readonly mask?: Value
  /** Whether a token sees only itself and those before it. */
  readonly causal: boolean
  /** c · tanh(scores / c) bounds the scores; 0 does not. */
  readonly softcap: number
}

/** Attention of opset 23. */
export const attention: Conversion = (node, g) => {
  const [q, k, v, mask, pastKey, pastValue, padding] = node.inputs as [Value, Value, Value, ...Value[]]
  if (pastKey || pastValue || padding)
    throw new UserError('it continues from earlier tokens, as a network that writes text does')
  const rank = q.shape.length
  const queryHeads = rank === 3 ? numberIn(node, 'q_num_heads', 0) : fixed(q.shape[1]!)
  const keyHeads = rank === 3 ? numberIn(node, 'kv_num_heads', 0) : fixed(k.shape[1]!)
  const split = (x: Value, heads: number) => (rank === 3 ? headsOf(g, x, heads) : x)
  const query = split(q, queryHeads)
  const shared = (x: Value) => repeatedHeads(g, split(x, keyHeads), queryHeads / keyHeads)
  const heads: Heads = {
    query,
    key: shared(k),
    value: shared(v),
    scale: numberIn(node, 'scale', 1 / Math.sqrt(fixed(query.shape[3]!))),
    mask,
    causal: numberIn(node, 'is_causal', 0) !== 0,
    softcap: numberIn(node, 'softcap', 0),
  }
  return rank === 3 ? joinedHeads(g, attended(g, heads)) : productOf(g, heads)
}

/** ONNX Runtime's attention with the weights of queries, keys and values in one matrix. */
export const fusedAttention: Conversion = (node, g) => {
  const [x, weights, bias, maskIndex, past, added] = node.inputs as [Value, Value, ...(Value | undefined)[]]
  refuseOthers({ 'a mask by its length': maskIndex, 'earlier tokens': past })
  if (numberIn(node, 'do_rotary', 0) !== 0) throw new UserError('it rotates its queries by their positions')
  const all = bias ? g.add(g.matmul(x, weights), bias) : g.matmul(x, weights)
  const whole = fixed(all.shape.at(-1)!)
  const given = numbersIn(node, 'qkv_hidden_sizes')
  const sizes = given?.length === 3 ? given : [whole / 3, whole / 3, whole / 3]
  const parts = g.ops('Split', 3, [all, g.integers(sizes)], { axis: -1 })
  const count = numberIn(node, 'num_heads', 1)
  return manyHeaded(node, g, parts.map((part) => headsOf(g, part, count)) as [Value, Value, Value], added)
}

/** ONNX Runtime's attention of queries, keys and values. */
export const multiHeadAttention: Conversion = (node, g) => {
  const [query, key, value, bias, keyMask, added, ...past] = node.inputs as [Value, ...(Value | undefined)[]]
  refuseOthers({ 'a mask of its keys': keyMask, 'earlier tokens': past.find((input) => input) })
  if (!key || !value || query.shape.length !== 3)
    throw new UserError('its queries, keys and values are packed, which regard does not read')
  const count = numberIn(node, 'num_heads', 1)
  const inputs = [query, key, value]
  const sizes = inputs.map(({ shape }) => (shape.length === 3 ? fixed(shape[2]!) : 0))
  const starts = sizes.map((_, k) => sizes.slice(0, k).reduce((sum, size) => sum + size, 0))
  const heads = inputs.map((x, k) => {
    // Keys and values may already be split into heads.
    if (x.shape.length === 4) return x
    const own = bias && g.slice(bias, { 0: [starts[k]!, starts[k]! + sizes[k]!] })
    return headsOf(g, own ? g.add(x, own) : x, count)
  })
  return manyHeaded(node, g, heads as [Value, Value, Value], added)
}

/** What ONNX Runtime's two kinds share; a scale of 0 means the default, from the size of a head. */
function manyHeaded(
  node: FileNode,
  g: GraphBuilder,
  [query, key, value]: readonly [Value, Value, Value],
  mask: Value | undefined,
): Form {
  const scale = numberIn(node, 'scale', 0) || 1 / Math.sqrt(fixed(query.shape[3]!))
  const causal = numberIn(node, 'unidirectional', 0) !== 0
  return joinedHeads(g, attended(g, { query, key, value, scale, mask, causal, softcap: 0 }))
}

function refuseOthers(others: Readonly<Record<string, Value | undefined>>): void {
  for (const [what, value] of Object.entries(others))
    if (value) throw new UserError(`it takes ${what}, which regard does not read`)
}

/** [batch, tokens, heads · numbers] as [batch, heads, tokens, numbers]. */
function headsOf(g: GraphBuilder, x: Value, heads: number): Value {
  const size = fixed(x.shape[2]!)
  if (!(heads > 0) || size % heads !== 0) throw new UserError(`${size} numbers do not make ${heads} heads`)
  return g.transpose(g.reshape(x, [0, fixed(x.shape[1]!), heads, size / heads]), [0, 2, 1, 3])
}

/** The inverse of {@link headsOf}. */
function joinedHeads(g: GraphBuilder, x: Value): Form {
  const [heads, tokens, size] = x.shape.slice(1).map(fixed) as [number, number, number]
  return form('Reshape', [g.transpose(x, [0, 2, 1, 3]), g.integers([0, tokens, sizeOf([heads, size])])])
}

/** Keys or values that several query heads share, repeated once for each of these. */
function repeatedHeads(g: GraphBuilder, x: Value, times: number): Value {
  if (times === 1) return x
  const [heads, tokens, size] = x.shape.slice(1).map(fixed) as [number, number, number]
  if (!Number.isInteger(times)) throw new UserError(`its query heads cannot be divided evenly among ${heads}`)
  const apart = g.op('Unsqueeze', [x, g.integers([2])])
  const copies = g.concat(
    Array.from({ length: times }, () => apart),
    2,
  )
  return g.reshape(copies, [0, heads * times, tokens, size])
}

function attended(g: GraphBuilder, heads: Heads): Value {
  const { op, inputs } = productOf(g, heads)
  return g.op(op, inputs)
}

/** The last of the nodes: attention weights times values. */
function productOf(g: GraphBuilder, { query, key, value, scale, mask, causal, softcap }: Heads): Form {
  const product = g.matmul(query, g.transpose(key, [0, 1, 3, 2]))
  let scores = scale === 1 ? product : g.mul(product, g.scalar(scale))
  // As ONNX Runtime does: in the standard of opset 23 the scores are masked before they are bounded.
  if (softcap !== 0) scores = g.mul(g.op('Tanh', [g.div(scores, g.scalar(softcap))]), g.scalar(softcap))
  if (mask?.type === 'bool') scores = g.op('Where', [mask, scores, g.scalar(MASKED)])
  else if (mask) scores = g.add(scores, mask)
  if (causal) scores = g.op('Where', [seenBefore(g, scores), scores, g.scalar(MASKED)])
  return form('MatMul', [g.op('Softmax', [scores], { axis: -1 }), value])
}

/** Which keys each query sees: those up to its own place. */
function seenBefore(g: GraphBuilder, { shape }: Value): Value {
  const [queries, keys] = shape.slice(-2).map(fixed) as [number, number]
  const sees = Uint8Array.from({ length: queries * keys }, (_, k) =>
    k % keys <= Math.floor(k / keys) ? 1 : 0,
  )
  return g.constant({ type: 'bool', shape: [queries, keys], data: sees }, 'seen')
}
