import { describe } from 'vitest'
import { float32, int64 } from '../../../src/graph/types.ts'
import { type Case, one, picture, testSideBySide } from './sideBySide.ts'

describe('enlarging and shrinking, in the form of each opset', () => {
  const cases: Case[] = [
    ['Upsample by attributes', [7, 8], picture, one('Upsample', { scales: { floats: [1, 1, 2, 3] } })],
    ...['nearest', 'linear'].flatMap((mode): Case[] => [
      [
        `Upsample ${mode}`,
        [9],
        picture,
        one('Upsample', { mode }, ['by']),
        { by: float32([4], [1, 1, 2, 1.5]) },
      ],
      [
        `Resize ${mode}, larger`,
        [10],
        picture,
        one('Resize', { mode }, ['by']),
        { by: float32([4], [1, 1, 2, 1.5]) },
      ],
      [
        `Resize ${mode}, smaller`,
        [10],
        picture,
        one('Resize', { mode }, ['by']),
        { by: float32([4], [1, 1, 0.6, 0.4]) },
      ],
      ...['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'].map(
        (coordinate_transformation_mode): Case => [
          `Resize ${mode}, ${coordinate_transformation_mode}, to sizes`,
          [11, 13, 18, 19],
          picture,
          one('Resize', { mode, coordinate_transformation_mode }, ['roi', 'none', 'sizes']),
          { roi: float32([0]), none: float32([0]), sizes: int64([4], [2, 4, 11, 5]) },
        ],
      ),
    ]),
    [
      'Resize as TensorFlow has it',
      [11],
      picture,
      one('Resize', { coordinate_transformation_mode: 'tf_half_pixel_for_nn', nearest_mode: 'floor' }, [
        'roi',
        'by',
      ]),
      { roi: float32([0]), by: float32([4], [1, 1, 2, 3]) },
    ],
    [
      'Resize by scales, cubic',
      [11, 13, 19],
      picture,
      one('Resize', { mode: 'cubic' }, ['roi', 'by']),
      { roi: float32([0]), by: float32([4], [1, 1, 2, 0.7]) },
    ],
    [
      'Resize of some axes',
      [18, 19],
      picture,
      one('Resize', { mode: 'linear', axes: [2, 3] }, ['', 'by']),
      { by: float32([2], [2, 0.7]) },
    ],
    [
      'Resize half_pixel_symmetric',
      [19],
      picture,
      one('Resize', { mode: 'linear', coordinate_transformation_mode: 'half_pixel_symmetric' }, ['', 'by']),
      { by: float32([4], [1, 1, 2, 0.5]) },
    ],
  ]
  testSideBySide(cases)
})
