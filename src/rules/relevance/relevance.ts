/**
 * The relevance of a graph, as a graph: Layer-wise Relevance Propagation.
 *
 * The walk of `walk.ts`, started with the logit of the class that is explained. Linear layers follow the rule
 * that the composite gives them; everything else passes relevance on as Lapuschkin et al. 2017 do.
 */

import { GraphBuilder } from '../../graph/builder.ts'
import type { Graph } from '../../graph/types.ts'
import type { Composite } from '../composites.ts'
import type { LinearOperator } from '../linear.ts'
import { passOn, passReshaped } from '../passOn.ts'
import { scatterToPositions, withPoolPositions } from '../pooling.ts'
import { type BackwardRule, type BackwardTable, noRule, walkBackward } from '../walk.ts'
import { linearRelevance } from './linear.ts'
import type { LinearRule } from './rule.ts'
import { nonNegativeValues } from './sign.ts'

/**
 * Derive the graph that explains a network.
 *
 * @param graph a network whose first output is float32 [batch, classes], the logits
 * @param composite which rule each linear layer gets
 * @param of the value whose relevance is wanted; the first input where not given
 * @returns the graph with one more input, `target` (int64 [batch]: the class to explain in each picture), and
 *   one more output, `relevance` (float32, the shape of `of`)
 * @throws Error naming the node whose operator has no relevance rule, or the layer that the composite leaves out
 */
export function relevance(graph: Graph, composite: Composite, of: string = graph.inputs[0]!.name): Graph {
  const prepared = withPoolPositions(graph)
  const builder = GraphBuilder.from(prepared)
  const logits = builder.value(graph.outputs[0]!.name)
  const [batch, classes] = logits.shape
  const target = builder.input('target', 'int64', [batch!])
  const arrived = builder.scope('relevance', () => {
    const offAndOn = builder.constant(
      { type: 'float32', shape: [2], data: Float32Array.of(0, 1) },
      'offAndOn',
    )
    const oneHot = builder.op('OneHot', [target, builder.integers([Number(classes)]), offAndOn])
    const start = new Map([[logits.name, builder.mul(logits, oneHot)]])
    const table = relevanceTable(prepared, rulesOf(prepared, composite))
    return walkBackward(builder, prepared, table, start, [of]).get(of)
  })
  if (!arrived) throw new Error(`the logits do not depend on ${of}`)
  builder.output('relevance', arrived)
  return builder.graph()
}

/** The rule of each linear layer, by the name of its node. */
function rulesOf(graph: Graph, composite: Composite): Map<string, LinearRule> {
  const used = new Map<object, number>()
  const rules = new Map<string, LinearRule>()
  for (const node of graph.nodes) {
    if (node.op !== 'Conv' && node.op !== 'Gemm' && node.op !== 'MatMul') continue
    const entry = composite.entries.find(
      (candidate) =>
        candidate.operators.includes(node.op) &&
        (used.get(candidate) ?? 0) < (candidate.first ?? Number.POSITIVE_INFINITY),
    )
    if (!entry)
      throw new Error(`the composite ${composite.name} has no rule for node ${node.name} (${node.op})`)
    used.set(entry, (used.get(entry) ?? 0) + 1)
    rules.set(node.name, entry.rule)
  }
  return rules
}

const none = noRule('relevance')

function relevanceTable(graph: Graph, rules: ReadonlyMap<string, LinearRule>): BackwardTable {
  const nonNegative = nonNegativeValues(graph)
  const linear: BackwardRule<LinearOperator> = ({ builder, node, inputs, outputs }, [arrived]) => [
    linearRelevance(rules.get(node.name)!, {
      builder,
      node,
      x: inputs[0]!,
      weights: inputs[1]!,
      bias: inputs[2],
      output: outputs[0]!,
      nonNegative: nonNegative.has(inputs[0]!.name),
      relevance: arrived!,
    }),
  ]
  return {
    Conv: linear,
    Gemm: linear,
    MatMul: linear,
    // The first maximum takes all.
    MaxPool: ({ builder, inputs, outputs }, [arrived]) => [
      scatterToPositions(builder, inputs[0]!, outputs[1]!, arrived!),
    ],
    Relu: passOn,
    LRN: passOn,
    Dropout: passOn,
    Identity: passOn,
    Flatten: passReshaped,
    Reshape: passReshaped,

    Add: none,
    ArgMax: none,
    AveragePool: none,
    Cast: none,
    Concat: none,
    ConstantOfShape: none,
    ConvTranspose: none,
    Div: none,
    Equal: none,
    Exp: none,
    Expand: none,
    Gather: none,
    Greater: none,
    GreaterOrEqual: none,
    Max: none,
    Min: none,
    Mul: none,
    Neg: none,
    OneHot: none,
    Pad: none,
    Pow: none,
    ReduceMean: none,
    ReduceSum: none,
    Scan: none,
    ScatterElements: none,
    Shape: none,
    Slice: none,
    Softmax: none,
    SoftmaxCrossEntropyLoss: none,
    Sqrt: none,
    Sub: none,
    Sum: none,
    Transpose: none,
    Where: none,
    GlobalAveragePool: none,
    GlobalMaxPool: none,
    BatchNormalization: none,
    LogSoftmax: none,
    LeakyRelu: none,
    PRelu: none,
    Clip: none,
    Elu: none,
    Sigmoid: none,
    HardSigmoid: none,
    HardSwish: none,
    Tanh: none,
    Softplus: none,
    Erf: none,
    Abs: none,
    Log: none,
    Reciprocal: none,
    ReduceMax: none,
    Squeeze: none,
    Unsqueeze: none,
    Split: none,
    Resize: none,
  }
}
