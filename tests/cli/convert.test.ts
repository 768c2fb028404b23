import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { readOnnxFile, writeOnnxFile } from '../../src/formats/node.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { shared } from '../shared.ts'
import { capturePrinted } from './capture.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-convert-'))
const model = join(folder, 'model.onnx')
const network = livelyNetwork(51, 2)
writeOnnxFile(model, network)

const captured = capturePrinted()
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!shared)('regard convert with a real Caffe network', () => {
  it('finds its definition or takes the one given, and says so if there is none', async () => {
    const weights = join(folder, 'goog.caffemodel')
    symlinkSync(join(shared!, 'models/caffe/bvlc_googlenet.caffemodel'), weights)
    const out = join(folder, 'goog.onnx')
    await main(['convert', weights, out])
    expect(captured.printed).toMatch(
      /goog\.caffemodel: its prototxt is not beside it\. Give it with --prototxt FILE/,
    )
    expect(process.exitCode).toBe(1)
    await main([
      'convert',
      weights,
      out,
      '--prototxt',
      join(shared!, 'models/caffe/bvlc_googlenet_deploy.prototxt'),
    ])
    expect(captured.printed).toContain(`${out}: data [batch, 3, 224, 224] → prob [batch, 1000]\n`)
    expect((await readOnnxFile(out)).nodes.at(-1)).toMatchObject({ op: 'Softmax', outputs: ['prob'] })
  })
})

describe('regard convert', () => {
  it('reads TensorFlow.js graph models', async () => {
    const human = new URL('../../node_modules/@vladmandic/human/models/emotion.json', import.meta.url)
    const out = join(folder, 'emotion.onnx')
    await main(['convert', fileURLToPath(human), out])
    expect(captured.printed).toMatch(/emotion\.onnx: \S+ \[batch, 64, 64, 1\] → \S+ \[batch, 7\]\n/)
    expect(process.exitCode).toBe(0)
  })

  it('reads a built-in network by its name', async () => {
    const out = join(folder, 'faceres.onnx')
    await main(['convert', 'faceres', out])
    expect(captured.printed).toMatch(/age_pred\/Softmax \[batch, 100\]/)
    expect(process.exitCode).toBe(0)
  })

  it('writes a network as an ordinary .onnx file, and reports its inputs and outputs', async () => {
    const out = join(folder, 'out', 'converted.onnx')
    await main(['convert', model, out])
    expect(process.exitCode).toBe(0)
    expect(await readOnnxFile(out)).toEqual(network)
    expect(captured.printed).toBe(`${out}: images [batch, 3, 51, 51] → logits [batch, 2]\n`)
  })

  it.each([
    ['a model that is not there', 'none.onnx', 'x.onnx', /none\.onnx: there is no such model/, 1],
    [
      'another kind of file',
      'face.jpg',
      'x.onnx',
      /face\.jpg: does not have the ending of a model that regard reads.*\.onnx/,
      1,
    ],
    ['a model that is cut short', 'cut.onnx', 'x.onnx', /cut\.onnx: is not a complete ONNX model/, 1],
    ['another ending', 'model.onnx', 'x.pb', /x\.pb: the file to write must be called NAME\.onnx/, 2],
    ['itself', 'model.onnx', 'model.onnx', /model\.onnx: the output would overwrite the model/, 2],
  ])('turns down %s', async (_, from, to, message, code) => {
    copyFileSync(model, join(folder, 'face.jpg'))
    writeFileSync(join(folder, 'cut.onnx'), readFileSync(model).subarray(0, 1000))
    const before = readFileSync(model)
    await main(['convert', join(folder, from), join(folder, to)])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(code)
    expect(existsSync(join(folder, 'x.onnx'))).toBe(false)
    expect(readFileSync(model)).toEqual(before)
  })
})
