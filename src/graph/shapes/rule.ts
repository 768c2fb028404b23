import type { AttributesOf, NodeOf, Operator } from '../operators.ts'
import type { DataType, Shape, Tensor } from '../types.ts'

/** What is known of an input: its type, its shape and, where it is a constant, its elements. */
export interface Known {
  readonly type: DataType
  readonly shape: Shape
  readonly constant?: Tensor
  /** The elements of integers that hold sizes, where they are known (constants, `Shape` nodes and what is made of them). */
  readonly dimensions?: Shape
}

/** What follows for an output. */
export type Inferred = Pick<Known, 'type' | 'shape' | 'dimensions'>

/** What the shape of an operator's outputs follows from. Inputs that are left out are undefined. */
export type ShapeRule<O extends Operator> = (
  inputs: readonly Known[],
  attributes: AttributesOf<O>,
  node: NodeOf<O>,
) => Inferred[]

/** A rule for every operator. */
export type ShapeRules = { readonly [O in Operator]: ShapeRule<O> }

/** The shape of the first input, whatever else there is. */
export function unchanged([x]: readonly Known[]): Inferred[] {
  return [{ type: x!.type, shape: x!.shape }]
}

/** The shape, which must have so many dimensions. */
export function rank(x: Known, length: number): Shape {
  if (x.shape.length !== length) throw new Error(`needs ${length} dimensions and got [${x.shape.join(', ')}]`)
  return x.shape
}

/** @throws Error where two inputs have elements of different types */
export function sameType(a: Known, b: Known): void {
  if (a.type !== b.type) throw new Error(`element types differ: ${a.type} and ${b.type}`)
}

/** The elements of a constant of integers; `what` it is, for messages. */
export function integers(x: Known, what: string): number[] {
  if (!x.constant) throw new Error(`${what} must be constant`)
  return Array.from(x.constant.data as ArrayLike<number | bigint>, Number)
}

/** The elements of an input of sizes, where they are known; `what` it is, for messages. */
export function dimensionsOf(x: Known, what: string): Shape {
  if (x.dimensions) return x.dimensions
  return integers(x, what)
}
