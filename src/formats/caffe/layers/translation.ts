import { UserError } from '../../../base/errors.ts'
import type { GraphBuilder, Value } from '../../../graph/builder.ts'
import type { TensorOf } from '../../../graph/types.ts'
import type { Layer } from '../net.ts'
import type { Message } from '../prototxt.ts'
import type { Wanted } from '../weights.ts'

/** A layer that is being translated into a graph. */
export interface Visit {
  readonly g: GraphBuilder
  readonly layer: Layer
  /** The values of its bottoms. */
  readonly bottoms: readonly Value[]
  /** The declared size of a batch, which the graph leaves open. */
  readonly batch: number
  /** The tensors of its blobs, which must be as many and have these shapes. */
  weights(...wanted: Wanted[]): TensorOf<'float32'>[]
}

/**
 * Adds the nodes of one type of layer and returns the values of its tops. The last node has the layer's name,
 * intermediate ones are called `layer/…`, and constants `layer.weight` and the like.
 */
export type Translation = (visit: Visit) => Value[]

/** An error about a layer: its name, type and line, what is wrong, and what to do. */
export function refuse({ name, type, where }: Layer, what: string, remedy?: string): UserError {
  return new UserError(`layer ${name} (${type}): ${what}`, where, remedy)
}

/** The value of the only bottom. */
export function only({ layer, bottoms }: Visit): Value {
  if (bottoms.length !== 1) throw refuse(layer, `it reads ${bottoms.length} blobs, not one`)
  return bottoms[0]!
}

/** A known dimension: every one except the batch is. */
export function sizeAt(x: Value, axis: number): number {
  return Number(x.shape[axis])
}

/** The value of the only bottom, which must be pictures: [batch, channels, height, width]. */
export function pictures(visit: Visit): Value {
  const x = only(visit)
  if (x.shape.length === 4) return x
  throw refuse(
    visit.layer,
    `it needs pictures, [batch, channels, height, width], not [${x.shape.join(', ')}]`,
  )
}

/** An axis as Caffe gives it: negative ones count from the end. The batch, axis 0, is refused. */
export function axisAfterBatch({ layer }: Visit, axis: number, x: Value): number {
  const at = axis < 0 ? axis + x.shape.length : axis
  if (at > 0 && at < x.shape.length) return at
  const what =
    at === 0
      ? 'works along axis 0, the pictures of a batch'
      : `has no axis ${axis} in [${x.shape.join(', ')}]`
  throw refuse(layer, `it ${what}`)
}

/**
 * Height and width of a window's `kernel`, `stride`, `pad` or `dilation`: one number for both, one for each, or `…_h`
 * and `…_w`.
 *
 * @param otherwise the default; without it, the field is required
 */
export function window(
  parameters: Message,
  name: 'kernel' | 'stride' | 'pad' | 'dilation',
  layer: Layer,
  otherwise?: number,
): [height: number, width: number] {
  const least = name === 'pad' ? 0 : 1
  const [h, w] = [`${name}_h`, `${name}_w`]
  if (parameters.has(h) || parameters.has(w)) {
    return [parameters.integer(h, least, otherwise), parameters.integer(w, least, otherwise)]
  }
  const both = name === 'kernel' ? 'kernel_size' : name
  const given = parameters.integers(both, least)
  if (given.length > 2) throw refuse(layer, `${both} has ${given.length} numbers: only pictures are read`)
  const height = given[0] ?? otherwise
  if (height === undefined) throw refuse(layer, `${both} is missing`)
  return [height, given[1] ?? height]
}
