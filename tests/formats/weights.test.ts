import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { readWeightsFile, writeOnnxFile } from '../../src/formats/node.ts'
import { writeSafetensors } from '../../src/formats/safetensors.ts'
import type { TensorOf } from '../../src/graph/types.ts'
import { adienceNet } from '../../src/networks/adiencenet.ts'
import { caffemodel, TODAY } from './caffe/caffemodel.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-weights-'))
const size = { input: 51, classes: 2, batch: 'batch', width: 1 / 16 }
const network = adienceNet({ ...size, random: new Random('weights') })
const weights = new Map(
  [...network.initializers].filter(([name]) => /\.(weight|bias)$/.test(name)) as [
    string,
    TensorOf<'float32'>,
  ][],
)

describe('weights are read by themselves', () => {
  it('from an ONNX model', async () => {
    const path = join(folder, 'model.onnx')
    writeOnnxFile(path, network)
    expect(await readWeightsFile(path)).toEqual(weights)
  })

  it('from a checkpoint, without its velocities', async () => {
    const path = join(folder, 'checkpoint.safetensors')
    const velocities = [...weights].map(([name, tensor]) => [`${name}.velocity`, tensor] as const)
    const tensors = new Map([...weights, ...velocities])
    writeFileSync(path, Buffer.concat(writeSafetensors({ tensors, metadata: {} })))
    expect(await readWeightsFile(path)).toEqual(weights)
  })

  it.each([TODAY, { layers: 'layers', shapes: 'four', numbers: 'packed' } as const])(
    'from a caffemodel, %o',
    async (format) => {
      const path = join(folder, 'model.caffemodel')
      const layers = ['conv1', 'fc8'].map((name) => ({
        name,
        blobs: [weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!],
      }))
      const statistics = {
        name: 'bn',
        blobs: [layers[0]!.blobs[1]!, layers[0]!.blobs[1]!, layers[0]!.blobs[1]!],
      }
      writeFileSync(path, Buffer.concat(caffemodel([...layers, statistics], format)))
      const read = await readWeightsFile(path)
      expect([...read.keys()]).toEqual(['conv1.weight', 'conv1.bias', 'fc8.weight', 'fc8.bias'])
      for (const [name, { data }] of read) expect(data).toEqual(weights.get(name)!.data)
    },
  )

  it('or are refused, with what can be read', async () => {
    await expect(readWeightsFile('net.pth')).rejects.toThrow(
      'net.pth: does not have the ending of weights that regard reads. It reads .caffemodel, .onnx, .safetensors',
    )
    await expect(readWeightsFile(join(folder, 'nowhere.onnx'))).rejects.toThrow(
      'there is no such weights file',
    )
  })
})
