/**
 * A `.caffemodel`: the weights of a network, as Caffe's NetParameter. At first only the names of its layers and the
 * places of their blobs are read; a blob is read once, when a layer asks for it.
 */

import { UserError } from '../../base/errors.ts'
import { sizeOf, type TensorOf } from '../../graph/types.ts'
import { type Blob, readBlob } from './blob.ts'
import { type Span, WIRE, Wire, WireError } from './wire.ts'

/** A tensor that a layer needs: its name, and its shape from the prototxt. */
export interface Wanted {
  readonly name: string
  readonly shape: readonly number[]
}

/** The weights of a network, by layer. */
export interface CaffeWeights {
  /**
   * The tensors of a layer, in Caffe's order.
   *
   * @param layer its name, and where the prototxt defines it, for messages
   * @param defined the names of all layers of the prototxt; a message names layers of the weights that are not among
   * them
   * @throws UserError when they are missing, do not fit, or are not all finite
   */
  of(
    layer: { name: string; where: string },
    wanted: readonly Wanted[],
    defined: ReadonlySet<string>,
  ): TensorOf<'float32'>[]
}

// The numbers of NetParameter's fields, and of the fields of the two kinds of layer.
const LAYERS = {
  2: { name: 4, blobs: 6 },
  100: { name: 1, blobs: 7 },
} as const
const NET_NAME = 1

const REMEDY = 'Give the .caffemodel that Caffe wrote with snapshot_format BINARYPROTO'
const APART = 'Are the prototxt and the caffemodel of the same network?'

/**
 * Open a caffemodel.
 *
 * @param where its name, for messages
 * @param overwrite whether nothing else needs the bytes: then large weights stay in them, moved a little
 * @throws UserError when it is cut short, or not a caffemodel
 */
export function openWeights(bytes: Uint8Array, where: string, overwrite = false): CaffeWeights {
  const layers = findLayers(bytes, where)
  // Two layers of a definition can share a name, and moved numbers cannot be read again.
  const blobs = new Map<Span, Blob>()
  const blobAt = (span: Span) => {
    const blob = blobs.get(span) ?? caught(where, () => readBlob(bytes, span, overwrite))
    blobs.set(span, blob)
    return blob
  }
  return {
    of(layer, wanted, defined) {
      const spans = layers.get(layer.name) ?? []
      const title = `layer ${layer.name} (${layer.where})`
      if (spans.length === 0) {
        const others = [...layers].filter(([name, spans]) => spans.length > 0 && !defined.has(name))
        const names = others.map(([name]) => name).slice(0, 10)
        const rest = names.length > 0 ? `, but for ${names.join(', ')}, which the prototxt lacks` : ''
        throw new UserError(`there are no weights for ${title}${rest}`, where, APART)
      }
      if (spans.length !== wanted.length) {
        const names = wanted.map(({ name }) => name).join(', ')
        throw new UserError(
          `${title} needs ${wanted.length} blobs (${names}), and the file has ${spans.length}`,
          where,
          APART,
        )
      }
      return wanted.map(({ name, shape }, k) => {
        const blob = blobAt(spans[k]!)
        if (squeezed(blob.shape) !== squeezed(shape)) {
          throw new UserError(
            `the ${name} of ${title} must be [${shape.join(', ')}], not [${blob.shape.join(', ')}]`,
            where,
            APART,
          )
        }
        const odd = firstNotFinite(blob.data)
        if (odd >= 0) {
          throw new UserError(
            `the ${name} of layer ${layer.name} holds ${blob.data[odd]} (number ${odd} of ${sizeOf(shape)})`,
            where,
            'Training went wrong, or the file is damaged: use an earlier snapshot',
          )
        }
        return { type: 'float32', shape, data: blob.data }
      })
    },
  }
}

/**
 * Read all weights of a caffemodel without its definition.
 *
 * @param where its name, for messages
 * @param overwrite whether nothing else needs the bytes: then large weights stay in them, moved a little
 * @returns `<layer>.weight` and `<layer>.bias` of each layer with one or two blobs, in the shapes of the file, which
 *   may begin with ones. A layer with more has statistics, not weights, and is left out.
 * @throws UserError when it is cut short, or not a caffemodel
 */
