import { describe, expect, test } from 'vitest'
import { readGraph } from '../../../src/graph/file.ts'
import { int64, type Tensor } from '../../../src/graph/types.ts'
import { bytesOf, f, node, numbers } from './model.ts'
import { type Case, testSideBySide } from './sideBySide.ts'

/** Truth values in no order, the first of each row true. */
const truths = (...shape: number[]): Tensor => {
  const { data } = numbers(...shape)
  const last = shape.at(-1)!
  return {
    type: 'bool',
    shape,
    data: Uint8Array.from(data, (value, k) => Number(k % last === 0 || value > 0)),
  }
}

describe('attention of opset 23', () => {
  const heads = [2, 4, 5, 6]
  const fused = (
    name: string,
    attributes: Parameters<typeof node>[3] = {},
    constants: Record<string, Tensor> = {},
    shape = heads,
  ): Case => {
    const inputs = ['x', constants.k ? 'k' : 'x', constants.v ? 'v' : 'x', ...(constants.m ? ['m'] : [])]
    return [name, [23], shape, [node('Attention', inputs, ['y'], attributes)], constants]
  }
  const tokens = { q_num_heads: 4, kv_num_heads: 4 }
  testSideBySide([
    fused('of heads'),
    fused('of heads, with a scale', { scale: f(0.3) }),
    fused('of heads, causal', { is_causal: 1 }),
    fused('of heads, bounded', { softcap: f(0.7) }),
    fused('of heads, with a mask that is added', {}, { m: numbers(5, 5) }),
    fused('of heads, with a mask that is added to each', {}, { m: numbers(2, 1, 5, 5) }),
    fused('of heads, with a mask of truths', {}, { m: truths(5, 5) }),
    fused('of heads, masked and bounded', { softcap: f(0.7) }, { m: numbers(5, 5) }),
    fused('of other keys', {}, { k: numbers(2, 4, 7, 6), v: numbers(2, 4, 7, 3) }),
    fused('of other keys, causal', { is_causal: 1 }, { k: numbers(2, 4, 7, 6), v: numbers(2, 4, 7, 3) }),
    fused('of fewer keys', {}, { k: numbers(2, 2, 7, 6), v: numbers(2, 2, 7, 3) }),
    fused('of tokens', tokens, {}, [2, 5, 24]),
    fused(
      'of tokens with fewer keys',
      { q_num_heads: 4, kv_num_heads: 2 },
      { k: numbers(2, 7, 12), v: numbers(2, 7, 8) },
      [2, 5, 24],
    ),
  ])

  test('that continues from earlier tokens is refused', () => {
    const nodes = [node('Attention', ['x', 'x', 'x', '', 'x', 'x'], ['y'])]
    expect(() => readGraph(bytesOf({ opset: 23, x: heads, nodes }), 'model.onnx')).toThrow(/earlier tokens/)
  })
})

describe('rotary position embedding of opset 23', () => {
  const turned = (
    name: string,
    shape: number[],
    pairs: number,
    attributes: Parameters<typeof node>[3] = {},
    places?: Tensor,
  ): Case => [
    name,
    [23],
    shape,
    [node('RotaryEmbedding', ['x', 'cos', 'sin', ...(places ? ['k'] : [])], ['y'], attributes)],
    places
      ? { cos: numbers(9, pairs), sin: numbers(9, pairs), k: places }
      : { cos: numbers(2, 5, pairs), sin: numbers(2, 5, pairs) },
  ]
  const places = int64([2, 5], [0, 1, 2, 3, 4, 8, 7, 6, 5, 4])
  testSideBySide([
    turned('of heads', [2, 4, 5, 6], 3),
    turned('of heads, interleaved', [2, 4, 5, 6], 3, { interleaved: 1 }),
    turned('of heads, in part', [2, 4, 5, 6], 2, { rotary_embedding_dim: 4, num_heads: 4 }),
    turned('of heads, by their places', [2, 4, 5, 6], 3, {}, places),
    turned('of tokens', [2, 5, 24], 3, { num_heads: 4 }),
    turned(
      'of tokens, interleaved, by their places',
      [2, 5, 24],
      3,
      { num_heads: 4, interleaved: 1 },
      places,
    ),
  ])
})

describe('attention of ONNX Runtime', () => {
  const microsoft = (
    name: string,
    op: string,
    shape: number[],
    inputs: string[],
    attributes: Parameters<typeof node>[3],
    constants: Record<string, Tensor> = {},
  ): Case => [
    name,
    [17],
    shape,
    [{ ...node(op, inputs, ['y'], attributes), domain: 'com.microsoft' }],
    constants,
  ]
  const packed = { w: numbers(6, 24), b: numbers(24) }
  testSideBySide([
    microsoft('packed', 'Attention', [2, 5, 6], ['x', 'w', 'b'], { num_heads: 2 }, packed),
    microsoft(
      'packed, causal',
      'Attention',
      [2, 5, 6],
      ['x', 'w', 'b'],
      { num_heads: 2, unidirectional: 1 },
      packed,
    ),
    microsoft(
      'packed, with what is added to its scores',
      'Attention',
      [2, 5, 6],
      ['x', 'w', 'b', '', '', 'm'],
      { num_heads: 2, scale: f(0.3) },
      { ...packed, m: numbers(2, 2, 5, 5) },
    ),
    microsoft(
      'packed, of other sizes',
      'Attention',
      [2, 5, 6],
      ['x', 'w', 'b'],
      { num_heads: 2, qkv_hidden_sizes: [8, 8, 4] },
      { w: numbers(6, 20), b: numbers(20) },
    ),
    microsoft('of many heads', 'MultiHeadAttention', [2, 5, 8], ['x', 'x', 'x'], { num_heads: 2 }),
    microsoft(
      'of many heads with a bias and a mask',
      'MultiHeadAttention',
      [2, 5, 8],
      ['x', 'k', 'v', 'b', '', 'm'],
      { num_heads: 2, scale: f(0.5) },
      { k: numbers(2, 7, 8), v: numbers(2, 7, 4), b: numbers(20), m: numbers(1, 2, 5, 7) },
    ),
    microsoft(
      'of many heads, with keys that are heads',
      'MultiHeadAttention',
      [2, 5, 8],
      ['x', 'k', 'v'],
      { num_heads: 2 },
      { k: numbers(2, 2, 7, 4), v: numbers(2, 2, 7, 4) },
    ),
  ])
})
