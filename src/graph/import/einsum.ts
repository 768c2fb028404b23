/**
 * Einsum: sums of products by the labels of dimensions, as transposes, reshapes and matrix products. A constant factor
 * comes last, so that a product of tokens with weights becomes a linear layer.
 */

import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import { fixed, product, reshapeTarget } from '../dimensions.ts'
import { int64, type Shape } from '../types.ts'
import { type Conversion, form, textIn } from './form.ts'

/** A value whose dimensions have labels, all different. */
interface Labelled {
  readonly value: Value
  readonly labels: readonly string[]
}

export const einsum: Conversion = (node, g) => {
  const { inputs, output } = labelsOf(
    textIn(node, 'equation', ''),
    node.inputs.map((input) => input!.shape.length),
  )
  const [first, ...others] = node.inputs.map((value, k) => withoutRepeats(g, value!, inputs[k]!))
  if (!first) throw new Error('it has no input')
  const result = others.reduce((left, right, k) => {
    const later = others.slice(k + 1).flatMap(({ labels }) => labels)
    return contracted(g, left, right, new Set([...output, ...later]))
  }, first)
  const summed = summedAway(g, result, (label) => output.includes(label))
  return form('Identity', [inOrder(g, summed, output).value])
}

/**
 * The labels of each input's dimensions and of the output's. Dimensions in an ellipsis are called `…` plus their place,
 * counted from the last.
 */
function labelsOf(equation: string, ranks: readonly number[]): { inputs: string[][]; output: string[] } {
  const [left, right] = equation.replaceAll(' ', '').split('->') as [string, string | undefined]
  const terms = left.split(',')
  if (terms.length !== ranks.length)
    throw new UserError(
      `its equation ${equation} describes ${terms.length} inputs, and it has ${ranks.length}`,
    )
  const dots = (count: number) => Array.from({ length: count }, (_, k) => `…${count - k}`)
  const labels = (term: string, hidden: number) =>
    term.split(/(\.\.\.)/).flatMap((part) => (part === '...' ? dots(hidden) : [...part]))
  let most = 0
  const inputs = terms.map((term, k) => {
    const hidden = term.includes('...') ? ranks[k]! - (term.length - 3) : 0
    most = Math.max(most, hidden)
    const found = labels(term, hidden)
    if (hidden < 0 || found.length !== ranks[k])
      throw new UserError(`its equation ${equation} does not fit an input of ${ranks[k]} dimensions`)
    return found
  })
  if (right !== undefined) return { inputs, output: labels(right, most) }
  // Without an arrow: the dimensions of the ellipsis, then all labels that occur once, in alphabetical order.
  const all = inputs.flat().filter((label) => !label.startsWith('…'))
  const once = all.filter((label) => all.filter((other) => other === label).length === 1).sort()
  return { inputs, output: [...dots(most), ...once] }
}

/** A value in which no label occurs twice: two dimensions that share one are replaced by their diagonal. */
function withoutRepeats(g: GraphBuilder, value: Value, labels: readonly string[]): Labelled {
  const twice = labels.find((label, k) => labels.indexOf(label) !== k)
  if (twice === undefined) return { value, labels }
  const [a, b] = [labels.indexOf(twice), labels.lastIndexOf(twice)]
  const rest = labels.flatMap((_, k) => (k === a || k === b ? [] : [k]))
  const size = fixed(value.shape[a]!)
  const kept = rest.map((k) => value.shape[k]!)
  const square = g.transpose(value, [...rest, a, b])
  const flat = shapedAs(g, square, [...kept, size * size])
  const places = Array.from({ length: size }, (_, k) => k * (size + 1))
  const diagonal = g.op('Gather', [flat, g.constant(int64([size], places))], { axis: rest.length })
  return withoutRepeats(g, diagonal, [...rest.map((k) => labels[k]!), twice])
}

