import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { readOnnxFile, writeOnnxFile } from '../../src/formats/node.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { readGraph, writeGraph } from '../../src/graph/file.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { adienceNet } from '../../src/networks/adiencenet.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { trainingSteps } from '../../src/training/step.ts'
import { shared } from '../shared.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'regard-graph-'))
const small = (batch: number | string) =>
  adienceNet({ input: 59, classes: 8, batch, width: 0.0625, random: new Random('file') })

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)

describe('a written model', () => {
  const graphs: Record<string, Graph> = {
    'a network': small('batch'),
    'its relevance': relevance(small('batch'), composites.paper).graph,
    'its training steps, with a graph inside a graph': trainingSteps(small(4), {
      momentum: 0.9,
      decay: 0.0005,
    }).graph,
  }
  for (const [name, graph] of Object.entries(graphs)) {
    test(`is read back equal and by ONNX Runtime: ${name}`, async () => {
      const bytes = writeGraph(graph)
      expect(readGraph(bytes, 'model.onnx')).toEqual(graph)
      const session = await ort.InferenceSession.create(bytes)
      expect(session.inputNames).toEqual(graph.inputs.map((input) => input.name))
      expect(session.outputNames).toEqual(graph.outputs.map((output) => output.name))
      await session.release()
    })
  }

  test('of full size keeps its weights in a file beside it if asked to', async () => {
    const graph = adienceNet({ input: 227, classes: 8, batch: 'batch', width: 1, random: new Random('full') })
    const path = join(folder(), 'model.onnx')
    writeOnnxFile(path, graph, { external: true })
    expect(readFileSync(path).length).toBeLessThan(20_000)
    const read = await readOnnxFile(path)
    expect(read.nodes).toEqual(graph.nodes)
    // Eleven million weights: compared as bytes, which is a thousand times faster than one by one.
    for (const [name, { shape, data }] of graph.initializers) {
      expect(read.initializers.get(name)!.shape).toEqual(shape)
      expect(bytesOf(data).equals(bytesOf(read.initializers.get(name)!.data)), name).toBe(true)
    }
    const session = await ort.InferenceSession.create(path)
    const images = new ort.Tensor('float32', new Float32Array(3 * 227 * 227).fill(1), [1, 3, 227, 227])
    expect((await session.run({ images })).logits!.dims).toEqual([1, 8])
    await session.release()
  })
})

test('a replaceable weight is an optional input of the file', async () => {
  const graph = { ...small(1), replaceable: new Set(['fc6.weight']) }
  const bytes = writeGraph(graph)
  expect(readGraph(bytes, 'net.onnx')).toEqual(graph)
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  expect(session.inputNames).toEqual(graph.inputs.map(({ name }) => name))
  await session.release()
})

describe('a faulty model file', () => {
  const path = join(folder(), 'model.onnx')
  const bytes = writeGraph(small(1))

  test('cut anywhere gives one clear error that names the file', async () => {
    for (const part of [0, 0.001, 0.25, 0.5, 0.9, 0.9999]) {
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * part)))
      await expect(readOnnxFile(path), `${part}`).rejects.toThrow(/model\.onnx: (is not|holds no|is written)/)
    }
  })

  test('that is missing, or no model at all', async () => {
    await expect(readOnnxFile(join(folder(), 'none.onnx'))).rejects.toThrow(/none\.onnx: cannot be read/)
    writeFileSync(path, 'just some text')
    await expect(readOnnxFile(path)).rejects.toThrow(/model\.onnx: /)
  })

  test('with an operator that regard does not know names the node', () => {
    const text = Buffer.from(bytes).toString('latin1').replace('LRN', 'XYZ')
    expect(() => readGraph(Buffer.from(text, 'latin1'), 'odd.onnx')).toThrow(/odd\.onnx.*norm1.*XYZ/)
  })

  test('that places its weights outside its folder is refused', async () => {
    const root = folder()
    mkdirSync(join(root, 'models'))
    writeFileSync(join(root, 'secret.data'), Buffer.alloc(1 << 20))
    const inside = join(root, 'models', 'm.onnx')
    const refer = (location: string) =>
      writeFileSync(inside, writeGraph(small(1), { threshold: 64, place: () => ({ location, offset: 0 }) }))
    for (const location of ['../secret.data', 'x/../../secret.data', join(root, 'secret.data')]) {
      refer(location)
      await expect(readOnnxFile(inside)).rejects.toThrow(
        /outside its own folder: refused|weights are missing/,
      )
    }
    symlinkSync(join(root, 'secret.data'), join(root, 'models', 'linked.data'))
    refer('linked.data')
    await expect(readOnnxFile(inside)).rejects.toThrow(/outside its own folder: refused/)
  })

  test('whose weight file is cut short says so', async () => {
    const path = join(folder(), 'm.onnx')
    writeOnnxFile(path, small(1), { external: true })
    writeFileSync(`${path}.data`, readFileSync(`${path}.data`).subarray(0, 1000))
    await expect(readOnnxFile(path)).rejects.toThrow(/m\.onnx\.data is cut short/)
  })
})

describe.skipIf(!shared)('a face detector in opset 11', () => {
  const open = join(shared ?? '', 'models/yunet/yunet_n_dynamic.onnx')

  test('gives what ONNX Runtime gives', async () => {
    const graph = await readOnnxFile(open, { sizes: { batch: 1, height: 96, width: 64 } })
    const images = float32(
      [1, 3, 96, 64],
      Float32Array.from({ length: 3 * 96 * 64 }, (_, k) => (k * 7919) % 256),
    )
    const session = await ort.InferenceSession.create(open, { logSeverityLevel: 3 })
    const expected = await session.run({ input: new ort.Tensor('float32', images.data, images.shape) })
    const program = await (await nodeEngine()).load(graph)
    const results = await program.run({ input: images })
    for (const name of session.outputNames) {
      const { dims, data } = expected[name]!
      expect(results[name]!.shape).toEqual(dims)
      expect([...(results[name]!.data as Float32Array)]).toEqual([...(data as Float32Array)])
    }
    await session.release()
    await program.release()
  })

  test('needs the size of its pictures, and says so', async () => {
    await expect(readOnnxFile(open)).rejects.toThrow(/Conv_0.*height.*input \[batch, 3, height, width\]/)
  })
})

test('a malformed graph is not written', () => {
  const g = new GraphBuilder('broken')
  const x = g.input('x', 'float32', [2])
  g.output('y', g.add(x, g.constant(float32([2], [1, 2]), 'c')))
  const graph = g.graph()
  expect(() => writeGraph({ ...graph, initializers: new Map() })).toThrow(/reads c, which is not defined/)
})
