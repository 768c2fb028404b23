/** Writes caffemodels, as Caffe does and did, so that tests can read them. */

import { Random } from '../../../src/base/random.ts'
import { caffeGraph } from '../../../src/formats/caffe/graph.ts'
import type { CaffeWeights } from '../../../src/formats/caffe/weights.ts'
import { sizeOf, type TensorOf } from '../../../src/graph/types.ts'

/** A layer and its blobs. */
export interface LayerBlobs {
  readonly name: string
  readonly blobs: readonly Pick<TensorOf<'float32'>, 'shape' | 'data'>[]
}

/** The ways in which Caffe has written its files. */
export interface Format {
  /** `layer` since 2014, `layers` before. */
  readonly layers: 'layer' | 'layers'
  /** A shape of any length, or num, channels, height and width. */
  readonly shapes: 'any' | 'four'
  /** All numbers in one field or each in its own, as floats or doubles. */
  readonly numbers: 'packed' | 'single' | 'doubles' | 'single doubles'
}

export const TODAY: Format = { layers: 'layer', shapes: 'any', numbers: 'packed' }

/** The parts of a file, in the order to write them. */
export function caffemodel(layers: readonly LayerBlobs[], format: Format = TODAY): Uint8Array[] {
  const today = format.layers === 'layer'
  return [
    ...field(1, [utf8('test')]),
    ...layers.flatMap(({ name, blobs }) =>
      field(today ? 100 : 2, [
        ...field(today ? 1 : 4, [utf8(name)]),
        ...(today ? field(2, [utf8('Convolution')]) : [varint(8 * 5), varint(4)]),
        ...blobs.flatMap((blob) => field(today ? 7 : 6, blobProto(blob, format))),
        // The phase, which comes after the blobs.
        ...(today ? [varint(8 * 10), varint(1)] : []),
      ]),
    ),
  ]
}

/** The parts of a single blob, as in a mean file. */
export function blobProto({ shape, data }: LayerBlobs['blobs'][number], format: Format): Uint8Array[] {
  const four = [...Array(Math.max(0, 4 - shape.length)).fill(1), ...shape]
  const old = four.flatMap((d, k) => [varint(8 * (k + 1)), varint(d)])
  const any = field(7, field(1, shape.map(varint)))
  return [
    ...(format.shapes === 'four' ? old : []),
    ...numbers(data, format.numbers),
    ...(format.shapes === 'any' ? any : []),
  ]
}

function numbers(data: Float32Array, how: Format['numbers']): Uint8Array[] {
  switch (how) {
    case 'packed':
      return field(5, [new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)])
    case 'doubles':
      return field(8, [new Uint8Array(Float64Array.from(data).buffer)])
    case 'single':
      return Array.from(data).flatMap((x) => [varint(8 * 5 + 5), new Uint8Array(Float32Array.of(x).buffer)])
    case 'single doubles':
      return Array.from(data).flatMap((x) => [varint(8 * 8 + 1), new Uint8Array(Float64Array.of(x).buffer)])
  }
}

function field(number: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return [varint(8 * number + 2), varint(length), ...parts]
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return Uint8Array.from([...bytes, value])
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/**
 * Weights for a network: those that each layer's definition asks for, small and random, variances
 * positive.
 *
 * @param made called with each layer's
 */
export function randomWeights(seed = 'weights', made: (layer: LayerBlobs) => void = () => {}): CaffeWeights {
  const random = new Random(seed)
  const block = Float32Array.from({ length: 4099 }, () => random.normal())
  return {
    of({ name }, wanted) {
      const blobs = wanted.map((want) => {
        const scale = want.name === 'weight' ? Math.sqrt(2 / sizeOf(want.shape.slice(1))) : 0.1
        const positive = want.name === 'variance' || want.name === 'scale factor'
        const data = new Float32Array(sizeOf(want.shape))
        const start = random.integer(block.length)
        for (let k = 0; k < data.length; k++) {
          const value = block[(start + k) % block.length]!
          data[k] = positive ? Math.abs(value) + 0.5 : scale * value
        }
        return { type: 'float32' as const, shape: want.shape, data }
      })
      made({ name, blobs })
      return blobs
    },
  }
}

/** The layers of a network with random weights, ready to write. */
export function madeUp(prototxt: string, seed?: string): LayerBlobs[] {
  const layers: LayerBlobs[] = []
  caffeGraph(
    prototxt,
    'net.prototxt',
    randomWeights(seed, (layer) => layers.push(layer)),
  )
  return layers
}
