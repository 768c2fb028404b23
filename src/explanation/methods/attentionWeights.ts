/** Where in a vision transformer the attention weights are, and which of its tokens are places of the picture. */

import { UserError } from '../../base/errors.ts'
import { memoised } from '../../base/memoised.ts'
import type { Node } from '../../graph/operators.ts'
import { float32, type Graph, type TensorOf } from '../../graph/types.ts'
import { verify } from '../../graph/verify.ts'
import { dependents, sources, wiringOf } from '../../graph/wiring.ts'
import { interpolated } from './interpolated.ts'
import { ofPlaces } from './loadMaps.ts'

/** The attention of a network, for one picture. */
export interface AttentionWeights {
  /** The values that hold the weights, from the input to the output: [heads, tokens, tokens], or with a batch before. */
  readonly names: readonly string[]
  readonly tokens: number
  /** Rows and columns of the places; the tokens of places are the last ones, row by row. */
  readonly grid: readonly [rows: number, columns: number]
}

/** Operators that may lie between a softmax and the product that it weights. */
const PASSING: readonly string[] = ['Dropout', 'Identity', 'Cast', 'Reshape']

/**
 * The attention of a network.
 *
 * @param output the name of the output that is explained
 * @throws UserError where it lacks attention, or has one over only parts of the picture at a time
 */
export function attentionWeights(network: Graph, output: string): AttentionWeights {
  const { readersOf } = wiringOf(network)
  const computed = dependents(
    network,
    network.inputs.map(({ name }) => name),
  )
  const needed = sources(network, [output])
  const weighs: (name: string) => boolean = memoised((name) =>
    readersOf(name).some(
      (reader: Node) =>
        (reader.op === 'MatMul' && reader.inputs[0] === name && computed.has(reader.inputs[1]!)) ||
        (PASSING.includes(reader.op) && weighs(reader.outputs[0]!)),
    ),
  )
  const values = verify(network)
  const names = network.nodes.flatMap(({ op, outputs: [name] }) =>
    op === 'Softmax' && needed.has(name!) && weighs(name!) ? [name!] : [],
  )
  const [first] = names
  if (first === undefined) {
    throw new UserError('the network has no attention', undefined, 'Choose another method')
  }
  const sizes = names.map((name) => values.get(name)!.shape.slice(-2))
  const tokens = Number(sizes[0]![0])
  const grid = placesBefore(network, first, values)
  const others = tokens - grid[0] * grid[1]
  if (others < 0 || others > MOST_OTHERS || sizes.some((size) => size.some((each) => each !== tokens))) {
    throw new UserError(
      'its attention sees only parts of the picture at a time, or its tokens are not places in the picture',
      undefined,
      'Choose another method, such as the composite attnlrp-gamma',
    )
  }
  return { names, tokens, grid }
}

/** The most tokens that are not places: class tokens and registers. */
const MOST_OTHERS = 8

/** Height and width of the last picture before the first attention: its pixels became tokens. */
function placesBefore(
  network: Graph,
  attention: string,
  values: ReturnType<typeof verify>,
): readonly [rows: number, columns: number] {
  const before = sources(network, [attention])
  const pictures = network.nodes.flatMap(({ op, outputs: [name] }) =>
    op === 'Conv' && before.has(name!) ? [values.get(name!)!.shape.slice(2).map(Number)] : [],
  )
  const [rows, columns] = pictures.at(-1) ?? []
  return [rows ?? 0, columns ?? 0]
}

/** The mean over the heads of what a value holds for one picture: [tokens × tokens], row by row. */
export function meanOverHeads({ data }: TensorOf<'float32'>, tokens: number): Float64Array {
  const size = tokens * tokens
  const heads = data.length / size
  const mean = new Float64Array(size)
  data.forEach((value, k) => {
    mean[k % size]! += value / heads
  })
  return mean
}

/** Each token comes from itself: [tokens × tokens]. */
export function identity(tokens: number): Float64Array {
  return Float64Array.from({ length: tokens * tokens }, (_, k) => (k % (tokens + 1) === 0 ? 1 : 0))
}

/** A · B of two square matrices, row by row. */
export function squareProduct(a: Float64Array, b: Float64Array, side: number): Float64Array {
  const product = new Float64Array(side * side)
  for (let row = 0; row < side; row++) {
    for (let k = 0; k < side; k++) {
      const by = a[row * side + k]!
      for (let column = 0; column < side; column++)
        product[row * side + column]! += by * b[k * side + column]!
    }
  }
  return product
}

/**
 * How much of the answer comes from each place, enlarged to the picture: the class token's row, or the mean of all rows
 * where there is none.
 *
 * @param flow how much of each token (row) comes from each token before the first attention (column)
 */
export function mapOfPlaces(
  flow: Float64Array,
  { tokens, grid }: AttentionWeights,
  picture: TensorOf<'float32'>,
): TensorOf<'float32'> {
  const places = grid[0] * grid[1]
  const others = tokens - places
  const rows = others > 0 ? [0] : Array.from({ length: tokens }, (_, row) => row)
  const map = Float64Array.from({ length: places }, (_, place) =>
    rows.reduce((sum, row) => sum + flow[row * tokens + others + place]! / rows.length, 0),
  )
  const [height, width] = picture.shape.slice(2) as [number, number]
  return ofPlaces(float32([1, height, width], interpolated(map, grid, [height, width])))
}
