import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import h5wasm, { type Dataset } from 'h5wasm/node'
import { beforeAll, describe, expect, it } from 'vitest'
import { hdf5Of } from '../../src/formats/hdf5.ts'

beforeAll(() => h5wasm.ready)

async function written(datasets: Parameters<typeof hdf5Of>[0]) {
  const path = join(tmpdir(), `regard-hdf5-${process.pid}.h5`)
  writeFileSync(path, await hdf5Of(datasets))
  return new h5wasm.File(path, 'r')
}

describe('an HDF5 file', () => {
  it('has its numbers in groups, with their attributes', async () => {
    const file = await written({
      'a/b/points': {
        type: 'float32',
        shape: [3, 2],
        row: (k) => [k, k / 2],
        attributes: { index: Uint32Array.of(0, 7), k: 3, of: 'maps', value: Float32Array.of(0.5) },
      },
      'a/label': { type: 'uint16', shape: [2], row: (k) => [1000 * k] },
    })
    const points = file.get('a/b/points') as Dataset
    expect(points.shape).toEqual([3, 2])
    expect(points.value).toEqual(Float32Array.of(0, 0, 1, 0.5, 2, 1))
    expect(points.attrs.index!.value).toEqual(Uint32Array.of(0, 7))
    expect(points.attrs.of!.value).toBe('maps')
    expect(points.attrs.value!.value).toEqual(Float32Array.of(0.5))
    expect([points.attrs.k!.value, points.attrs.k!.shape]).toEqual([3n, []])
    expect((file.get('a/label') as Dataset).value).toEqual(Uint16Array.of(0, 1000))
    file.close()
  })

  it('takes more rows than come in one batch, and compresses them', async () => {
    const [rows, side] = [700, 64]
    const row = (k: number) => Float32Array.from({ length: side * side }, (_, place) => k + (place % 2))
    const bytes = await hdf5Of({ maps: { type: 'float32', shape: [rows, side, side], row } })
    expect(bytes.length).toBeLessThan((4 * rows * side * side) / 20)
    const file = await written({ maps: { type: 'float32', shape: [rows, side, side], row } })
    const maps = file.get('maps') as Dataset
    expect(maps.shape).toEqual([rows, side, side])
    for (const k of [0, 255, 256, 257, 511, 512, rows - 1])
      expect(maps.slice([[k, k + 1], [], []])).toEqual(row(k))
    file.close()
  })
})
