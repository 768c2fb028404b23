import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findPrototxt } from '../../../src/formats/caffe/read.ts'
import { openWeights } from '../../../src/formats/caffe/weights.ts'
import { filesBeside, readMeanFile, readModelFile, readWhole } from '../../../src/formats/node.ts'
import { float32, sizeOf } from '../../../src/graph/types.ts'
import { blobProto, caffemodel, type Format, type LayerBlobs, TODAY } from './caffemodel.ts'

const PROTOTXT = `name: "small"
input: "data"
input_shape { dim: 1 dim: 2 dim: 4 dim: 4 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 3 kernel_size: 3 } }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" inner_product_param { num_output: 2 } }
`
const count = (shape: readonly number[], start: number) =>
  float32(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, k) => start + k / 8),
  )
const CONV: LayerBlobs = { name: 'conv', blobs: [count([3, 2, 3, 3], 0), count([3], 100)] }
const FC: LayerBlobs = { name: 'fc', blobs: [count([2, 12], -50), count([2], 7)] }

const folder = mkdtempSync(join(tmpdir(), 'regard-caffe-'))
const [prototxt, weights] = [join(folder, 'small.prototxt'), join(folder, 'small.caffemodel')]
writeFileSync(prototxt, PROTOTXT)

function read(bytes: Uint8Array) {
  writeFileSync(weights, bytes)
  return readModelFile(weights, { prototxt })
}
const fileOf = (layers: readonly LayerBlobs[], format?: Format) => Buffer.concat(caffemodel(layers, format))

const formats = (['layer', 'layers'] as const).flatMap((layers) =>
  (['any', 'four'] as const).flatMap((shapes) =>
    (['packed', 'single', 'doubles', 'single doubles'] as const).map((numbers) => ({
      layers,
      shapes,
      numbers,
    })),
  ),
)

describe('the weights of a caffemodel', () => {
  test.each<Format>(formats)('are the same with $layers, shapes of $shapes and $numbers', async (format) => {
    const { initializers } = await read(fileOf([CONV, FC], format))
    expect([...initializers]).toEqual([
      ['conv.weight', CONV.blobs[0]],
      ['conv.bias', CONV.blobs[1]],
      ['fc.weight', FC.blobs[0]],
      ['fc.bias', FC.blobs[1]],
    ])
  })

  test('are read back, whatever their values', () => {
    const blob = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }).chain((shape) =>
      fc
        .float32Array({
          minLength: sizeOf(shape),
          maxLength: sizeOf(shape),
          noNaN: true,
          noDefaultInfinity: true,
        })
        .map((data) => ({ type: 'float32' as const, shape, data })),
    )
    const layers = fc.uniqueArray(
      fc.record({ name: fc.string({ unit: 'grapheme' }), blobs: fc.array(blob, { minLength: 1 }) }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(layers, fc.constantFrom(...formats), (written, format) => {
        const opened = openWeights(fileOf(written, format), 'a.caffemodel')
        for (const { name, blobs } of written) {
          const wanted = blobs.map(({ shape }) => ({ name: 'blob', shape }))
          expect(opened.of({ name, where: 'a.prototxt:1' }, wanted, new Set())).toEqual(blobs)
        }
      }),
    )
  })

  test('may be more than the definition needs, as when it lacks the heads of training', async () => {
    const head = { name: 'loss1/classifier', blobs: [count([5, 5], 0)] }
    expect([...(await read(fileOf([CONV, head, FC]))).initializers.keys()]).toEqual([
      'conv.weight',
      'conv.bias',
      'fc.weight',
      'fc.bias',
    ])
  })

  test.each(['a', 'ab', 'abc', 'abcd'])(
    'stay in bytes that nobody else needs, wherever they begin: %s',
    (name) => {
      const blobs = [count([300, 300], 0), count([200, 200], 5)]
      const bytes = new Uint8Array(fileOf([{ name, blobs }, FC]))
      const wanted = blobs.map(({ shape }) => ({ name: 'blob', shape }))
      const opened = openWeights(bytes, 'a.caffemodel', true)
      const read = () => opened.of({ name, where: 'a.prototxt:1' }, wanted, new Set())
      expect(read()).toEqual(blobs)
      expect(read().map(({ data }) => data.buffer)).toEqual([bytes.buffer, bytes.buffer])
      // Two layers of a definition may share a name.
      expect(read()).toEqual(blobs)
      const fc = FC.blobs.map(({ shape }) => ({ name: 'blob', shape }))
      expect(opened.of({ name: 'fc', where: 'a.prototxt:2' }, fc, new Set())).toEqual(FC.blobs)
    },
  )

  test('may lie anywhere in a file larger than one read', async () => {
    const wide = { name: 'wide', blobs: [count([300, 300], 0)] }
    expect((await read(fileOf([wide, CONV, wide, FC]))).initializers.get('fc.weight')).toEqual(FC.blobs[0])
  })
})

