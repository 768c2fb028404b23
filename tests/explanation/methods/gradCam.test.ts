import { describe, expect, test } from 'vitest'
import { gradCam, gradCamLayer } from '../../../src/explanation/methods/gradCam.ts'
import { GraphBuilder } from '../../../src/graph/builder.ts'
import { float32 } from '../../../src/graph/types.ts'
import { livelyNetwork } from '../../networks/lively.ts'
import { differentiable, distance, linearNetwork, randomInput } from './network.ts'

const SIZE = 75
const network = livelyNetwork(SIZE, 3)
const input = randomInput([1, 3, SIZE, SIZE], 'input')

describe('Grad-CAM', () => {
  test.each(['pool5', 'relu3', 'norm1'])('at %s is the plain re-derivation', async (layer) => {
    const { layerGradientOf, release } = await differentiable(network, layer)
    const target = Float32Array.of(0, 0, 1)
    const { activations, gradients } = await layerGradientOf(input, target)
    const [, channels, rows, columns] = activations.shape as [number, number, number, number]
    const at = (data: Float32Array, c: number, y: number, x: number) => data[(c * rows + y) * columns + x]!

    // The weight of a channel is its mean gradient; the map is the positive part of the weighted sum.
    const coarse = Array.from({ length: rows }, (_, y) =>
      Array.from({ length: columns }, (_, x) => {
        let sum = 0
        for (let c = 0; c < channels; c++) {
          let weight = 0
          for (let v = 0; v < rows; v++)
            for (let u = 0; u < columns; u++) weight += at(gradients.data, c, v, u) / (rows * columns)
          sum += weight * at(activations.data, c, y, x)
        }
        return Math.max(sum, 0)
      }),
    )
    // Bilinear, pixel by pixel: the centre of a pixel of the picture lies at (k + ½) · rows / size − ½.
    const expected: number[] = []
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++) {
        const v = Math.min(Math.max(((y + 0.5) * rows) / SIZE - 0.5, 0), rows - 1)
        const u = Math.min(Math.max(((x + 0.5) * columns) / SIZE - 0.5, 0), columns - 1)
        const [top, left] = [Math.floor(v), Math.floor(u)]
        const [bottom, right] = [Math.min(top + 1, rows - 1), Math.min(left + 1, columns - 1)]
        const upper = coarse[top]![left]! * (1 - u + left) + coarse[top]![right]! * (u - left)
        const lower = coarse[bottom]![left]! * (1 - u + left) + coarse[bottom]![right]! * (u - left)
        expected.push(upper * (1 - v + top) + lower * (v - top))
      }

    const map = await gradCam(layerGradientOf, input, target)
    expect(map.shape).toEqual([1, SIZE, SIZE])
    expect(Math.max(...map.data)).toBeGreaterThan(0)
    expect(distance(map.data, expected)).toBeLessThan(1e-5)
    await release()
  })
})

describe('the layer that Grad-CAM chooses by default', () => {
  test('is the last one with height and width', () => {
    expect(gradCamLayer(network)).toBe('pool5')
  })

  test('lies between the input and the explained output', () => {
    const g = new GraphBuilder('two outputs')
    const x = g.input('x', 'float32', ['batch', 1, 4, 4])
    const kernel = g.constant(float32([1, 1, 3, 3]))
    const low = g.op('Conv', [x, kernel], {}, 'low')
    g.output('first', g.op('Flatten', [g.op('GlobalAveragePool', [low])]))
    const high = g.op('Relu', [low], {}, 'high')
    g.output('second', g.op('Flatten', [g.op('GlobalAveragePool', [high])]))
    expect(gradCamLayer(g.graph(), 'first')).toBe('low')
    expect(gradCamLayer(g.graph(), 'second')).toBe('high')
  })

  test('is missing, with an error, if no layer has height and width', () => {
    expect(() => gradCamLayer(linearNetwork().network)).toThrow(/^no layer .*has height and width/)
  })
})