/** Two factors combined into one: products over shared labels, sums over labels that are no longer needed. */
function contracted(g: GraphBuilder, a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const isConstant = (factor: Labelled) => g.isConstant(factor.value)
  const [first, second] = isConstant(a) && !isConstant(b) ? [b, a] : [a, b]
  const left = summedAway(g, first, (label) => needed.has(label) || second.labels.includes(label))
  const right = summedAway(g, second, (label) => needed.has(label) || first.labels.includes(label))
  const shared = left.labels.filter((label) => right.labels.includes(label))
  const batch = shared.filter((label) => needed.has(label))
  const inner = shared.filter((label) => !needed.has(label))
  const own = (factor: Labelled) => factor.labels.filter((label) => !shared.includes(label))
  const [rows, columns] = [own(left), own(right)]
  const sizes = sizesOf(left, right)
  const shapeOf = (labels: readonly string[]): Shape => labels.map((label) => sizes.get(label)!)
  if (inner.length === 0) {
    const labels = [...left.labels, ...columns]
    return { value: g.mul(beside(g, left, labels), beside(g, right, labels)), labels }
  }

  // Rows need not be merged into one dimension where they meet a single matrix.
  const merges = batch.length > 0 && rows.length !== 1
  const matrixOf = (factor: Labelled, order: readonly string[], shape: Shape) =>
    shapedAs(g, inOrder(g, factor, order).value, shape)
  const x = matrixOf(
    left,
    [...batch, ...rows, ...inner],
    [
      ...ownSizes(left, batch),
      ...(merges || rows.length === 0 ? [product(shapeOf(rows))] : shapeOf(rows)),
      product(shapeOf(inner)),
    ],
  )
  const y = matrixOf(
    right,
    [...batch, ...inner, ...columns],
    [...ownSizes(right, batch), product(shapeOf(inner)), product(shapeOf(columns))],
  )
  const labels = [...batch, ...rows, ...columns]
  return { value: shapedAs(g, g.matmul(x, y), shapeOf(labels)), labels }
}

/** The sizes of some dimensions in one factor: 1 where it is repeated to fit the other. */
function ownSizes({ value, labels }: Labelled, wanted: readonly string[]): Shape {
  return wanted.map((label) => value.shape[labels.indexOf(label)]!)
}

/** The size of each label; a size of 1 is repeated to fit. */
function sizesOf(...factors: readonly Labelled[]): Map<string, Shape[number]> {
  const sizes = new Map<string, Shape[number]>()
  for (const { value, labels } of factors) {
    labels.forEach((label, k) => {
      const [known, size] = [sizes.get(label) ?? 1, value.shape[k]!]
      if (known !== 1 && size !== 1 && known !== size)
        throw new Error(`the sizes of ${label} differ: ${known} and ${size}`)
      sizes.set(label, known === 1 ? size : known)
    })
  }
  return sizes
}

function summedAway(g: GraphBuilder, factor: Labelled, isKept: (label: string) => boolean): Labelled {
  const axes = factor.labels.flatMap((label, k) => (isKept(label) ? [] : [k]))
  if (axes.length === 0) return factor
  return { value: g.reduceSum(factor.value, axes, false), labels: factor.labels.filter(isKept) }
}

function inOrder(g: GraphBuilder, { value, labels }: Labelled, wanted: readonly string[]): Labelled {
  const perm = wanted.map((label) => {
    const at = labels.indexOf(label)
    if (at < 0) throw new UserError(`its output has the label ${label}, which no input has`)
    return at
  })
  const ordered = perm.every((axis, k) => axis === k)
  return { value: ordered ? value : g.transpose(value, perm), labels: wanted }
}

/** A factor with all labels in order: where it lacks one it has a dimension of size 1. */
function beside(g: GraphBuilder, factor: Labelled, labels: readonly string[]): Value {
  const isOwn = (label: string) => factor.labels.includes(label)
  const { value } = inOrder(g, factor, labels.filter(isOwn))
  const added = labels.flatMap((label, k) => (isOwn(label) ? [] : [k]))
  return added.length === 0 ? value : g.op('Unsqueeze', [value, g.integers(added)])
}

function shapedAs(g: GraphBuilder, x: Value, shape: Shape): Value {
  if (x.shape.join() === shape.join()) return x
  const target = reshapeTarget(x.shape, shape)
  if (!target) throw new UserError(`it joins dimensions of open sizes: [${x.shape.join(', ')}]`)
  return g.reshape(x, target)
}