export function readCaffeWeights(
  bytes: Uint8Array,
  where: string,
  overwrite = false,
): Map<string, TensorOf<'float32'>> {
  const weights = new Map<string, TensorOf<'float32'>>()
  for (const [layer, spans] of findLayers(bytes, where)) {
    if (spans.length > 2) continue
    spans.forEach((span, k) => {
      const { shape, data } = caught(where, () => readBlob(bytes, span, overwrite))
      weights.set(`${layer}.${k === 0 ? 'weight' : 'bias'}`, { type: 'float32', shape, data })
    })
  }
  return weights
}

/**
 * Read a mean picture (`.binaryproto`).
 *
 * @param where its name, for messages
 * @returns float32 [channels, height, width], with Caffe's channels: blue, green, red
 * @throws UserError when it is not such a picture
 */
export function readMean(bytes: Uint8Array, where: string): TensorOf<'float32'> {
  let blob: Blob
  try {
    blob = readBlob(bytes, { start: 0, end: bytes.length })
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new UserError(
      `is not a complete mean file: ${error.message}`,
      where,
      'Give the .binaryproto that compute_image_mean wrote',
    )
  }
  const shape = blob.shape.length === 4 && blob.shape[0] === 1 ? blob.shape.slice(1) : blob.shape
  if (shape.length !== 3) {
    throw new UserError(`holds [${blob.shape.join(', ')}], which is not a mean picture`, where)
  }
  const odd = firstNotFinite(blob.data)
  if (odd >= 0) throw new UserError(`holds ${blob.data[odd]} (number ${odd} of ${blob.data.length})`, where)
  return { type: 'float32', shape, data: blob.data }
}

/** Where the blobs of each layer lie. */
function findLayers(bytes: Uint8Array, where: string): Map<string, Span[]> {
  if (bytes.length === 0) throw new UserError('is empty', where, REMEDY)
  const layers = new Map<string, Span[]>()
  const wire = new Wire(bytes)
  try {
    while (wire.next()) {
      const { field, type, start, end } = wire
      if (field in LAYERS || field === NET_NAME) {
        if (type !== WIRE.bytes) throw new WireError(`byte ${start} does not belong to a caffemodel`)
      }
      if (!(field in LAYERS)) continue
      const numbers = LAYERS[field as keyof typeof LAYERS]
      const layer = new Wire(bytes, { start, end })
      const blobs: Span[] = []
      let name = ''
      while (layer.next()) {
        if (layer.field === numbers.name && layer.type === WIRE.bytes) name = layer.text()
        if (layer.field === numbers.blobs && layer.type === WIRE.bytes)
          blobs.push({ start: layer.start, end: layer.end })
      }
      layers.set(name, blobs)
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const isCut = wire.end > bytes.length && (layers.size > 0 || wire.field in LAYERS)
    if (isCut) {
      throw new UserError(
        `is cut short: it has ${bytes.length} bytes, and a layer in it ends at byte ${wire.end}`,
        where,
        'Download it again and compare its size',
      )
    }
    throw new UserError(`is not a caffemodel (${error.message})`, where, REMEDY)
  }
  if (layers.size === 0) throw new UserError('is not a caffemodel: it holds no layers', where, REMEDY)
  return layers
}

function caught<T>(where: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new UserError(`is damaged: ${error.message}`, where, 'Download it again and compare its size')
  }
}

/** The index of the first number that is NaN or infinite, or −1: a plain loop, as there may be a hundred million. */
function firstNotFinite(data: Float32Array): number {
  for (let k = 0; k < data.length; k++) if (!Number.isFinite(data[k])) return k
  return -1
}

/** A shape without its leading ones: old files give every shape four dimensions. */
function squeezed(shape: readonly number[]): string {
  return shape.join().replace(/^(1,)*(1$)?/, '')
}
