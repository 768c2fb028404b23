import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { GraphBuilder, type Value } from '../../src/graph/builder.ts'
import { float32 } from '../../src/graph/types.ts'
import { gradient } from '../../src/rules/gradient/gradient.ts'
import { interpolation } from '../../src/rules/gradient/interpolation.ts'
import { type Building, type Case, expectDerivative, expectSharing, input } from './differences.ts'

// Average pooling and resizing have their own notions of borders, positions and rounding. Both are linear, so a
// difference in single precision is exact, and the judge is ONNX Runtime's own operator.

const small = (low: number, high: number) => fc.integer({ min: low, max: high })

test('AveragePool with any kernel, stride, padding and rounding divides as ONNX Runtime does', async () => {
  const property = fc.asyncProperty(
    small(4, 9),
    small(4, 9),
    small(1, 4),
    small(1, 3),
    fc.tuple(small(0, 3), small(0, 3)),
    fc.constantFrom(0, 1),
    fc.constantFrom(0, 1),
    async (height, width, kernel, stride, [before, after], ceil_mode, count_include_pad) => {
      fc.pre(before < kernel && after < kernel)
      const build = ({ g }: Building, x?: Value) =>
        g.op('AveragePool', [x], {
          kernel_shape: [kernel, 2],
          strides: [stride, 1],
          pads: [before, 0, after, 1],
          ceil_mode,
          count_include_pad,
        })
      const subject = { inputs: [input(['batch', 2, height, width])], build, judge: 'linear' as const }
      await expectDerivative(subject, 'pool')
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

describe('Resize', () => {
  const coordinates = ['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners']
  const rounding = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']
  const modes = coordinates.flatMap((coordinate_transformation_mode) => [
    { mode: 'linear', coordinate_transformation_mode },
    ...rounding.map((nearest_mode) => ({ mode: 'nearest', coordinate_transformation_mode, nearest_mode })),
  ])

  test.each(modes)(
    '$mode $nearest_mode $coordinate_transformation_mode mixes the elements that ONNX Runtime mixes',
    async (attributes) => {
      const { mode, coordinate_transformation_mode: coordinates } = attributes
      const kind = 'nearest_mode' in attributes ? attributes.nearest_mode : mode
      for (let size = 1; size <= 14; size++) {
        // A line of its own indices, resized to many sizes and by many scales: the result shows what was mixed.
        const g = new GraphBuilder('lines')
        const x = g.input('x', 'float32', [1, 1, size, 1])
        const lines = Array.from({ length: 26 }, (_, k) => ({ size, outputs: k + 1, scale: (k + 1) / size }))
        for (const { outputs } of lines) {
          g.output(
            `${outputs}`,
            g.op('Resize', [x, undefined, undefined, g.integers([1, 1, outputs, 1])], attributes),
          )
        }
        for (let tenths = 3; tenths < 30; tenths++) {
          const scale = Math.fround(tenths / 10)
          const outputs = Math.floor(Math.fround(size * scale))
          if (outputs === 0 || outputs === size) continue
          const scales = g.constant(float32([4], [1, 1, scale, 1]))
          g.output(`${lines.length + 1}`, g.op('Resize', [x, undefined, scales], attributes))
          lines.push({ size, outputs, scale })
        }
        const program = await (await nodeEngine({ threads: 1 })).load(g.graph())
        const indices = Array.from({ length: size }, (_, k) => k)
        const results = await program.run({ x: float32([1, 1, size, 1], indices) })
        await program.release()
        for (const [k, line] of lines.entries()) {
          const matrix = interpolation({ ...line, coordinates, kind })!
          const mixed = matrix.map((row) => row.reduce((sum, weight, i) => sum + weight * i, 0))
          const actual = Array.from(results[`${k + 1}`]!.data, Number)
          expect(actual.length).toBe(mixed.length)
          const wrong = mixed.findIndex((m, at) => Math.abs(m - actual[at]!) > 1e-4)
          expect(wrong, `${size} to ${line.outputs} by ${line.scale}`).toBe(-1)
        }
      }
    },
  )

  const resized =
    (sizes: number[], attributes: object) =>
    ({ g }: Building, x?: Value) =>
      g.op('Resize', [x, undefined, undefined, g.integers(sizes)], attributes)

  test.each(modes)(
    '$mode $nearest_mode $coordinate_transformation_mode has a gradient',
    async (attributes) => {
      for (const sizes of [
        [2, 2, 9, 4],
        [2, 2, 3, 14],
        [2, 2, 5, 12],
      ]) {
        const subject: Case = {
          inputs: [input(['batch', 2, 5, 6])],
          build: resized(sizes, attributes),
          judge: 'linear',
        }
        await expectDerivative(subject, 'resize')
        await expectSharing({ ...subject, build: resized([1, ...sizes.slice(1)], attributes) }, 'resize')
      }
    },
  )

  test('has a gradient for channels-last pictures, and by scales that keep the size', async () => {
    const last: Case = {
      inputs: [input(['batch', 5, 6, 3])],
      build: resized([2, 10, 9, 3], { mode: 'linear' }),
      judge: 'linear',
    }
    await expectDerivative(last, 'last')
    const kept: Case = {
      inputs: [input(['batch', 2, 4, 4])],
      build: ({ g }, x) =>
        g.op('Resize', [x, undefined, g.constant(float32([4], [1, 1, 1.2, 1.1]))], { mode: 'linear' }),
      judge: 'linear',
    }
    await expectDerivative(kept, 'kept')
  })

  test.each([
    { mode: 'cubic' },
    { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' },
    { mode: 'linear', antialias: 1 },
  ])('$mode $coordinate_transformation_mode $antialias is refused by the name of its node', (attributes) => {
    const g = new GraphBuilder('refused')
    const x = g.input('x', 'float32', [1, 1, 4, 4])
    const sizes = g.integers([1, 1, 8, 8])
    const larger = g.op('Resize', [x, undefined, undefined, sizes], attributes, 'enlarge')
    g.output('sum', g.reduceSum(larger, [0, 1, 2, 3], false))
    expect(() => gradient(g.graph(), 'sum', ['x'])).toThrow(/node enlarge \(Resize\)/)
  })
})
