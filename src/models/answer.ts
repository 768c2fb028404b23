/**
 * Which of a network's outputs is meant, and what it holds. Of an output with several heads one is asked for, as
 * `NAME[0]`; of a map of scores, its mean over all places, as `NAME[mean]`.
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
 * @param layout of the network's input, where that is a picture: maps of scores are taken to be laid out so too
 * @throws UsageError where it must be said which is meant, UserError where the output is no list of scores
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
    throw new UserError(
      `${is} is ${type}: a label, and no scores`,
      path,
      'Ask for another output by --output',
    )
  }
  const found = logitsOf(network, name)
  const sizes = (shape[0] === found.batch ? shape.slice(1) : shape).map(Number)
  const count = sizeOf(sizes)
  if (!Number.isInteger(count) || count === 0) throw new UserError(`${is} is no list of scores`, path)
  const heads = headsOf(found, sizes)
  if (part === undefined && heads.length === 1)
    return { network, output: name, kind: found.kind, logits: count }
  const isMap = sizes.filter((size) => size > 1).length > 2
  const remedy = isMap
    ? `Explain the mean of each class over all places with --output '${name}[mean]', or export the network with one score for each class`
    : `Say which one is to be explained, by --output or in its card: ${listed(heads.map((_, k) => `${name}[${k}]`))}`
  if (part === undefined || (part === 'mean') !== isMap || (part !== 'mean' && !heads[Number(part)])) {
    const what = isMap ? 'is a map of scores' : `has ${heads.length} heads`
    throw new UsageError(`${is} ${heads.length === 1 ? 'has one head' : what}`, path, remedy)
  }
  const axis = classAxis(found, sizes, layout)
  const picked = withOutput(network, asked!, (g, value) => {
    const rows = g.reshape(value, [-1, ...sizes])
    const others = sizes.flatMap((_, k) => (k === axis ? [] : [k + 1]))
    if (isMap) return g.op('ReduceMean', [rows, g.integers(others)], { keepdims: 0 })
    return g.op('Gather', [g.reshape(value, [-1, count]), g.integers(heads[Number(part)]!)], { axis: 1 })
  })
  return {
    network: picked,
    output: asked!,
    kind: logitsOf(picked, asked!).kind,
    logits: isMap ? sizes[axis]! : heads[Number(part)]!.length,
  }
}

/** The output of this name, and what of it is asked for. */
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
      'Say which one is to be explained, by --output or in its card',
    )
  }
  throw new UsageError(`the network has no output ${wanted}, but ${list}`, path)
}

/** The heads of an output, each as the places of its scores: its distributions, or else along its first axis. */
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

function withOutput(network: Graph, name: string, make: (g: GraphBuilder, value: Value) => Value): Graph {
  const builder = GraphBuilder.from(network)
  const value = builder.value(name.replace(/\[[^[]*\]$/, ''))
  builder.output(
    name,
    builder.scope(name, () => make(builder, value)),
  )
  return { ...network, ...builder.graph() }
}

function listed(names: readonly string[]): string {
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')}, … to ${names.at(-1)}` : names.join(', ')
}

/** How many names a message lists. */
const SHOWN = 8
