import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { type Files, MissingFile, nameOf, pathBeside, readReferred } from '../../src/formats/files.ts'
import { readModel } from '../../src/formats/model.ts'
import { filesBeside, readModelFile, readWeightsFile, writeOnnxFile } from '../../src/formats/node.ts'
import { readOnnx } from '../../src/formats/onnx.ts'
import { readWeights } from '../../src/formats/weights.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { adienceNet } from '../../src/networks/adiencenet.ts'
import { caffemodel } from './caffe/caffemodel.ts'
import { floats, model as tensorFlowModel } from './tensorflowjs/compare.ts'

const newFolder = () => mkdtempSync(join(tmpdir(), 'regard-files-'))
const network = adienceNet({
  input: 59,
  classes: 8,
  batch: 'batch',
  width: 0.25,
  random: new Random('files'),
})

/** Files as a page would provide them. */
function inMemory(files: Readonly<Record<string, Uint8Array>>): Files {
  return async (name) => {
    if (!Object.hasOwn(files, name)) throw new MissingFile(name)
    return files[name]!
  }
}

const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'
const PAGE = '\n<!doctype html>\n<html><body>Not found</body></html>'

test.each([
  ['model.onnx', POINTER, /model\.onnx: is a Git LFS pointer.*run `git lfs pull`/],
  ['model.onnx', PAGE, /model\.onnx: is an HTML page.*The download went wrong/],
  ['model.json', PAGE, /model\.json: is an HTML page/],
  ['net.caffemodel', POINTER, /net\.caffemodel: is a Git LFS pointer/],
  ['net.caffemodel', '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', /error message/],
])('%s with other content says what it contains', async (name, text, message) => {
  const path = join(newFolder(), name)
  writeFileSync(path, text)
  await expect(readModelFile(path)).rejects.toThrow(message)
})

test('weights with other content beside a model are named', async () => {
  const path = join(newFolder(), 'model.onnx')
  writeOnnxFile(path, network, { external: true })
  writeFileSync(`${path}.data`, POINTER)
  await expect(readModelFile(path)).rejects.toThrow(/model\.onnx\.data: is a Git LFS pointer/)
})

/** The files of a folder, and of folders in it. */
function bytesIn(folder: string): Record<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.\w+$/.test(name),
  )
  return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
}

/** A network in a folder, in a format: the name of its file. */
const FORMATS: Record<string, (folder: string) => string> = {
  'ONNX in one file': (folder) => {
    writeOnnxFile(join(folder, 'net.onnx'), network)
    return 'net.onnx'
  },
  'ONNX with its weights in a file beside it': (folder) => {
    writeOnnxFile(join(folder, 'net.onnx'), network, { external: true })
    return 'net.onnx'
  },
  'a Caffe network with its definition beside it': (folder) => {
    // 100 000 weights: enough to stay in the file's bytes.
    const blobs = [noise([100, 1000], 'weight'), noise([100], 'bias')]
    writeFileSync(join(folder, 'net.caffemodel'), Buffer.concat(caffemodel([{ name: 'fc', blobs }])))
    const layer = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param'
    const text = `input: "data" input_shape { dim: 1 dim: 1000 } ${layer} { num_output: 100 } }`
    writeFileSync(join(folder, 'net.prototxt'), text)
    return 'net.caffemodel'
  },
  'a TensorFlow.js model in three files': (folder) => {
    const weight = floats([300, 100], [...noise([300, 100], 'weight').data])
    const { json, files } = tensorFlowModel([-1, 300], { w: weight }, { y: ['MatMul', ['x', 'w']] })
    const bytes = files['weights.bin']!
    const paths = ['a.bin', 'parts/b.bin']
    mkdirSync(join(folder, 'parts'))
    for (const [k, path] of paths.entries())
      writeFileSync(join(folder, path), k === 0 ? bytes.slice(0, 70001) : bytes.slice(70001))
    const [group] = json.weightsManifest
    const manifest = [{ ...group, paths }]
    writeFileSync(join(folder, 'net.json'), JSON.stringify({ ...json, weightsManifest: manifest }))
    return 'net.json'
  },
}

function noise(shape: readonly number[], seed: string) {
  const random = new Random(seed)
  const tensor = float32(shape)
  for (let k = 0; k < tensor.data.length; k++) tensor.data[k] = random.uniform(-1, 1)
  return tensor
}

const asBuffer = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)

