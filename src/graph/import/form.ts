import { UserError } from '../../base/errors.ts'
import type { GraphBuilder, Value } from '../builder.ts'
import type { AttributesOf, Operator } from '../operators.ts'
import type { AttributeValue } from '../proto.ts'
import type { Shape } from '../types.ts'

/** A node of a file, in whatever opset, with the values that it reads. */
export interface FileNode {
  readonly op: string
  readonly opset: number
  /** Undefined for an omitted optional input; the list ends before those omitted at its end. */
  readonly inputs: readonly (Value | undefined)[]
  /** The number of outputs up to the last one that is read. */
  readonly outputs: number
  /** How many outputs it names, read or not. */
  readonly named: number
  readonly attributes: Readonly<Record<string, AttributeValue>>
  /** Note something for the user about how the model is read. */
  readonly note: (text: string) => void
}

/** A node as graphs hold it: what a node of a file becomes. */
export interface Form {
  readonly op: Operator
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Readonly<Record<string, unknown>>
}

/**
 * Converts a node of a file to one as graphs hold it, or to one for each of its outputs. It adds the constants and
 * nodes that these need to the builder. Outputs that it does not make are not read: a model whose answer needs one is
 * refused.
 *
 * @throws Error or UserError saying what cannot be converted
 */
export type Conversion = (node: FileNode, builder: GraphBuilder) => Form | readonly (Form | undefined)[]

/** A node; omitted attributes get their defaults. */
export function form<O extends Operator>(
  op: O,
  inputs: Form['inputs'],
  attributes: Partial<AttributesOf<O>> = {},
): Form {
  return { op, inputs, attributes }
}

/** An attribute that is an integer or a float. */
export function numberIn({ attributes }: FileNode, name: string, otherwise: number): number {
  const value = attributes[name] ?? otherwise
  if (typeof value !== 'number') throw new Error(`attribute ${name} is not a number`)
  return value
}

/** An attribute that is a list of numbers; undefined where it is omitted. */
export function numbersIn({ attributes }: FileNode, name: string): readonly number[] | undefined {
  const value = attributes[name]
  if (value !== undefined && !Array.isArray(value))
    throw new Error(`attribute ${name} is not a list of numbers`)
  return value
}

/** An attribute that is a string. */
export function textIn({ attributes }: FileNode, name: string, otherwise: string): string {
  const value = attributes[name] ?? otherwise
  if (typeof value !== 'string') throw new Error(`attribute ${name} is not text`)
  return value
}

/** The integers of an input, which may be names of sizes; undefined where the input is omitted. */
export function dimensionsIn(
  value: Value | undefined,
  builder: GraphBuilder,
  what: string,
): Shape | undefined {
  if (!value) return undefined
  const { dimensions } = builder.knownOf(value.name)
  if (!dimensions) throw new UserError(`${what} depend on the graph's input, which regard does not support`)
  return dimensions
}

/** The integers of an input. */
export function integersIn(
  value: Value | undefined,
  builder: GraphBuilder,
  what: string,
): number[] | undefined {
  return dimensionsIn(value, builder, what)?.map((d) => {
    if (typeof d === 'string') throw new Error(`${what} depend on the dimension ${d}, which must be a number`)
    return d
  })
}

/** The floats of a constant input; undefined where the input is omitted or empty. */
export function floatsIn(
  value: Value | undefined,
  builder: GraphBuilder,
  what: string,
): number[] | undefined {
  if (!value) return undefined
  const tensor = builder.constantOf(value)
  if (!tensor) throw new UserError(`${what} depend on the graph's input, which regard does not support`)
  return tensor.data.length === 0 ? undefined : Array.from<number | bigint, number>(tensor.data, Number)
}
