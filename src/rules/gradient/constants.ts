import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../../graph/builder.ts'
import type { Shape } from '../../graph/types.ts'

/** A node, as an error names it. */
interface Named {
  readonly name: string
  readonly op: string
}

/** An error about a node that cannot be differentiated. */
export function refusal({ name, op }: Named, what: string, remedy?: string): UserError {
  return new UserError(what, `node ${name} (${op})`, remedy)
}

/** The numbers of an input that must be constant. */
export function numbersOf(g: GraphBuilder, value: Value, node: Named): number[] {
  const tensor = g.constantOf(value)
  if (!tensor) throw refusal(node, `its gradient needs ${value.name} to be constant`)
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number)
}

/** The sizes of some axes, which must be known. */
export function sizesOf({ name, shape }: Value, axes: readonly number[], node: Named): number[] {
  return axes.map((axis) => {
    const size = shape[axis]!
    if (typeof size === 'number') return size
    throw refusal(
      node,
      `its gradient needs the size of axis ${axis} of ${name}, which is open (${size})`,
      'Give the network a fixed size there',
    )
  })
}

/** An axis, counted from the front. */
export function fromFront(axis: number, shape: Shape): number {
  return axis < 0 ? axis + shape.length : axis
}
