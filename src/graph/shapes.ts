/**
 * Shape inference: from the shapes of a node's inputs to the types and shapes of its outputs.
 *
 * A dimension is a number or a name (`batch`). Names are carried along untouched, so a network is written
 * once for every batch size; two names are the same dimension only if they are the same name.
 */

import { UserError } from '../base/errors.ts'
import type { Node, Operator } from './operators.ts'
import { elementwiseShapes } from './shapes/elementwise.ts'
import { layerShapes } from './shapes/layers.ts'
import { moveShapes } from './shapes/moves.ts'
import type { Inferred, Known, ShapeRule, ShapeRules } from './shapes/rule.ts'
import type { Shape, Tensor, ValueInfo } from './types.ts'

export type { Known } from './shapes/rule.ts'

/**
 * The types and shapes of a node's outputs.
 *
 * @param inputs what is known about each input; undefined for an omitted optional input
 * @throws Error naming the dimensions that do not fit
 */
export function inferNode(node: Node, inputs: readonly (Known | undefined)[]): Inferred[] {
  const infer = RULES[node.op] as ShapeRule<Operator>
  const inferred = infer(inputs as Known[], node.attributes as never, node)
  // What a stranger's attributes lead to, such as strides of 0.
  for (const { shape } of inferred) {
    requireFewDimensions(shape, 'its output would have')
    if (!shape.every((d) => typeof d === 'string' || (Number.isSafeInteger(d) && d >= 0)))
      throw new Error(`its output would have the shape [${shape.join(', ')}]`)
  }
  return inferred
}

/** The most dimensions that a value may have, as in NumPy; networks have up to eight. */
const MOST_DIMENSIONS = 64

/** @throws UserError for more dimensions than anything has: to compute with these would take for ever */
export function requireFewDimensions({ length }: Shape, what: string): void {
  if (length > MOST_DIMENSIONS)
    throw new UserError(`${what} ${length} dimensions; at most ${MOST_DIMENSIONS} are possible`)
}

const RULES: ShapeRules = {
  ...layerShapes,
  ...elementwiseShapes,
  ...moveShapes,
  Scan: (inputs, { body, num_scan_inputs }) => {
    const states = inputs.length - num_scan_inputs
    const steps = inputs[states]!.shape[0]!
    return body.outputs.map(({ type, shape }, k) =>
      k < states ? { type, shape } : { type, shape: [steps, ...shape] },
    )
  },
}

/**
 * What is known about a value from its declaration and its elements, if constant.
 *
 * @throws UserError for too many dimensions
 */
export function known(info: Pick<ValueInfo, 'type' | 'shape'>, constant?: Tensor): Known {
  requireFewDimensions(info.shape, 'a value has')
  const isWhole = constant && ['int64', 'int32', 'bool'].includes(constant.type)
  const dimensions =
    isWhole && constant.shape.length <= 1
      ? Array.from<number | bigint, number>(constant.data, Number)
      : undefined
  return { type: info.type, shape: info.shape, constant, dimensions }
}
