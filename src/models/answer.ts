/**
 * Which of a network's outputs is meant, and what it holds. One head of an output with several is `NAME[0]`; a map of
 * scores, with scores for each place, is replaced by the mean of each class over all places, `NAME[mean]`.
 */

import { UsageError, UserError } from '../base/errors.ts'
import { GraphBuilder, type Value } from '../graph/builder.ts'
import { type Graph, sizeOf } from '../graph/types.ts'
import { verify } from '../graph/verify.ts'
import type { Layout } from '../pictures/layout.ts'
import { type Logits, logitsOf } from '../rules/logits.ts'

/** An output of a network. */
export interface AnswerOutput extends Pick<Logits, 'kind'> {
  /** The network, which has the output as one of its own. */
  readonly network: Graph
  readonly output: string
  /** How many logits it has. */
  readonly logits: number
}

/**
 * Find the output that is meant.
 *
 * @param asked its name; not needed where the network has one alone
 * @param path of the model, for messages
 * @param layout of the network's input, where that is a picture: maps of scores are taken to have the same layout
 * @throws UsageError where it is not clear which is meant, UserError where the output is not a list of scores
 */
export function answerOf(
  network: Graph,
  asked: string | undefined,
  path: string,
  layout: Layout | undefined,
): AnswerOutput {
  const { name, part } = named(network, asked, path)
  const { type, shape } = verify(network).get(name)!
  const is = `the output ${name} [${shape.join(', ')}]`
  if (type !== 'float32') {
    throw new UserError(`${is} is ${type}: a label, not scores`, path, 'Choose another output with --output')
  }
  if (shape.length === 0) {
    throw new UserError(`${is} lacks a dimension for pictures`, path, 'Export it with the shape [batch, 1]')
  }
  const found = logitsIn(network, name, path)
  const sizes = (shape[0] === found.batch ? shape.slice(1) : shape).map(Number)
  const count = sizeOf(sizes)
  if (!Number.isInteger(count) || count === 0 || count > MOST)
    throw new UserError(`${is} is not a list of scores`, path)
  const heads = headsOf(found, sizes)
  if (part === undefined && heads.length === 1)
    return { network, output: name, kind: found.kind, logits: count }
  if (sizes.length > 2 && heads.length > 1 && (part === undefined || part === 'mean')) {
    // The answer of a map is its whole plane, not a single place.
    const axis = classAxis(found, sizes, layout)
    const others = sizes.flatMap((_, k) => (k === axis ? [] : [k + 1]))
    const mean = (g: GraphBuilder, value: Value) =>
      g.op('ReduceMean', [g.reshape(value, [-1, ...sizes]), g.integers(others)], { keepdims: 0 })
    return partOf(network, name, 'mean', sizes[axis]!, mean)
  }
  const head = heads.length > 1 && part !== undefined ? heads[Number(part)] : undefined
  if (!head) {
    throw new UsageError(
      `${is} has ${heads.length === 1 ? 'one head' : `${heads.length} heads`}`,
      path,
      `Choose the one to explain with --output or in its card: ${
        heads.length === 1 ? name : listed(heads.map((_, k) => `${name}[${k}]`))
      }`,
    )
  }
  const picked = (g: GraphBuilder, value: Value) =>
    g.op('Gather', [g.reshape(value, [-1, count]), g.integers(head)], { axis: 1 })
  return partOf(network, name, part!, head.length, picked)
}

/** The most scores of one picture: a map of 150 classes at 512 × 512 places has 39 million. */
const MOST = 2 ** 26

/** {@link logitsOf}, which looks at the network for a single picture: shapes that fit for several may not fit for one. */
function logitsIn(network: Graph, output: string, path: string): Logits {
  try {
    return logitsOf(network, output)
  } catch (error) {
    if ((error as Error).constructor !== Error) throw error
    throw new UserError(`cannot take one picture: ${(error as Error).message}`, path)
  }
}

/** The output of this name, and the part of it that is asked for. */
function named(network: Graph, asked: string | undefined, path: string): { name: string; part?: string } {
  const names = network.outputs.map(({ name }) => name)
  const wanted = asked ?? (names.length === 1 ? names[0]! : undefined)
  if (wanted !== undefined && names.includes(wanted)) return { name: wanted }
  const reason = network.reading?.refused.get(wanted ?? '')
  if (reason !== undefined) throw new UserError(`its output ${wanted} cannot be read: ${reason}`, path)
  const [, name = '', part] = /^(.*)\[(\d+|mean)\]$/.exec(wanted ?? '') ?? []
  if (names.includes(name)) return { name, part }
  const list = network.outputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
  if (wanted === undefined) {
    throw new UsageError(
      `the network has several outputs: ${list}`,
      path,
      'Choose the one to explain with --output or in its card',
    )
  }
  throw new UsageError(`the network has no output ${wanted}; its outputs are ${list}`, path)
}

/**
 * The heads of an output, each as the indices of its scores: its distributions, or else the slices along its first
 * axis.
 */
function headsOf({ kind, heads }: Logits, sizes: readonly number[]): readonly (readonly number[])[] {
  if (heads.length > 1) return heads
  const wide = sizes.filter((size) => size > 1)
  const whole = Array.from({ length: sizeOf(sizes) }, (_, k) => k)
  if (wide.length < 2 || kind.endsWith('softmax')) return [whole]
  const each = whole.length / wide[0]!
  return Array.from({ length: wide[0]! }, (_, k) => whole.slice(k * each, (k + 1) * each))
}

/** The axis of a map along which its classes lie. */
function classAxis(
  { kind, heads: [head] }: Logits,
  sizes: readonly number[],
  layout: Layout | undefined,
): number {
  const usual = layout === 'NHWC' ? sizes.length - 1 : 0
  if (!kind.endsWith('softmax') || head!.length < 2) return usual
  const step = head![1]! - head![0]!
  return sizes.findIndex((size, axis) => size > 1 && sizeOf(sizes.slice(axis + 1)) === step)
}

/** A network with a part of one of its outputs as an output of its own, `NAME[PART]`. */
function partOf(
  network: Graph,
  name: string,
  part: string,
  logits: number,
  make: (g: GraphBuilder, value: Value) => Value,
): AnswerOutput {
  const builder = GraphBuilder.from(network)
  const output = `${name}[${part}]`
  builder.output(
    output,
    builder.scope(output, () => make(builder, builder.value(name))),
  )
  const extended = { ...network, ...builder.graph() }
  return { network: extended, output, kind: logitsOf(extended, output).kind, logits }
}

export function listed(names: readonly string[]): string {
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')}, … to ${names.at(-1)}` : names.join(', ')
}

/** How many names a message lists. */
const SHOWN = 8
