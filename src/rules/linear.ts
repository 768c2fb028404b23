/**
 * What convolutions and inner products share: y = W·x + b, applied forwards or transposed, with the layer's own weights
 * or with parts of them. The gradient and every relevance rule of a linear layer are made of these two directions.
 */

import type { GraphBuilder, Value } from '../graph/builder.ts'
import type { NodeOf } from '../graph/operators.ts'
import type { Graph } from '../graph/types.ts'
import { dependents, sources } from '../graph/wiring.ts'
import { unbroadcast } from './gradient/unbroadcast.ts'
import { matrixTransposed } from './transposed.ts'

/** The operators that are linear layers, bias aside. */
export type LinearOperator = 'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul'

/** A node that is a linear layer. */
export type LinearNode = { [O in LinearOperator]: NodeOf<O> }[LinearOperator]

/**
 * The linear layers that lead from one value to another, in the order of the graph. A product of two computed matrices,
 * as in attention, is not one.
 */
export function linearNodesBetween(graph: Graph, from: string, to: string): LinearNode[] {
  const behind = dependents(graph, [from])
  const before = sources(graph, [to])
  return graph.nodes.filter(
    (node): node is LinearNode =>
      (node.op === 'Conv' || node.op === 'ConvTranspose' || node.op === 'Gemm' || node.op === 'MatMul') &&
      behind.has(node.inputs[0]!) &&
      !(node.op === 'MatMul' && behind.has(node.inputs[1]!)) &&
      node.outputs.some((name) => before.has(name)),
  )
}

/** A linear layer in two directions. `weights` may be any tensor of the shape of the layer's own. */
export interface LinearLayer {
  /** W·x + bias: from the input's shape to the output's. */
  forward(x: Value, weights: Value, bias?: Value): Value
  /**
   * Wᵀ·s: from the output's shape to the input's.
   *
   * @param part the part of the weights to use, element by element; so a kernel is flipped only once, whatever parts of
   *   it are needed
   */
  transposed(s: Value, weights: Value, part?: (weights: Value) => Value): Value
  /** A bias in a shape that broadcasts to the output's. */
  biasBeside(bias: Value): Value
}

/** Both directions of a linear layer; the nodes are added to `builder`. */
export function linearLayer(builder: GraphBuilder, node: NodeOf<LinearOperator>): LinearLayer {
  switch (node.op) {
    case 'Conv':
      return convolution(builder, node as NodeOf<'Conv'>)
    case 'ConvTranspose':
      return transposedConvolution(builder, node as NodeOf<'ConvTranspose'>)
    case 'Gemm':
      return innerProduct(builder, node as NodeOf<'Gemm'>)
    case 'MatMul':
      return matrixProduct(builder, node as NodeOf<'MatMul'>)
  }
}

/**
 * The product of tokens, for example, with one constant matrix or with a stack of them, along which an input may be
 * repeated.
 */
function matrixProduct(builder: GraphBuilder, { inputs, outputs }: NodeOf<'MatMul'>): LinearLayer {
  const input = builder.value(inputs[0]!)
  const stack = builder.value(outputs[0]!).shape.slice(0, -2)
  return {
    forward: (x, weights, bias) => {
      const y = builder.matmul(x, weights)
      return bias ? builder.add(y, bias) : y
    },
    transposed: (s, weights, part = whole) => {
      const product = builder.matmul(s, part(matrixTransposed(builder, weights)))
      return unbroadcast(builder, product, [...stack, ...input.shape.slice(-2)], input)
    },
    biasBeside: (bias) => bias,
  }
}

function innerProduct(builder: GraphBuilder, { name, attributes }: NodeOf<'Gemm'>): LinearLayer {
  const { alpha, beta, transA, transB } = attributes
  if (alpha !== 1 || beta !== 1 || transA !== 0) {
    throw new Error(`node ${name} (Gemm): only alpha = beta = 1 and transA = 0 make an inner product`)
  }
  return {
    forward: (x, weights, bias) => builder.op('Gemm', [x, weights, bias], { transB }),
    transposed: (s, weights, part = whole) =>
      builder.op('Gemm', [s, part(weights)], { transB: transB ? 0 : 1 }),
    biasBeside: (bias) => bias,
  }
}

