import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { writeOnnxFile } from '../../src/formats/node.ts'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { float32 } from '../../src/graph/types.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { expectClose } from '../rules/layer.ts'
import { shared } from '../shared.ts'
import { hasSwiftShader, SWIFTSHADER } from '../swiftShader.ts'

const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
const SIZE = 51

/** Explain something on a device, in its own folder; returns the map of that name. */
function mapOn(device: string, folder: string, words: readonly string[], name: string): Float32Array {
  const out = join(folder, device)
  const { status, stderr } = spawnSync(
    process.execPath,
    [program, 'explain', ...words, '--device', device, '--out', out],
    { cwd: folder, env: { ...process.env, ...SWIFTSHADER }, encoding: 'utf8' },
  )
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringContaining('WebGPU') })
  return readNpy(readFileSync(join(out, `${name}.relevance.npy`)), 'map').data as Float32Array
}

describe.skipIf(!hasSwiftShader)('regard explain --device', () => {
  test('the GPU gives the CPU’s map, and auto does not take a software GPU', () => {
    const folder = mkdtempSync(join(tmpdir(), 'regard-device-'))
    const random = new Random('input')
    writeOnnxFile(join(folder, 'model.onnx'), livelyNetwork(SIZE, 2))
    const data = Float32Array.from({ length: 3 * SIZE ** 2 }, () => random.uniform(-128, 128))
    writeFileSync(join(folder, 'input.npy'), writeNpy(float32([1, 3, SIZE, SIZE], data)))
    const map = (device: string) => mapOn(device, folder, ['model.onnx', 'input.npy'], 'input')
    const onCpu = map('cpu')
    expectClose(map('webgpu'), onCpu, 1e-4)
    expect(map('auto')).toEqual(onCpu)
  })

  test.skipIf(!shared)('the GPU gives the CPU’s map for a face in a photo and the built-in network', () => {
    const folder = mkdtempSync(join(tmpdir(), 'regard-device-'))
    const words = [join(shared!, 'data/photos/astronaut.png'), '--class', 'f']
    const map = (device: string) => mapOn(device, folder, words, 'astronaut.gender')
    expectClose(map('webgpu'), map('cpu'), 1e-4)
  })
})
