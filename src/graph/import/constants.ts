import { UserError } from '../../base/errors.ts'
import { type GraphBuilder, withDefaults } from '../builder.ts'
import { compute, isComputed } from '../compute.ts'
import { type AttributeSpec, type Node, OPERATORS } from '../operators.ts'
import { float32, int64, type Tensor } from '../types.ts'
import type { FileNode, Form } from './form.ts'

/** The value of a Constant, or of an operator that can be read only where it can be computed at once. */
export function constantOf({ op, inputs, attributes }: FileNode, builder: GraphBuilder): Tensor | undefined {
  if (op === 'Constant') return constantIn(attributes)
  if (Object.hasOwn(OPERATORS, op) || !isComputed(op)) return undefined
  const tensors = inputs.map((input) => input && builder.constantOf(input))
  return inputs.every((input, k) => !input || tensors[k]) ? compute(op, tensors, attributes) : undefined
}

function constantIn(attributes: FileNode['attributes']): Tensor {
  const { value, value_float, value_int, value_floats, value_ints } = attributes as Record<string, never>
  if (value !== undefined) return value
  if (value_float !== undefined) return float32([], [value_float])
  if (value_int !== undefined) return int64([], [value_int])
  const list = (value_floats ?? value_ints) as readonly number[] | undefined
  if (list) return (value_floats ? float32 : int64)([list.length], list)
  throw new UserError('its value is sparse or text, which regard does not read')
}

/** A form as a node with its names. */
export function nodeOf({ op, inputs, attributes }: Form, name: string, outputs: readonly string[]): Node {
  const specs: Record<string, AttributeSpec> = OPERATORS[op].attributes
  for (const attribute of Object.keys(attributes)) {
    if (!specs[attribute])
      throw new UserError(`it has the attribute ${attribute}, which regard does not know`)
  }
  const names = inputs.map((input) => input?.name ?? '')
  while (names.at(-1) === '') names.pop()
  return { op, name, inputs: names, outputs, attributes: withDefaults(op, attributes) } as Node
}
