import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sizeOf, type TensorOf } from '../../../src/graph/types.ts'
import { network, numbers, run } from './run.ts'

interface Pooling {
  kind: 'MAX' | 'AVE'
  kernel: [number, number]
  stride: [number, number]
  pad: [number, number]
}

/** Caffe's pooling by its definition, window by window and in double precision. */
function plainly({ kind, kernel, stride, pad }: Pooling, { shape, data }: TensorOf<'float32'>): number[] {
  const [planes, ...size] = [shape[0]! * shape[1]!, shape[2]!, shape[3]!] as const
  const windows = size.map((length, k) => {
    const count = Math.ceil((length + 2 * pad[k]! - kernel[k]!) / stride[k]!) + 1
    const isBehind = (count - 1) * stride[k]! >= length + pad[k]!
    return (pad[0] > 0 || pad[1] > 0) && isBehind ? count - 1 : count
  })
  const result: number[] = []
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < windows[0]!; row++) {
      for (let column = 0; column < windows[1]!; column++) {
        // Along each side, the window within the padded picture, and the part of it within the picture.
        const sides = [row, column].map((index, k) => {
          const start = index * stride[k]! - pad[k]!
          const end = Math.min(start + kernel[k]!, size[k]! + pad[k]!)
          return { length: end - start, from: Math.max(start, 0), to: Math.min(end, size[k]!) }
        })
        const [vertical, horizontal] = [sides[0]!, sides[1]!]
        const inside: number[] = []
        for (let y = vertical.from; y < vertical.to; y++) {
          for (let x = horizontal.from; x < horizontal.to; x++) {
            inside.push(data[(plane * size[0]! + y) * size[1]! + x]!)
          }
        }
        const sum = inside.reduce((a, b) => a + b, 0)
        result.push(kind === 'MAX' ? Math.max(...inside) : sum / (vertical.length * horizontal.length))
      }
    }
  }
  return result
}

function written({ kind, kernel, stride, pad }: Pooling): string {
  return `layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param {
    pool: ${kind} kernel_h: ${kernel[0]} kernel_w: ${kernel[1]} stride_h: ${stride[0]} stride_w: ${stride[1]}
    pad_h: ${pad[0]} pad_w: ${pad[1]} } }`
}

const side = fc.record({
  size: fc.integer({ min: 1, max: 12 }),
  kernel: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 6 }),
  pad: fc.integer({ min: 0, max: 4 }),
})
/** Poolings that Caffe accepts and whose windows are never empty. */
const poolings = fc
  .record({ kind: fc.constantFrom('MAX' as const, 'AVE' as const), height: side, width: side })
  .map(({ kind, height: h, width: w }) => ({
    size: [h.size, w.size],
    pooling: {
      kind,
      kernel: [h.kernel, w.kernel] as [number, number],
      stride: [h.stride, w.stride] as [number, number],
      pad: [h.pad, w.pad] as [number, number],
    },
  }))
  .filter(({ size, pooling: { kernel, stride, pad } }) =>
    size.every((length, k) => {
      const last = Math.ceil((length + 2 * pad[k]! - kernel[k]!) / stride[k]!) * stride[k]!
      const isEmpty = pad[0] + pad[1] === 0 && last >= length
      return pad[k]! < kernel[k]! && kernel[k]! <= length + 2 * pad[k]! && !isEmpty
    }),
  )

describe('pooling', () => {
  test('agrees with Caffe, whatever the window', async () => {
    await fc.assert(
      fc.asyncProperty(poolings, async ({ size, pooling }) => {
        const shape = [2, 3, ...size]
        const data = numbers(shape)
        const graph = network(shape, written(pooling))
        const { pool } = await run(graph, data)
        const expected = plainly(pooling, data)
        expect(sizeOf(graph.outputs[0]!.shape.slice(1) as number[]) * 2).toBe(expected.length)
        expect(pool!.length).toBe(expected.length)
        pool!.forEach((value, k) => {
          expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-5)
        })
      }),
      { numRuns: 300 },
    )
  })

  test('a mean is one node, unless its last window hangs over the padding', () => {
    const nodes = (size: number, pad: number) => {
      const pooling: Pooling = { kind: 'AVE', kernel: [3, 3], stride: [2, 2], pad: [pad, pad] }
      return network([1, 1, size, size], written(pooling)).nodes.map(({ op }) => op)
    }
    expect(nodes(5, 1)).toEqual(['AveragePool'])
    expect(nodes(6, 0)).toEqual(['AveragePool'])
    expect(nodes(6, 1)).toEqual(['AveragePool', 'Mul'])
  })

  test('of the whole picture', async () => {
    const data = numbers([1, 2, 2, 2])
    const pool = (kind: string) =>
      `layer { name: "${kind}" type: "Pooling" bottom: "data" top: "${kind}" pooling_param { pool: ${kind} global_pooling: true } }`
    const { MAX, AVE } = await run(network([1, 2, 2, 2], `${pool('MAX')}${pool('AVE')}`), data)
    const planes = [data.data.subarray(0, 4), data.data.subarray(4)]
    expect(MAX).toEqual(planes.map((plane) => Math.max(...plane)))
    expect(AVE).toEqual(planes.map((plane) => plane.reduce((a, b) => a + b) / 4))
  })

  test('can be told to round down', () => {
    const layer = `layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
      pooling_param { pool: MAX kernel_size: 3 stride: 2 round_mode: FLOOR } }`
    expect(network([1, 1, 6, 6], layer).outputs[0]!.shape).toEqual(['batch', 1, 2, 2])
  })

  test.each([
    ['pool: STOCHASTIC kernel_size: 2', 'stochastic pooling is not supported'],
    ['kernel_size: 2 pad: 2', 'its padding is as wide as its kernel'],
    ['kernel_size: 9', 'a kernel of 9 does not fit a picture of 4'],
    ['kernel_size: 1 stride: 2', 'its last window begins beyond the picture of 4 pixels'],
    ['pool: MEAN kernel_size: 2', 'pool must be MAX or AVE or STOCHASTIC'],
    ['stride: 2', 'layer pool (Pooling): kernel_size is missing'],
    ['kernel_size: 0', 'kernel_size must be a whole number of at least 1, not 0'],
  ])('refuses %s', (parameters, message) => {
    const layer = `layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" pooling_param { ${parameters} } }`
    expect(() => network([1, 1, 4, 4], layer)).toThrow(`net.prototxt:2: `)
    expect(() => network([1, 1, 4, 4], layer)).toThrow(message)
  })
})