/** The weights are compared as bytes, which is a thousand times faster than one by one. */
function expectSame({ initializers, ...rest }: Graph, { initializers: wanted, ...others }: Graph): void {
  expect(rest).toEqual(others)
  expect([...initializers.keys()]).toEqual([...wanted.keys()])
  for (const [name, { data, ...tensor }] of wanted) {
    expect(initializers.get(name)).toMatchObject(tensor)
    expect(asBuffer(initializers.get(name)!.data).equals(asBuffer(data)), name).toBe(true)
  }
}

describe.each(Object.entries(FORMATS))('%s', (_, write) => {
  const folder = newFolder()
  const name = write(folder)
  const untouched = bytesIn(folder)

  test('gives the same graph from a disk, from bytes, and from bytes that it may keep', async () => {
    const onDisk = await readModelFile(join(folder, name))
    if (name.endsWith('.onnx')) expectSame(onDisk, network)
    const [shown, kept] = [bytesIn(folder), bytesIn(folder)]
    expectSame(await readModel(name, inMemory(shown)), onDisk)
    for (const [file, bytes] of Object.entries(untouched))
      expect(asBuffer(shown[file]!).equals(bytes)).toBe(true)
    const url = `https://example.org/models/${name}`
    const inPlace = await readModel(url, inMemory(kept), { overwrite: true })
    expectSame(inPlace, onDisk)
    if (name.endsWith('.json')) return
    const [large] = [...inPlace.initializers.values()].sort((a, b) => b.data.length - a.data.length)
    expect(Object.values(kept).map(({ buffer }) => buffer)).toContain(large!.data.buffer)
  })

  test('names a missing file', async () => {
    for (const missing of Object.keys(untouched)) {
      const { [missing]: _, ...rest } = untouched
      const named =
        missing === name ? 'there is no such model' : missing.replace('.prototxt', String.raw`\.prototxt`)
      await expect(readModel(`models/${name}`, inMemory(rest)), missing).rejects.toThrow(
        new RegExp(`^models/${name}: .*${named}`),
      )
    }
  })

  test('gives one error that names the model if any of its files is cut short', async () => {
    for (const [file, bytes] of Object.entries(untouched)) {
      const cut = { ...untouched, [file]: bytes.slice(0, bytes.length * 0.9) }
      const path = file.endsWith('.prototxt') ? `models/${file}` : `models/${name}`
      await expect(readModel(`models/${name}`, inMemory(cut)), file).rejects.toThrow(new RegExp(`^${path}`))
    }
  })
})

test('a model with external weights is not read without access to them', async () => {
  const bytes = writeGraph(network, { threshold: 64, place: () => ({ location: 'w.bin', offset: 0 }) })
  await expect(readOnnx(bytes, 'net.onnx')).rejects.toThrow(
    /net\.onnx: tensor conv1\.weight lies in another file, which cannot be read here/,
  )
})

test('the position of weights in their file is checked', async () => {
  const refused = async (offset: number, message: RegExp) => {
    const bytes = writeGraph(network, { threshold: 64, place: () => ({ location: 'w.bin', offset }) })
    const files = inMemory({ 'w.bin': new Uint8Array(1 << 22) })
    await expect(readOnnx(bytes, 'net.onnx', { files })).rejects.toThrow(message)
  }
  await refused(-(1 << 20), /net\.onnx: tensor .* has no valid place in w\.bin/)
  await refused(Number.NaN, /net\.onnx: tensor .* has no valid place in w\.bin/)
  await refused(1 << 22, /net\.onnx: w\.bin is cut short: it has 4194304 bytes/)
})

describe('starting weights', () => {
  test.each(['ONNX in one file', 'a Caffe network with its definition beside it'])(
    'are the same from a disk and from bytes: %s',
    async (format) => {
      const folder = newFolder()
      const name = FORMATS[format]!(folder)
      const [fromBytes, onDisk] = [
        await readWeights(name, inMemory(bytesIn(folder))),
        await readWeightsFile(join(folder, name)),
      ]
      expect([...fromBytes.keys()]).toEqual([...onDisk.keys()])
      expect(fromBytes.size).toBeGreaterThan(1)
      for (const [key, { data }] of onDisk)
        expect(asBuffer(fromBytes.get(key)!.data).equals(asBuffer(data))).toBe(true)
    },
  )
})

