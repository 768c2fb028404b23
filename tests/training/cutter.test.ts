import { expect, test } from 'vitest'
import { readPicture } from '../../src/datasets/pack.ts'
import { ahead, Cutter } from '../../src/training/cutter.ts'
import { patches } from './pictures.ts'

test('windows have the mean subtracted, planes of blue, green and red, and are mirrored on request', async () => {
  const [size, crop] = [9, 6]
  const { pixels } = patches(7, size, 'cutter')
  const cutter = new Cutter(size, crop)
  try {
    await cutter.average(pixels)
    const pictures = pixels.map((picture) => readPicture(picture))
    const windows = pixels.map((picture, k) => ({
      picture,
      left: k % 4,
      top: (3 * k) % 4,
      mirrored: k % 2 > 0,
    }))
    const { shape, data } = await cutter.cut(windows, [7])
    expect(shape).toEqual([7, 3, crop, crop])
    const wanted = windows.flatMap(({ left, top, mirrored }, k) =>
      Array.from({ length: 3 * crop * crop }, (_, at) => {
        const [plane, y, x] = [Math.floor(at / crop ** 2), Math.floor(at / crop) % crop, at % crop]
        const column = left + (mirrored ? crop - 1 - x : x)
        const place = 3 * ((top + y) * size + column) + 2 - plane
        const mean = pictures.reduce((sum, picture) => sum + picture[place]!, 0) / pictures.length
        return Math.fround(pictures[k]![place]! - Math.fround(mean))
      }),
    )
    expect(Array.from(data)).toEqual(wanted)
  } finally {
    await cutter.close()
  }
})

test('only the next items start before one is handed out', async () => {
  let begun = 0
  function* items() {
    for (let k = 0; k < 6; k++) {
      begun++
      yield Promise.resolve(k)
    }
  }
  const seen: number[][] = []
  for await (const item of ahead(items())) seen.push([item, begun])
  expect(seen).toEqual([
    [0, 3],
    [1, 4],
    [2, 5],
    [3, 6],
    [4, 6],
    [5, 6],
  ])
})

test('an item that fails does so in its turn', async () => {
  const items = [Promise.resolve(1), Promise.reject(new Error('no second')), Promise.resolve(3)]
  const seen: number[] = []
  await expect(
    (async () => {
      for await (const item of ahead(items)) seen.push(item)
    })(),
  ).rejects.toThrow('no second')
  expect(seen).toEqual([1])
})
