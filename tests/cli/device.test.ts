import { execFileSync } from 'node:child_process'
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
import { hasSwiftShader, SWIFTSHADER } from '../swiftShader.ts'

const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
const SIZE = 51

describe.skipIf(!hasSwiftShader)('regard explain --device', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-device-'))
  const random = new Random('input')
  writeOnnxFile(join(folder, 'model.onnx'), livelyNetwork(SIZE, 2))
  const data = Float32Array.from({ length: 3 * SIZE ** 2 }, () => random.uniform(-128, 128))
  writeFileSync(join(folder, 'input.npy'), writeNpy(float32([1, 3, SIZE, SIZE], data)))
  const map = (device: string) => {
    const out = join(folder, device)
    execFileSync(
      process.execPath,
      [program, 'explain', 'model.onnx', 'input.npy', '--device', device, '--out', out],
      {
        cwd: folder,
        env: { ...process.env, ...SWIFTSHADER },
        stdio: 'pipe',
      },
    )
    return readNpy(readFileSync(join(out, 'input.relevance.npy')), 'map').data as Float32Array
  }

  test('the GPU gives the map of the CPU, and auto does not take one that is imitated by software', () => {
    const onCpu = map('cpu')
    expectClose(map('webgpu'), onCpu, 1e-4)
    expect(map('auto')).toEqual(onCpu)
  })
})