describe('a faulty caffemodel gives one clear error', () => {
  const whole = fileOf([CONV, FC])

  test('cut anywhere', async () => {
    for (let length = 0; length < whole.length; length++) {
      await expect(read(whole.subarray(0, length)), `${length}`).rejects.toThrow(
        /small\.caffemodel: (is empty|is cut short|is not a caffemodel|there are no weights for layer)/,
      )
    }
    await expect(read(whole.subarray(0, 100))).rejects.toThrow(
      /is cut short: it has 100 bytes.*ends at byte 282/,
    )
  })

  test.each<[string, Uint8Array, string]>([
    ['a text', Buffer.from(PROTOTXT), 'is not a caffemodel (byte 0 begins no field)'],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), 'is not a caffemodel'],
    ['a mean file', Buffer.concat(blobProto(count([1, 3, 2, 2], 0), TODAY)), 'is not a caffemodel'],
    ['nothing but zeros', new Uint8Array(100), 'is not a caffemodel'],
    ['a network without layers', Buffer.concat(caffemodel([])), 'is not a caffemodel: it holds no layers'],
    [
      'a layer missing',
      fileOf([CONV, { name: 'fc8_age', blobs: FC.blobs }]),
      'there are no weights for layer fc (' +
        `${prototxt}:6), but for fc8_age, which the prototxt lacks. Are the prototxt and the caffemodel of`,
    ],
    [
      'a blob missing',
      fileOf([CONV, { name: 'fc', blobs: FC.blobs.slice(1) }]),
      'small.prototxt:6) needs 2 blobs (weight, bias), and the file has 1',
    ],
    [
      'a blob of another shape',
      fileOf([CONV, { name: 'fc', blobs: [count([8, 12], 0), FC.blobs[1]!] }]),
      'small.prototxt:6) must be [2, 12], not [8, 12]',
    ],
    [
      'a blob with too few numbers',
      fileOf([CONV, { name: 'fc', blobs: [{ shape: [2, 12], data: new Float32Array(23) }, FC.blobs[1]!] }]),
      'is damaged: a blob of shape [2, 12] has 23 numbers',
    ],
    [
      'NaN',
      fileOf([CONV, { name: 'fc', blobs: [FC.blobs[0]!, float32([2], [1, Number.NaN])] }]),
      'the bias of layer fc holds NaN (number 1 of 2). Training went wrong',
    ],
    [
      'infinity',
      fileOf([CONV, { name: 'fc', blobs: [FC.blobs[0]!, float32([2], [-1 / 0, 0])] }]),
      'the bias of layer fc holds -Infinity (number 0 of 2)',
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message)
    await expect(read(bytes)).rejects.toThrow(`${weights}: `)
  })

  test('missing, a folder, or not given', async () => {
    await expect(readWhole(join(folder, 'none.caffemodel'))).rejects.toThrow(
      /none\.caffemodel: cannot be read \(ENOENT/,
    )
    await expect(readWhole(join(folder, 'none.prototxt'))).rejects.toThrow(
      /none\.prototxt: cannot be read \(ENOENT/,
    )
    await expect(readWhole(folder)).rejects.toThrow(`${folder}: is a folder, not a file`)
    await expect(readModelFile(prototxt)).rejects.toThrow(
      `${prototxt}: defines a network without its weights. Give its .caffemodel as well`,
    )
  })

  test('any byte changed: an error of ours, or a network', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Buffer.from(whole)
        changed[at]! ^= by
        try {
          await read(changed)
        } catch (error) {
          expect((error as Error).message).toContain('small.caffemodel: ')
          expect((error as Error).name).toBe('UserError')
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a mean file', () => {
  const path = join(folder, 'mean.binaryproto')
  test.each<Format>(formats)('is three planes, with shapes of $shapes and $numbers', async (format) => {
    const mean = count([3, 2, 4], 90)
    writeFileSync(path, Buffer.concat(blobProto(mean, format)))
    expect(await readMeanFile(path)).toEqual(mean)
  })

  test.each([
    ['is something else', Buffer.from('text'), 'mean.binaryproto: is not a complete mean file'],
    [
      'is empty',
      Buffer.from(''),
      'mean.binaryproto: is not a complete mean file: a blob of shape [] has 0 numbers',
    ],
    ['is a caffemodel', fileOf([CONV]), 'mean.binaryproto: is not a complete mean file'],
    [
      'is one row',
      Buffer.concat(blobProto(count([7], 0), TODAY)),
      'mean.binaryproto: holds [7], which is not a mean picture',
    ],
    [
      'has a hole',
      Buffer.concat(blobProto(float32([3, 1, 1], [1, Number.NaN, 1]), TODAY)),
      'mean.binaryproto: holds NaN (number 1 of 3)',
    ],
    [
      'is cut short',
      Buffer.concat(blobProto(count([3, 2, 2], 0), TODAY)).subarray(0, 20),
      'mean.binaryproto: is not a complete mean file',
    ],
  ])('that %s is one clear error', async (_, bytes, message) => {
    writeFileSync(path, bytes)
    await expect(readMeanFile(path)).rejects.toThrow(message)
  })
})

describe('the prototxt of a caffemodel', () => {
  test('is the given one, or the one beside it', async () => {
    const at = mkdtempSync(join(tmpdir(), 'regard-caffe-'))
    const model = join(at, 'net.caffemodel')
    const files = filesBeside(model)
    await expect(findPrototxt(model, files)).rejects.toThrow(
      /net\.caffemodel: its prototxt is not beside it\. Give it with --prototxt FILE, or put it there as one of .*net\.prototxt, .*net_deploy\.prototxt, .*deploy\.prototxt/,
    )
    // From the last to the first, each one takes precedence over those already there.
    for (const name of ['deploy.prototxt', 'net_deploy.prototxt', 'net.prototxt']) {
      writeFileSync(join(at, name), PROTOTXT)
      expect((await findPrototxt(model, files)).path).toBe(join(at, name))
    }
    writeFileSync(model, fileOf([CONV, FC]))
    writeFileSync(join(at, 'net.prototxt'), 'of another network')
    expect((await readModelFile(model, { prototxt })).name).toBe('small')
    const missing = readModelFile(model, { prototxt: join(at, 'none') })
    await expect(missing).rejects.toThrow(`${at}/none: there is no such prototxt`)
  })
})