function convolution(builder: GraphBuilder, { inputs, attributes }: NodeOf<'Conv'>): LinearLayer {
  const picture = builder.value(inputs[0]!).shape.slice(2) as number[]
  const kernel = builder.value(inputs[1]!).shape.slice(2) as number[]
  const { strides, pads, dilations, group } = attributes
  const before = pads.slice(0, 2)
  const reach = kernel.map((size, k) => (size - 1) * dilations[k]!)
  return {
    forward: (x, weights, bias) => builder.op('Conv', [x, weights, bias], attributes),
    transposed: (s, weights, part = whole) => {
      const stepsAreOne = strides.every((stride) => stride === 1)
      const margins = [...reach.map((r, k) => r - before[k]!), ...reach.map((r, k) => r - pads[k + 2]!)]
      const kernels = group === 1 || builder.isConstant(weights) ? weights : undefined
      if (stepsAreOne && kernels && margins.every((margin) => margin >= 0)) {
        // With a stride of 1 the transposed convolution is a convolution with the flipped kernel, for which ONNX
        // Runtime has its fastest code.
        const turnedAround = part(turned(builder, kernels, group))
        return builder.op('Conv', [s, turnedAround], { pads: margins, dilations, group })
      }
      // Pixels that the last window does not reach still belong to the picture: output_padding adds them.
      const rest = picture.map((size, k) => {
        const reached = (Number(s.shape[k + 2]) - 1) * strides[k]! + reach[k]! + 1 - before[k]! - pads[k + 2]!
        return size - reached
      })
      return builder.op('ConvTranspose', [s, part(weights)], {
        strides,
        pads,
        dilations,
        group,
        output_padding: rest,
      })
    },
    biasBeside: (bias) => builder.reshape(bias, [-1, 1, 1]),
  }
}

/** Its transpose is the convolution with the same kernels. */
function transposedConvolution(builder: GraphBuilder, { attributes }: NodeOf<'ConvTranspose'>): LinearLayer {
  const { strides, pads, dilations, group } = attributes
  return {
    forward: (x, weights, bias) => builder.op('ConvTranspose', [x, weights, bias], attributes),
    transposed: (s, weights, part = whole) =>
      builder.op('Conv', [s, part(weights)], { strides, pads, dilations, group }),
    biasBeside: (bias) => builder.reshape(bias, [-1, 1, 1]),
  }
}

const whole = (weights: Value) => weights

/** A kernel [out, in, h, w] rotated by 180°, as [in, out, h, w], each group by itself. */
function turned(g: GraphBuilder, weights: Value, group: number): Value {
  const build = () => {
    const kernels = swapped(g, weights, group)
    const toStart = -(2 ** 31)
    const along = [2, 3].filter((axis) => kernels.shape[axis] !== 1)
    return g.slice(kernels, Object.fromEntries(along.map((axis) => [axis, [-1, toStart, -1]])))
  }
  return g.isConstant(weights) ? g.once(`${weights.name}.turned(${group})`, build) : build()
}

/** A kernel [out, in, h, w] as [in, out, h, w], each group by itself. */
function swapped(g: GraphBuilder, weights: Value, group: number): Value {
  if (group === 1) return g.transpose(weights, [1, 0, 2, 3])
  const [out, inputs, h, w] = weights.shape.map(Number) as [number, number, number, number]
  if (inputs === 1 && out === group) return weights
  const apart = g.reshape(weights, [group, out / group, inputs, h, w])
  return g.reshape(g.transpose(apart, [0, 2, 1, 3, 4]), [group * inputs, out / group, h, w])
}
