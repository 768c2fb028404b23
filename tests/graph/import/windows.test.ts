import { describe } from 'vitest'
import { node, numbers } from './model.ts'
import { ANY, type Case, one, picture, testSideBySide } from './sideBySide.ts'

const kernels = numbers(3, 4, 3, 2)

describe('windows, with explicit or automatic padding', () => {
  const cases: Case[] = [
    [
      'Conv',
      ANY,
      picture,
      one('Conv', { pads: [1, 0, 1, 1], strides: [2, 1], kernel_shape: [3, 2] }, ['w']),
      { w: kernels },
    ],
    ...['SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET'].flatMap((auto_pad): Case[] => [
      [
        `Conv padded ${auto_pad}`,
        ANY,
        picture,
        one('Conv', { auto_pad, strides: [2, 3] }, ['w']),
        { w: kernels },
      ],
      [
        `MaxPool padded ${auto_pad}`,
        ANY,
        picture,
        one('MaxPool', { auto_pad, kernel_shape: [3, 2], strides: [2, 2] }),
      ],
      [
        `AveragePool padded ${auto_pad}`,
        ANY,
        picture,
        one('AveragePool', { auto_pad, kernel_shape: [3, 2], strides: [2, 2] }),
      ],
      [
        `ConvTranspose padded ${auto_pad}`,
        ANY,
        picture,
        one('ConvTranspose', { auto_pad, strides: [2, 2] }, ['w']),
        { w: numbers(4, 3, 4, 3) },
      ],
    ]),
    [
      'ConvTranspose to a shape',
      ANY,
      picture,
      one('ConvTranspose', { output_shape: [14, 16], strides: [2, 2] }, ['w']),
      { w: numbers(4, 3, 4, 3) },
    ],
    ...['SAME_UPPER', 'NOTSET'].flatMap((auto_pad): Case[] => [
      [
        `Conv over lines padded ${auto_pad}`,
        ANY,
        [2, 4, 9],
        one('Conv', { auto_pad, strides: [2] }, ['w', 'b']),
        { w: numbers(3, 4, 3), b: numbers(3) },
      ],
      [
        `ConvTranspose over lines padded ${auto_pad}`,
        ANY,
        [2, 4, 9],
        one('ConvTranspose', { auto_pad, strides: [2] }, ['w']),
        { w: numbers(4, 3, 3) },
      ],
      [
        `MaxPool over lines padded ${auto_pad}`,
        ANY,
        [2, 4, 9],
        one('MaxPool', { auto_pad, kernel_shape: [3], strides: [2] }),
      ],
      [
        `AveragePool over lines padded ${auto_pad}`,
        ANY,
        [2, 4, 9],
        one('AveragePool', { auto_pad, kernel_shape: [3], strides: [2], count_include_pad: 1 }),
      ],
    ]),
    [
      'Conv over lines with pads and holes',
      ANY,
      [2, 4, 9],
      one('Conv', { pads: [2, 1], dilations: [2] }, ['w']),
      { w: numbers(3, 4, 3) },
    ],
    ['Conv over lines in groups', ANY, [2, 4, 9], one('Conv', { group: 2 }, ['w']), { w: numbers(6, 2, 3) }],
    [
      'ConvTranspose over lines to a size',
      ANY,
      [2, 4, 9],
      one('ConvTranspose', { output_shape: [18], strides: [2] }, ['w']),
      { w: numbers(4, 3, 3) },
    ],
    ['GlobalAveragePool over lines', ANY, [2, 4, 9], one('GlobalAveragePool')],
    [
      'MaxPool rounding up',
      [10, 13, 22],
      picture,
      one('MaxPool', { ceil_mode: 1, kernel_shape: [2, 3], strides: [2, 2] }),
    ],
    [
      'MaxPool whose positions nobody reads',
      [8, 13],
      picture,
      [node('MaxPool', ['x'], ['y', 'positions'], { kernel_shape: [2, 2] })],
    ],
    [
      'AveragePool rounding up',
      [10, 13, 19, 22],
      picture,
      one('AveragePool', { ceil_mode: 1, kernel_shape: [2, 3], strides: [2, 2] }),
    ],
    [
      'AveragePool counting its padding',
      ANY,
      picture,
      one('AveragePool', { count_include_pad: 1, kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    ],
    [
      'AveragePool with dilations of 1',
      [19, 22],
      picture,
      one('AveragePool', { dilations: [1, 1], kernel_shape: [3, 3] }),
    ],
    ['GlobalAveragePool', ANY, picture, one('GlobalAveragePool')],
    ['GlobalMaxPool', ANY, picture, one('GlobalMaxPool')],
    [
      'Conv with holes',
      ANY,
      picture,
      one('Conv', { auto_pad: 'VALID', dilations: [2, 2] }, ['w']),
      { w: kernels },
    ],
  ]
  testSideBySide(cases)
})
