import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeNpy } from '../../src/formats/npy.ts'
import { float32 } from '../../src/graph/types.ts'
import { type CardWithoutMean, readModel, writeModel } from '../../src/study/model.ts'
import { livelyNetwork } from '../networks/lively.ts'

const card: CardWithoutMean = {
  network: 'adiencenet',
  task: 'gender',
  classes: ['m', 'f'],
  output: 'logits',
  input: { name: 'images', size: 51, layout: 'NCHW', channels: 'BGR', scale: 1 },
  picture: 58,
  alignment: 'r',
  composite: 'paper',
  trainedOn: { dataset: 'synthetic', setting: 'r', fold: 0, seed: 1, iterations: 10 },
}
const network = livelyNetwork(51, 2)
const mean = Float32Array.from({ length: 3 * 58 ** 2 }, (_, k) => k / 100)

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-model-'))
  path = join(folder, 'model.onnx')
  writeModel(path, { network, card, mean })
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a trained network on disk', () => {
  it('is read back as it was written', () => {
    const model = readModel(path)
    expect(model.network).toEqual(network)
    expect(model.mean).toEqual(mean)
    expect(model.card).toEqual({ ...card, input: { ...card.input, mean: 'model.mean.npy' } })
  })

  it('may have a mean of three numbers, blue, green and red', () => {
    const cardPath = join(folder, 'model.card.yaml')
    writeFileSync(cardPath, readFileSync(cardPath, 'utf8').replace('model.mean.npy', '[104, 117, 123]'))
    const { mean } = readModel(path)
    expect([0, 58 ** 2, 3 * 58 ** 2 - 1].map((k) => mean[k])).toEqual([104, 117, 123])
  })

  it.each([
    ['the model is missing', () => rmSync(path), /model\.onnx: there is no such model/],
    [
      'the card is missing',
      () => rmSync(join(folder, 'model.card.yaml')),
      /model\.card\.yaml: the model has no card/,
    ],
    [
      'the mean is missing',
      () => rmSync(join(folder, 'model.mean.npy')),
      /model\.mean\.npy: the mean picture cannot be read/,
    ],
    [
      'the mean has another size',
      () => writeFileSync(join(folder, 'model.mean.npy'), writeNpy(float32([3, 51, 51]))),
      /must be float32 \[3, 58, 58\], as the card says, and is float32 \[3, 51, 51\]/,
    ],
    [
      'the model is cut in half',
      () => writeFileSync(path, readFileSync(path).subarray(0, 1000)),
      /model\.onnx: /,
    ],
    [
      'the card is that of a network with another input',
      () => {
        writeModel(join(folder, 'other.onnx'), { network: livelyNetwork(55, 2), card, mean })
        copyFileSync(join(folder, 'other.onnx'), path)
      },
      /says the input images \[batch, 3, 51, 51\], and the model has images \[batch, 3, 55, 55\]/,
    ],
    [
      'the card is that of a network with other classes',
      () => writeModel(path, { network: livelyNetwork(51, 8), card, mean }),
      /says the output logits \[batch, 2\], and the model has logits \[batch, 8\]/,
    ],
  ])('says what to do where %s', (_, spoil, message) => {
    spoil()
    expect(() => readModel(path)).toThrow(message)
  })
})
