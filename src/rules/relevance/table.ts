/**
 * The relevance rule of every operator. Linear layers have the rule that the composite gives them; sums and means
 * share in proportion; a product's gate gets nothing; what only moves elements moves their relevance; and
 * activations pass on what arrives, as Lapuschkin et al. 2017 do.
 */

import type { Operator } from '../../graph/operators.ts'
import { boundedValues } from '../../graph/traits.ts'
import type { Graph } from '../../graph/types.ts'
import type { RelevanceComposite } from '../composites/composite.ts'
import { gradientTable } from '../gradient/gradient.ts'
import type { LinearOperator } from '../linear.ts'
import { passOn, passReshaped } from '../passOn.ts'
import { type BackwardRule, type BackwardTable, noRule } from '../walk.ts'
import { batchNormRelevance } from './batchNorm.ts'
import type { Conservation } from './conservation.ts'
import { linearRelevance } from './linear.ts'
import { lrnTaylor } from './lrn.ts'
import { maxPoolRelevance } from './maxPool.ts'
import { productRelevance } from './product.ts'
import { allToOne, inProportion, inSum, quotientRelevance } from './proportion.ts'
import type { LinearRule } from './rule.ts'

const none = noRule('relevance')

/** Relevance has a sign and a fraction, also that of an input that has none: pixels from 0 to 255, say. */
const castRelevance: BackwardRule<'Cast'> = ({ builder, inputs }, [arrived]) => {
  const { type } = inputs[0]!
  return [
    type.startsWith('float') && type !== arrived!.type
      ? builder.op('Cast', [arrived], { to: type })
      : arrived,
  ]
}

/**
 * @param rules the rule of each linear layer, by the name of its node
 * @param nonNegative names of the values that have no negative element
 * @param conservation where to note what each layer passed on, if anybody asks
 */
export function relevanceTable(
  graph: Graph,
  composite: RelevanceComposite,
  rules: ReadonlyMap<string, LinearRule>,
  nonNegative: ReadonlySet<string>,
  conservation: Conservation | undefined,
): BackwardTable {
  const gradient = gradientTable()
  const linear: BackwardRule<LinearOperator> = ({ builder, node, inputs, outputs }, [arrived]) => {
    const rule = rules.get(node.name)
    if (!rule || !builder.constantOf(inputs[1]!)) {
      throw new Error(
        `node ${node.name} (${node.op}): a product of two computed values has no relevance rule`,
      )
    }
    const passed = linearRelevance(rule, {
      builder,
      node,
      x: inputs[0]!,
      weights: inputs[1]!,
      bias: inputs[2],
      output: outputs[0]!,
      nonNegative: nonNegative.has(inputs[0]!.name),
      relevance: arrived!,
    })
    conservation?.add(
      { layer: node.name, operator: node.op, rule: rule.name },
      {
        in: [arrived!],
        out: [passed.relevance],
        bias: passed.bias.map((make) => make()),
        epsilon: passed.epsilon.map((make) => make()),
        padding: passed.padding.map((make) => make()),
      },
    )
    return [passed.relevance]
  }
  /** A rule that may keep something: what it does not pass on is noted under a column. */
  const noted = <O extends Operator>(
    name: string,
    column: 'bias' | 'epsilon' | 'padding',
    rule: BackwardRule<O>,
  ): BackwardRule<O> => {
    if (!conservation) return rule
    return (visit, arrived) => {
      const { builder: g, node } = visit
      const passed = rule(visit, arrived)
      const out = passed.flatMap((value) => (value ? [value] : []))
      const sums = (values: readonly (typeof out)[number][]) =>
        g.sum(values.map((value) => g.reduceSum(g.op('Flatten', [value]), [1], true)))
      conservation.add(
        { layer: node.name, operator: node.op, rule: name },
        { in: [arrived[0]!], out: [sums(out)], [column]: [g.sub(sums([arrived[0]!]), sums(out))] },
      )
      return passed
    }
  }
  /** A rule that gives constants their share: it is theirs to keep, as a bias keeps its own. */
  const partly = <O extends Operator>(rule: BackwardRule<O>, first = 0): BackwardRule<O> => {
    const keeping = noted('pass', 'bias', rule)
    return (visit, arrived) => (visit.wanted.slice(first).includes(false) ? keeping : rule)(visit, arrived)
  }
  const proportional = <O extends Operator>(rule: BackwardRule<O>) =>
    noted('proportional', 'epsilon', inProportion(rule))
  const sum = <O extends 'Add' | 'Sub' | 'Sum'>(rule: BackwardRule<O>) =>
    noted(composite.add, 'epsilon', inSum(rule, composite.add))

  return {
    Conv: linear,
    ConvTranspose: linear,
    Gemm: linear,
    MatMul: linear,

    MaxPool:
      composite.maxPool === 'proportional'
        ? noted('proportional', 'epsilon', maxPoolRelevance('proportional'))
        : maxPoolRelevance(composite.maxPool),
    GlobalMaxPool: gradient.GlobalMaxPool,
    AveragePool: proportional(gradient.AveragePool),
    GlobalAveragePool: proportional(gradient.GlobalAveragePool),
    ReduceMean: proportional(gradient.ReduceMean),
    ReduceSum: proportional(gradient.ReduceSum),
    ReduceMax: gradient.ReduceMax,
    Resize: proportional(gradient.Resize),
    LRN: composite.lrn === 'taylor' ? noted('taylor', 'epsilon', lrnTaylor) : passOn,
    BatchNormalization: noted(composite.batchNorm, 'bias', batchNormRelevance(composite.batchNorm)),

    Add: sum(gradient.Add),
    Sub: sum(gradient.Sub),
    Sum: sum(gradient.Sum),
    Mul: productRelevance(boundedValues(graph)),
    Div: quotientRelevance,
    Max: allToOne(partly(gradient.Max)),
    Min: allToOne(partly(gradient.Min)),
    Where: partly(gradient.Where, 1),

    Relu: passOn,
    LeakyRelu: passOn,
    PRelu: passOn,
    Clip: passOn,
    Elu: passOn,
    Sigmoid: passOn,
    HardSigmoid: passOn,
    HardSwish: passOn,
    Tanh: passOn,
    Softplus: passOn,
    Erf: passOn,
    Softmax: passOn,
    LogSoftmax: passOn,
    Neg: passOn,
    Abs: passOn,
    Sqrt: passOn,
    Exp: passOn,
    Log: passOn,
    Reciprocal: passOn,
    Pow: passOn,

    Dropout: passOn,
    Identity: passOn,
    Cast: castRelevance,
    Flatten: passReshaped,
    Reshape: passReshaped,
    Squeeze: gradient.Squeeze,
    Unsqueeze: gradient.Unsqueeze,
    Transpose: gradient.Transpose,
    Slice: gradient.Slice,
    Split: gradient.Split,
    Pad: noted('pass', 'padding', gradient.Pad),
    Concat: partly(gradient.Concat),
    Expand: gradient.Expand,
    Gather: gradient.Gather,

    ArgMax: none,
    ConstantOfShape: none,
    CumSum: none,
    Equal: none,
    Greater: none,
    GreaterOrEqual: none,
    OneHot: none,
    Scan: none,
    ScatterElements: none,
    Shape: none,
    SoftmaxCrossEntropyLoss: none,
  }
}
