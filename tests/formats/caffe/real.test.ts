import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { caffeGraph } from '../../../src/formats/caffe/graph.ts'
import { readMeanFile, readModelFile } from '../../../src/formats/node.ts'
import { readNpy } from '../../../src/formats/npy.ts'
import { verify } from '../../../src/graph/verify.ts'
import { shared } from '../../shared.ts'
import { caffemodel, madeUp, randomWeights } from './caffemodel.ts'

const folder = shared && join(shared, 'models/caffe')
const npy = (name: string) => readNpy(readFileSync(join(shared!, name)), name)

test.skipIf(!shared)('GoogLeNet answers as in OpenCV', async () => {
  const path = join(folder!, 'bvlc_googlenet.caffemodel')
  const graph = await readModelFile(path)
  expect(graph.inputs).toEqual([{ name: 'data', type: 'float32', shape: ['batch', 3, 224, 224] }])
  expect(graph.outputs).toEqual([{ name: 'prob', type: 'float32', shape: ['batch', 1000] }])
  const program = await (await nodeEngine()).load(graph)
  const { prob } = await program.run({ data: npy('reference/googlenet/input.npy') })
  const expected = npy('reference/googlenet/prob.npy')
  const difference = Math.max(
    ...Array.from(prob!.data as Float32Array, (p, k) => Math.abs(p - (expected.data as Float32Array)[k]!)),
  )
  expect(difference).toBeLessThan(1e-5)
  await program.release()
})

// The training definitions load their pictures themselves; with a declared input they can be read too.
const deploy = readdirSync(folder ?? '.').filter((name) => name.endsWith('deploy.prototxt'))
const training = folder
  ? readdirSync(join(folder, 'training')).map((name) => `training/${name}/train_val_test_fold_is_0.prototxt`)
  : []
const sizes: Record<string, number> = { googlenet: 224, vgg16: 224 }

test.skipIf(!shared).each([...deploy, ...training])('%s is read and well formed', async (name) => {
  const text = readFileSync(join(folder!, name), 'utf8')
  const isTraining = name.startsWith('training/')
  const size = Object.entries(sizes).find(([part]) => name.includes(part))?.[1] ?? 227
  const input = `input: "data" input_shape { dim: 1 dim: 3 dim: ${size} dim: ${size} }`
  const at = mkdtempSync(join(tmpdir(), 'regard-caffe-'))
  const [prototxt, caffemodelPath] = [join(at, 'net.prototxt'), join(at, 'net.caffemodel')]
  if (isTraining) {
    writeFileSync(prototxt, text)
    await expect(readModelFile(join(folder!, 'bvlc_googlenet.caffemodel'), { prototxt })).rejects.toThrow(
      /net\.prototxt:\d+: the network has no input: layer data \(Data\) loads .*declare the input/,
    )
  }
  const whole = isTraining ? `${input} ${text}` : text
  writeFileSync(prototxt, whole)
  const layers = madeUp(whole)
  writeFileSync(caffemodelPath, Buffer.concat(caffemodel(layers)))
  const graph = await readModelFile(caffemodelPath, { prototxt })
  expect(graph.inputs).toEqual([{ name: 'data', type: 'float32', shape: ['batch', 3, size, size] }])
  expect(() => verify(graph)).not.toThrow()
  const weights = [...graph.initializers.keys()].filter((name) => !name.endsWith('.ratio'))
  expect(weights).toHaveLength(layers.flatMap(({ blobs }) => blobs).length)
  rmSync(at, { recursive: true })
})

test.skipIf(!shared)('the outputs are the blobs that nobody reads', () => {
  const outputsOf = (name: string, before = '') => {
    const text = before + readFileSync(join(folder!, name), 'utf8')
    return caffeGraph(text, name, randomWeights()).outputs.map((output) => output.name)
  }
  const input = 'input: "data" input_shape { dim: 1 dim: 3 dim: 224 dim: 224 }\n'
  expect(outputsOf('googlenet_age_deploy.prototxt')).toEqual(['loss1/loss1', 'loss2/loss1', 'loss3/loss3'])
  expect(outputsOf('training/age_finetuning_googlenet/train_val_test_fold_is_0.prototxt', input)).toEqual(
    ['loss1', 'loss2', 'loss3'].map((head) => `${head}/classifier_agexgender`),
  )
})

test.skipIf(!shared)('a mean file is read as planes of blue, green and red', async () => {
  const mean = await readMeanFile(join(folder!, 'adience_r_fold0_mean.binaryproto'))
  expect(mean.shape).toEqual([3, 256, 256])
  const [blue, green, red] = [0, 1, 2].map((plane) => {
    const values = mean.data.subarray(plane * 65536, (plane + 1) * 65536)
    return values.reduce((sum, value) => sum + value, 0) / values.length
  })
  // Faces are more red than blue; a picture misread as float32 would not be one.
  expect(blue).toBeGreaterThan(50)
  expect(green).toBeGreaterThan(blue!)
  expect(red).toBeGreaterThan(green!)
  expect(red).toBeLessThan(200)
})