describe('what a model refers to', () => {
  const asked: [name: string, referred?: boolean][] = []
  const files: Files = async (...request) => {
    asked.push(request)
    return new Uint8Array(1)
  }

  test.each([
    ['w.bin', 'w.bin'],
    ['./w.bin', 'w.bin'],
    ['parts/./w.bin', 'parts/w.bin'],
    ['parts\\w.bin', 'parts/w.bin'],
    ['parts/../w.bin', 'w.bin'],
  ])('%s is requested by its name in the folder', async (location, name) => {
    asked.length = 0
    const found = await readReferred([location, location], 'net.onnx', files)
    expect([...found.keys()]).toEqual([location])
    expect(asked).toEqual([[name, true]])
  })

  test.each([
    '../w.bin',
    'parts/../../w.bin',
    '..\\w.bin',
    '/etc/passwd',
    '\\\\server\\w.bin',
    'C:\\w.bin',
    'https://example.org/w.bin',
    'data:,x',
    '.',
    '..',
  ])('%s is refused before any request', async (location) => {
    asked.length = 0
    await expect(readReferred([location], 'a/net.onnx', files)).rejects.toThrow(
      `a/net.onnx: the model refers to ${location}, outside its own folder: refused`,
    )
    expect(asked).toEqual([])
  })

  test('in hundreds of files is read with few of them open at once', async () => {
    let open = 0
    let most = 0
    const slow: Files = async (name) => {
      most = Math.max(most, ++open)
      await new Promise((done) => setTimeout(done, 1))
      open--
      return new TextEncoder().encode(name)
    }
    const names = Array.from({ length: 200 }, (_, k) => `${k}.bin`)
    const found = await readReferred(names, 'net.onnx', slow)
    expect(most).toBeLessThanOrEqual(6)
    for (const name of names) expect(new TextDecoder().decode(found.get(name))).toBe(name)
  })

  test('that is unreadable for another reason than being missing keeps its own error', async () => {
    const broken = new TypeError('Failed to fetch')
    await expect(readReferred(['w.bin'], 'net.onnx', () => Promise.reject(broken))).rejects.toBe(broken)
    await expect(readModel('net.onnx', () => Promise.reject(broken))).rejects.toBe(broken)
  })
})

describe('links', () => {
  /** A model and its weights in a cache's folder of contents, linked into a folder with their names. */
  function cached() {
    const root = newFolder()
    const [contents, snapshot] = [join(root, 'contents'), join(root, 'snapshot')]
    for (const folder of [contents, snapshot]) mkdirSync(folder)
    writeOnnxFile(join(snapshot, 'net.onnx'), network, { external: true })
    for (const [name, sum] of [
      ['net.onnx', 'ab12'],
      ['net.onnx.data', 'cd34'],
    ] as const) {
      renameSync(join(snapshot, name), join(contents, sum))
      symlinkSync(join('..', 'contents', sum), join(snapshot, name))
    }
    return { root, snapshot }
  }

  test('of a model and its weights into another folder are followed, as model caches keep them', async () => {
    const { snapshot } = cached()
    expectSame(await readModelFile(join(snapshot, 'net.onnx')), network)
  })

  test('of only the weights out of both folders are refused', async () => {
    const { root, snapshot } = cached()
    writeFileSync(join(root, 'secret'), new Uint8Array(1 << 22))
    rmSync(join(snapshot, 'net.onnx.data'))
    symlinkSync(join(root, 'secret'), join(snapshot, 'net.onnx.data'))
    await expect(readModelFile(join(snapshot, 'net.onnx'))).rejects.toThrow(
      /net\.onnx: the model refers to net\.onnx\.data, outside its own folder: refused/,
    )
  })

  test('that a user made, to a model or its definition, are followed', async () => {
    const [here, there] = [newFolder(), newFolder()]
    const name = FORMATS['a Caffe network with its definition beside it']!(there)
    renameSync(join(there, name), join(here, name))
    symlinkSync(join(there, 'net.prototxt'), join(here, 'net.prototxt'))
    expect((await readModelFile(join(here, name))).inputs[0]!.shape).toEqual(['batch', 1000])
  })

  test('that lead nowhere count as missing files', async () => {
    const folder = newFolder()
    symlinkSync(join(folder, 'gone'), join(folder, 'net.onnx'))
    await expect(filesBeside(join(folder, 'net.onnx'))('net.onnx')).rejects.toThrow(MissingFile)
    await expect(readModelFile(join(folder, 'net.onnx'))).rejects.toThrow(/net\.onnx: there is no such model/)
  })
})

test('a path, a URL and a bare name have a name and neighbours', () => {
  for (const before of ['', './', '../models/', '/models/', 'https://example.org/models/', 'C:\\models\\']) {
    expect(nameOf(`${before}net.onnx`)).toBe('net.onnx')
    expect(pathBeside(`${before}net.onnx`, 'net.card.yaml')).toBe(`${before}net.card.yaml`)
  }
})
