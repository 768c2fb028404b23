import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readNpy } from '../../src/formats/npy.ts'
import { expectClose } from '../rules/layer.ts'
import { hasSwiftShader, SWIFTSHADER } from '../swiftShader.ts'

const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
const photo = fileURLToPath(new URL('../../studio/samples/astronaut.jpg', import.meta.url))

describe.skipIf(!hasSwiftShader)('regard explain --device', () => {
  test('the GPU gives the CPU’s map of a face for the built-in network, and auto does not take a software GPU', () => {
    const folder = mkdtempSync(join(tmpdir(), 'regard-device-'))
    const mapOn = (device: string) => {
      const out = join(folder, device)
      const { status, stderr } = spawnSync(
        process.execPath,
        [program, 'explain', photo, '--class', 'f', '--device', device, '--out', out],
        { env: { ...process.env, ...SWIFTSHADER }, encoding: 'utf8' },
      )
      expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringContaining('WebGPU') })
      return readNpy(readFileSync(join(out, 'astronaut.gender.relevance.npy')), 'map').data as Float32Array
    }
    const onCpu = mapOn('cpu')
    expectClose(mapOn('webgpu'), onCpu, 1e-4)
    expect(mapOn('auto')).toEqual(onCpu)
  })
})
