import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { readOnnx, writeOnnx } from '../../src/formats/onnx.ts'
import { livelyNetwork } from '../networks/lively.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-convert-'))
const model = join(folder, 'model.onnx')
const network = livelyNetwork(51, 2)
writeOnnx(model, network)

let printed: string
beforeEach(() => {
  process.exitCode = 0
  printed = ''
  const keep = (text: unknown) => {
    printed += `${text}\n`
    return true
  }
  vi.spyOn(process.stderr, 'write').mockImplementation(keep)
  vi.spyOn(console, 'error').mockImplementation(keep)
  vi.spyOn(console, 'log').mockImplementation(keep)
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = 0
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('regard convert', () => {
  it('writes a network as an ordinary .onnx file, and says what it takes and gives', async () => {
    const out = join(folder, 'out', 'converted.onnx')
    await main(['convert', model, out])
    expect(process.exitCode).toBe(0)
    expect(readOnnx(out)).toEqual(network)
    expect(printed).toBe(`${out}: images [batch, 3, 51, 51] → logits [batch, 2]\n`)
  })

  it.each([
    ['a model that is not there', 'none.onnx', 'x.onnx', /none\.onnx: there is no such model/, 1],
    ['another kind of file', 'face.jpg', 'x.onnx', /face\.jpg: is no model that regard reads, .*\.onnx/, 1],
    ['a model that is cut short', 'cut.onnx', 'x.onnx', /cut\.onnx: is not a whole ONNX model/, 1],
    ['another ending', 'model.onnx', 'x.pb', /x\.pb: the file to write must be called NAME\.onnx/, 2],
    ['itself', 'model.onnx', 'model.onnx', /model\.onnx: the result would overwrite the model/, 2],
  ])('turns down %s', async (_, from, to, message, code) => {
    copyFileSync(model, join(folder, 'face.jpg'))
    writeFileSync(join(folder, 'cut.onnx'), readFileSync(model).subarray(0, 1000))
    const before = readFileSync(model)
    await main(['convert', join(folder, from), join(folder, to)])
    expect(printed).toMatch(message)
    expect(process.exitCode).toBe(code)
    expect(existsSync(join(folder, 'x.onnx'))).toBe(false)
    expect(readFileSync(model)).toEqual(before)
  })
})
