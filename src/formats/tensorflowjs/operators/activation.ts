/** Activations, as nodes of their own and fused into a layer. */

import type { Value } from '../../../graph/builder.ts'
import type { Importer, Rule } from '../importer.ts'
import type { Held } from '../layout.ts'
import type { TensorFlowNode } from '../model.ts'
import { besideEachOther } from './elementwise.ts'

/** A node that is an activation. */
export const activation: Rule = (importer, node) => {
  const slope = node.op === 'Prelu' ? importer.input(node, 1) : undefined
  return activate(importer, node, node.op, importer.input(node, 0), slope)
}

/**
 * Apply an activation to a value; it gets the node's name where it is the whole node, else `node/activation`.
 *
 * @param slope for Prelu: a factor for negative elements
 * @throws Error for an activation that is not read
 */
export function activate(
  importer: Importer,
  node: TensorFlowNode,
  kind: string,
  x: Held,
  slope?: Held,
): Held {
  const name = node.op === kind ? node.name : `${node.name}/${kind}`
  if (slope) {
    const { form, values } = besideEachOther(importer, [x, slope])
    return { form, value: importer.emit(name, 'PRelu', values) }
  }
  const form = x.form === 'picture' ? 'picture' : 'written'
  const value = form === 'picture' ? importer.picture(x) : importer.written(x)
  return { form, value: activated(importer, node, kind, name, value) }
}

function activated(importer: Importer, node: TensorFlowNode, kind: string, name: string, x: Value): Value {
  switch (kind.toUpperCase()) {
    case 'RELU':
      return importer.emit(name, 'Relu', [x])
    case 'RELU6':
      return importer.emit(name, 'Clip', [
        x,
        importer.scalar(0, `${name}.least`),
        importer.scalar(6, `${name}.most`),
      ])
    case 'LEAKYRELU':
      return importer.emit(name, 'LeakyRelu', [x], {
        alpha: node.op === kind ? node.float('alpha', 0.2) : node.float('leakyrelu_alpha', 0.2),
      })
    case 'ELU':
      return importer.emit(name, 'Elu', [x])
    case 'SIGMOID':
      return importer.emit(name, 'Sigmoid', [x])
    case 'TANH':
      return importer.emit(name, 'Tanh', [x])
    case 'SOFTPLUS':
      return importer.emit(name, 'Softplus', [x])
    default:
      throw new Error(`the activation ${kind} is not supported`)
  }
}
