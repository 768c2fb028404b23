import type { Graph } from '../graph/types.ts'
import { wiringOf } from '../graph/wiring.ts'

/** The least and the most that a value can be. */
type Bounds = readonly [least: number, most: number]

const ANYTHING: Bounds = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

/** What only moves elements about. */
const MOVES: ReadonlySet<string> = new Set(
  'Identity Cast Dropout Reshape Flatten Squeeze Unsqueeze Transpose Slice Gather'.split(' '),
)

/**
 * Whether a value lies between 0 and 1 by its making, as relu6(z + 3) / 6 and ½ (1 + erf z) do: then it is no logit,
 * though no softmax or sigmoid stands before it.
 */
export function isUnitValue(graph: Graph, name: string): boolean {
  const [least, most] = boundsOf(graph, name)
  return least >= -SLACK && most <= 1 + SLACK
}

/** What single precision may add. */
const SLACK = 1e-5

/** The bounds that the operators before a value put around it, one number at a time. */
function boundsOf(graph: Graph, name: string): Bounds {
  const node = wiringOf(graph).makerOf(name)
  if (!node) return ANYTHING
  const [x] = node.inputs as [string]
  const own = () => boundsOf(graph, x)
  if (MOVES.has(node.op)) return own()
  switch (node.op) {
    case 'Sigmoid':
    case 'HardSigmoid':
    case 'Softmax':
      return [0, 1]
    case 'Tanh':
    case 'Erf':
      return [-1, 1]
    case 'Relu':
      return within(own(), [0, Number.POSITIVE_INFINITY])
    case 'Clip': {
      const [low, high] = node.inputs.slice(1).map((each) => numberIn(graph, each))
      return within(own(), [low ?? ANYTHING[0], high ?? ANYTHING[1]])
    }
    case 'Min':
    case 'Max':
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
      return besideNumber(graph, node.op, node.inputs)
    default:
      return ANYTHING
  }
}

function within([least, most]: Bounds, [low, high]: Bounds): Bounds {
  return [Math.min(Math.max(least, low), high), Math.max(Math.min(most, high), low)]
}

/** Arithmetic of a value and one constant number. */
function besideNumber(graph: Graph, op: string, inputs: readonly string[]): Bounds {
  if (inputs.length !== 2) return ANYTHING
  const numbers = inputs.map((each) => numberIn(graph, each))
  const at = numbers.findIndex((each) => each !== undefined)
  if (at < 0 || numbers[1 - at] !== undefined) return ANYTHING
  const by = numbers[at]!
  const own = boundsOf(graph, inputs[1 - at]!)
  const isFirst = at === 0
  const apply: ((value: number) => number) | undefined = {
    Min: (value: number) => Math.min(value, by),
    Max: (value: number) => Math.max(value, by),
    Add: (value: number) => value + by,
    Sub: (value: number) => (isFirst ? by - value : value - by),
    Mul: by === 0 ? () => 0 : (value: number) => value * by,
    Div: isFirst || by === 0 ? undefined : (value: number) => value / by,
  }[op]
  if (!apply) return ANYTHING
  const ends = own.map(apply)
  return [Math.min(...ends), Math.max(...ends)]
}

/** A constant of one number. */
function numberIn(graph: Graph, name: string): number | undefined {
  const tensor = graph.initializers.get(name)
  return tensor?.data.length === 1 ? Number(tensor.data[0]) : undefined
}
