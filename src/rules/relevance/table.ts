/**
 * The relevance rule of every operator. Linear layers have the rule that the composite gives them; sums and means share
 * in proportion; each side of a product gets half, but a gate gets nothing; divisors are held fixed; operators that
 * only move elements move their relevance; and activations pass on what arrives, as in Lapuschkin et al. 2017.
 *
 * So transformers need few rules of their own. Relevance is divided by each value and multiplied by its parts, node by
 * node, rather than kept as a modified gradient that meets the input at the end: this costs some cheap divisions
 * (`docs/speed.md`), but every rule, and the conservation report, then holds anywhere in the network.
 */

import type { Operator } from '../../graph/operators.ts'
import { boundedValues } from '../../graph/traits.ts'
import type { Graph, Shape } from '../../graph/types.ts'
import type { RelevanceComposite } from '../composites/composite.ts'
import { gradientTable } from '../gradient/gradient.ts'
import type { LinearOperator } from '../linear.ts'
import { passOn, passReshaped } from '../passOn.ts'
import { type BackwardRule, type BackwardTable, noRule } from '../walk.ts'
import { batchNormRelevance } from './batchNorm.ts'
import { biasesBehind } from './biases.ts'
import type { Conservation } from './conservation.ts'
import { keptConstants } from './keptConstants.ts'
import { linearRelevance } from './linear.ts'
import { lrnTaylor } from './lrn.ts'
import { maxPoolRelevance } from './maxPool.ts'
import { matrixProductRelevance, productRelevance } from './product.ts'
import { allToOne, inProportion, inSum, quotientRelevance } from './proportion.ts'
import type { LinearRule } from './rule.ts'
import { softmaxTaylor } from './softmax.ts'
import type { Varies } from './varying.ts'

const none = noRule('relevance')

/** Relevance is signed and fractional even for an input that is not, such as pixels from 0 to 255. */
const castRelevance: BackwardRule<'Cast'> = ({ builder, inputs }, [arrived]) => {
  const { type } = inputs[0]!
  return [
    type.startsWith('float') && type !== arrived!.type
      ? builder.op('Cast', [arrived], { to: type })
      : arrived,
  ]
}

/** Softmax as a constant: nothing before it gets anything. */
const softmaxConstant: BackwardRule<'Softmax'> = () => [undefined]

/**
 * @param shapeOf the shape of a value of the graph
 * @param varies which of its values vary with the network's input
 * @param rules the rule of each linear layer, by the name of its node
 * @param nonNegative names of the values that have no negative element
 * @param conservation where to note what each layer passed on, if wanted
 */
export function relevanceTable(
  graph: Graph,
  shapeOf: (name: string) => Shape,
  varies: Varies,
  composite: RelevanceComposite,
  rules: ReadonlyMap<string, LinearRule>,
  nonNegative: ReadonlySet<string>,
  conservation: Conservation | undefined,
): BackwardTable {
  const gradient = gradientTable()
  const biases = biasesBehind(graph, shapeOf)
  const biasAdds = new Set([...biases.values()].map(({ adds }) => adds))
  const kept = keptConstants(graph, varies)
  const linear: BackwardRule<LinearOperator> = ({ builder, node, inputs, outputs }, [arrived]) => {
    const rule = rules.get(node.name)
    const behind = biases.get(node.name)
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
      bias: behind ? builder.value(behind.bias) : inputs[2],
      output: behind ? builder.value(behind.output) : outputs[0]!,
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
  /** A rule that may keep something: what it keeps is noted in a column. */
  const noted = <O extends Operator>(
    name: string,
    column: 'bias' | 'epsilon' | 'padding',
    rule: BackwardRule<O>,
  ): BackwardRule<O> => {
    if (!conservation) return rule
    return (visit, arrived) => {
      const { builder: g, node } = visit
      const passed = rule(visit, arrived)
      const out = passed.flatMap((value) => (value ? [conservation.total(value)] : []))
      const kept = g.sub(conservation.total(arrived[0]!), g.sum(out))
      conservation.add(
        { layer: node.name, operator: node.op, rule: name },
        { in: [arrived[0]!], out, [column]: [kept] },
      )
      return passed
    }
  }
  /** A rule that gives constants their share, which they keep as a bias does. */
  const partly = <O extends Operator>(rule: BackwardRule<O>, first = 0): BackwardRule<O> => {
    const keeping = noted('pass', 'bias', rule)
    return (visit, arrived) => (visit.wanted.slice(first).includes(false) ? keeping : rule)(visit, arrived)
  }
  const proportional = <O extends Operator>(rule: BackwardRule<O>) =>
    noted('proportional', 'epsilon', inProportion(rule))
  const sum = <O extends 'Add' | 'Sub' | 'Sum'>(rule: BackwardRule<O>): BackwardRule<O> => {
    const keeps = ({ name }: { name: string }) =>
      kept.has(name) || (composite.constants === 'keep' && !biasAdds.has(name))
    const shared = inSum(rule, composite.add, varies, keeps)
    const ofBranches = noted(composite.add, 'epsilon', shared)
    const withConstant = noted('proportional', 'bias', shared)
    return (visit, arrived) => {
      if (biasAdds.has(visit.node.name)) return shared(visit, arrived)
      const constant = visit.inputs.some((input) => !varies(input!.name))
      return (constant && keeps(visit.node) ? withConstant : ofBranches)(visit, arrived)
    }
  }
  const matrixProduct = noted('uniform', 'epsilon', matrixProductRelevance(varies))

  return {
    Conv: linear,
    ConvTranspose: linear,
    Gemm: linear,
    MatMul: (visit, arrived) => (rules.has(visit.node.name) ? linear : matrixProduct)(visit, arrived),

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
    Mul: productRelevance(boundedValues(graph), varies),
    Div: quotientRelevance(varies),
    Max: allToOne(varies, partly(gradient.Max)),
    Min: allToOne(varies, partly(gradient.Min)),
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
    Softmax:
      composite.softmax === 'taylor' ? noted('taylor', 'epsilon', softmaxTaylor(graph)) : softmaxConstant,
    LogSoftmax: passOn,
    Neg: passOn,
    Abs: passOn,
    Sqrt: passOn,
    Exp: passOn,
    Log: passOn,
    Reciprocal: passOn,
    Pow: allToOne(varies, passOn),

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
