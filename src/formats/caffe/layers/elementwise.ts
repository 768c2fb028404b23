/** Layers that work on each number by itself, and Eltwise, which combines several blobs. */

import type { Value } from '../../../graph/builder.ts'
import { float32 } from '../../../graph/types.ts'
import { only, refuse, sizeAt, type Translation, type Visit } from './translation.ts'

export const relu: Translation = (visit) => {
  const { g, layer } = visit
  const slope = layer.parameters.message('relu_param').number('negative_slope', 0)
  const x = only(visit)
  return [
    slope === 0 ? g.op('Relu', [x], {}, layer.name) : g.op('LeakyRelu', [x], { alpha: slope }, layer.name),
  ]
}

/** One slope for each channel, or one for all. */
export const prelu: Translation = (visit) => {
  const { g, layer } = visit
  const x = only(visit)
  const shared = layer.parameters.message('prelu_param').flag('channel_shared', false)
  const [slope] = visit.weights({ name: 'slope', shape: shared ? [] : [sizeAt(x, 1)] })
  const shape = [...slope!.shape, ...x.shape.slice(2).map(() => 1)]
  const constant = g.constant(shared ? slope! : { ...slope!, shape }, `${layer.name}.slope`)
  return [g.op('PRelu', [x, constant], {}, layer.name)]
}

export const elu: Translation = (visit) => {
  const alpha = visit.layer.parameters.message('elu_param').number('alpha', 1)
  return [visit.g.op('Elu', [only(visit)], { alpha }, visit.layer.name)]
}

export const sigmoid: Translation = (visit) => [visit.g.op('Sigmoid', [only(visit)], {}, visit.layer.name)]

export const tanh: Translation = (visit) => [visit.g.op('Tanh', [only(visit)], {}, visit.layer.name)]

/** It does nothing outside training; the graph keeps it, with its ratio, for training. */
export const dropout: Translation = (visit) => {
  const { g, layer } = visit
  const p = layer.parameters.message('dropout_param')
  const ratio = p.number('dropout_ratio', 0.5)
  // Of forks: training does not scale then, and use does.
  if (!p.flag('scale_train', true)) throw refuse(layer, 'scale_train: false is not supported')
  if (ratio < 0 || ratio >= 1)
    throw refuse(layer, `dropout_ratio must be 0 or more and less than 1, not ${ratio}`)
  const constant = g.constant(float32([], [ratio]), `${layer.name}.ratio`)
  return [g.op('Dropout', [only(visit), constant], {}, layer.name)]
}

export const softmax: Translation = (visit) => {
  const axis = visit.layer.parameters.message('softmax_param').integer('axis', Number.NEGATIVE_INFINITY, 1)
  return [visit.g.op('Softmax', [only(visit)], { axis }, visit.layer.name)]
}

/** (shift + scale · x)^power, only for a power of 1. */
export const power: Translation = (visit) => {
  const { g, layer } = visit
  const p = layer.parameters.message('power_param')
  const [exponent, scale, shift] = [p.number('power', 1), p.number('scale', 1), p.number('shift', 0)]
  if (exponent !== 1) throw refuse(layer, `a power of ${exponent} is not supported, only scale and shift are`)
  const x = only(visit)
  if (shift === 0 && scale === 1) return [g.op('Identity', [x], {}, layer.name)]
  if (shift === 0) return [g.op('Mul', [x, constant(visit, 'scale', scale)], {}, layer.name)]
  const scaled = scale === 1 ? x : within(visit, 'scaled', 'Mul', x, constant(visit, 'scale', scale))
  return [g.op('Add', [scaled, constant(visit, 'shift', shift)], {}, layer.name)]
}

export const eltwise: Translation = (visit) => {
  const { g, layer, bottoms } = visit
  const p = layer.parameters.message('eltwise_param')
  const operation = p.choice('operation', ['PROD', 'SUM', 'MAX'], 'SUM')
  const coefficients = p.numbers('coeff')
  if (bottoms.length < 2) throw refuse(layer, 'it needs at least two blobs')
  for (const { shape } of bottoms) {
    if (shape.join() !== bottoms[0]!.shape.join()) {
      throw refuse(
        layer,
        `its blobs differ in shape: [${bottoms[0]!.shape.join(', ')}] and [${shape.join(', ')}]`,
      )
    }
  }
  if (coefficients.length > 0 && (operation !== 'SUM' || coefficients.length !== bottoms.length)) {
    throw refuse(layer, 'coeff must have a number for each blob of a SUM')
  }
  if (operation === 'MAX') return [g.op('Max', bottoms, {}, layer.name)]
  if (operation === 'PROD') {
    const [last, ...others] = [...bottoms].reverse() as [Value, ...Value[]]
    const product = others.reverse().reduce((a, b) => within(visit, 'product', 'Mul', a, b))
    return [g.op('Mul', [product, last], {}, layer.name)]
  }
  const terms = bottoms.map((x, k) => {
    const c = coefficients[k] ?? 1
    return c === 1 ? x : within(visit, 'scaled', 'Mul', x, constant(visit, 'coefficient', c))
  })
  return [g.op(terms.length === 2 ? 'Add' : 'Sum', terms, {}, layer.name)]
}

function constant({ g, layer }: Visit, name: string, value: number): Value {
  return g.constant(float32([], [value]), `${layer.name}.${name}`)
}

/** An intermediate node of a layer. */
function within({ g, layer }: Visit, name: string, op: 'Mul' | 'Add', a: Value, b: Value): Value {
  return g.scope(layer.name, () => g.op(op, [a, b], {}, name))
}
