import type { AttributesOf, NodeOf, Operator } from '../operators.ts'
import type { DataType, Shape, Tensor } from '../types.ts'

/** What is known about an input: its type, its shape and, where it is a constant, its elements. */
export interface Known {
  readonly type: DataType
  readonly shape: Shape
  readonly constant?: Tensor
  /**
   * The elements of integers that hold sizes, where they are known (constants, `Shape` nodes and what is computed from
   * them).
   */
  readonly dimensions?: Shape
}

/** What is inferred for an output. */
export type Inferred = Pick<Known, 'type' | 'shape' | 'dimensions'>

/** Infers the shapes of an operator's outputs. Omitted inputs are undefined. */
export type ShapeRule<O extends Operator> = (
  inputs: readonly Known[],
  attributes: AttributesOf<O>,
  node: NodeOf<O>,
) => Inferred[]

/** A rule for every operator. */
export type ShapeRules = { readonly [O in Operator]: ShapeRule<O> }

/** The shape of the first input, whatever the others are. */
export function unchanged([x]: readonly Known[]): Inferred[] {
  return [{ type: x!.type, shape: x!.shape }]
}

/** The shape, which must have `length` dimensions. */
export function rank(x: Known, length: number): Shape {
  if (x.shape.length !== length) throw new Error(`needs ${length} dimensions and got [${x.shape.join(', ')}]`)
  return x.shape
}

/** @throws Error where two inputs have elements of different types */
export function sameType(a: Known, b: Known): void {
  if (a.type !== b.type) throw new Error(`element types differ: ${a.type} and ${b.type}`)
}

/** The elements of an integer constant; `what` is its name in messages. */
export function integers(x: Known, what: string): number[] {
  if (!x.constant) throw new Error(`${what} must be constant`)
  return Array.from(x.constant.data as ArrayLike<number | bigint>, Number)
}

/** The elements of an input of sizes, which must be known; `what` is its name in messages. */
export function dimensionsOf(x: Known, what: string): Shape {
  if (x.dimensions) return x.dimensions
  return integers(x, what)
}
