import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { main } from '../../src/cli/main.ts'
import { readOnnxFile } from '../../src/formats/node.ts'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { float32 } from '../../src/graph/types.ts'
import { writeModel } from '../../src/models/node.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { capturePrinted } from './capture.ts'

const SIZE = 51
const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'regard-graft-'))
const model = join(folder, 'model.onnx')
const out = join(folder, 'explained.onnx')
const ready = join(folder, 'face.npy')
writeModel(model, livelyNetwork(SIZE, 2), {
  classes: ['m', 'f'],
  input: { channels: 'BGR', scale: 1 },
  meanPicture: float32([3], [104, 117, 123]),
})
const random = new Random('graft')
const numbers = Float32Array.from({ length: 3 * SIZE ** 2 }, () => random.uniform(-100, 130))
writeFileSync(ready, writeNpy(float32([1, 3, SIZE, SIZE], numbers)))

const captured = capturePrinted()
afterAll(() => rmSync(folder, { recursive: true }))

describe('regard graft', () => {
  it.each([
    ['the own answer', []],
    ['a class by name, another composite', ['--class', 'm', '--composite', 'epsilon-gamma-box']],
    ['a difference', ['--class', 'f', '--minus', '0', '--composite', 'gradient-times-input']],
  ])('writes a file that ONNX Runtime alone runs, with the map of regard explain: %s', async (_, args) => {
    await main(['graft', model, out, ...args])
    expect(captured.printed).toBe(
      `${out}: images [batch, 3, 51, 51] → logits [batch, 2], relevance [batch, 3, 51, 51]\n`,
    )
    await main(['explain', model, ready, ...args, '--out', folder])
    expect(process.exitCode).toBe(0)

    // The example of docs/onnx.md, run without access to regard.
    const text = readFileSync(join(root, 'docs/onnx.md'), 'utf8')
    const example = /^```js\n(.*?)^```/ms.exec(text)![1]!
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(10)
    const alone = mkdtempSync(join(folder, 'alone-'))
    symlinkSync(join(root, 'node_modules'), join(alone, 'node_modules'))
    writeFileSync(join(alone, 'run.mjs'), example)
    const shape = `[1, 3, ${SIZE}, ${SIZE}]`
    const raw = join(alone, 'input.f32')
    writeFileSync(raw, new Uint8Array(numbers.buffer))
    execFileSync('node', ['run.mjs', out, raw, shape, join(alone, 'map.f32')], { cwd: alone })
    const map = new Float32Array(new Uint8Array(readFileSync(join(alone, 'map.f32'))).buffer)

    const expected = readNpy(readFileSync(join(folder, 'face.relevance.npy')), 'face').data as Float32Array
    const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    expect(most).toBeGreaterThan(0)
    expect(map.every((value, k) => Math.abs(value - expected[k]!) < 1e-5 * most)).toBe(true)
  })

  it('says which of several answers it explains, and finds the one that has the class', async () => {
    const built = join(folder, 'built.onnx')
    await main(['graft', 'faceres', built])
    expect(captured.printed).toMatch(
      /The answer years \(age_pred\/Softmax\) is explained, and not gender \(\S+\): --output chooses another\n/,
    )
    captured.printed = ''
    await main(['graft', 'faceres', built, '--class', 'f'])
    expect(captured.printed).toMatch(/The answer gender \(gender_pred\/Sigmoid\) is explained\n/)
    expect(process.exitCode).toBe(0)
  })

  it("keeps the network's own input and outputs", async () => {
    await main(['graft', model, out])
    const [before, after] = [await readOnnxFile(model), await readOnnxFile(out)]
    expect(after.inputs).toEqual(before.inputs)
    expect(after.outputs.slice(0, -1)).toEqual(before.outputs)
  })

  it.each([
    ['several classes', ['--class', 'm,f'], /a graft explains one class/, 2],
    ['an unknown class', ['--class', 'x'], /no class 'x'\nIts classes: m \(0\), f \(1\)/, 2],
    ['an unknown composite', ['--composite', 'papr'], /did you mean 'paper'\?/, 2],
  ])('turns down %s', async (_, args, message, code) => {
    const nowhere = join(folder, 'nowhere.onnx')
    await main(['graft', model, nowhere, ...args])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(code)
    expect(existsSync(nowhere)).toBe(false)
  })
})
