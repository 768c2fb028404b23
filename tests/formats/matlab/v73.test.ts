import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import h5wasm, { type Dataset, type Group, type Reference } from 'h5wasm/node'
import { beforeAll, describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import { hdf5Of } from '../../../src/formats/hdf5.ts'
import { MatlabArray, type MatlabValue } from '../../../src/formats/matlab/value.ts'
import { readMatlabFile } from '../../../src/formats/node.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-matlab73-'))
const path = join(folder, 'file.mat')

beforeAll(() => h5wasm.ready)

/** Write a file in MATLAB's layout: `fill` makes the variables, and gets a group for what cells refer to. */
function write(fill: (root: Group, refs: Group) => void): void {
  const file = new h5wasm.File(path, 'w')
  fill(file, file.create_group('#refs#'))
  file.close()
  // MATLAB's own header stands in a block of 512 bytes before the HDF5 file.
  const header = Buffer.alloc(512)
  header.write('MATLAB 7.3 MAT-file, written by a test of regard'.padEnd(116))
  header.write('\0\x02IM', 124, 'latin1')
  writeFileSync(path, Buffer.concat([header, readFileSync(path)]))
}

type Data = Parameters<Group['create_dataset']>[0]['data']

function put(
  parent: Group,
  name: string,
  className: string,
  dims: number[],
  data: Data,
  dtype?: string,
): Dataset {
  const shape = dims.toReversed()
  const dataset = parent.create_dataset({ name, data, shape, ...(dtype ? { dtype } : {}) })
  dataset.create_attribute('MATLAB_class', className, null, `S${className.length}`)
  return dataset
}

function putText(parent: Group, name: string, text: string): Dataset {
  const units = Uint16Array.from({ length: text.length }, (_, k) => text.charCodeAt(k))
  const dataset = put(parent, name, 'char', [1, text.length], units)
  dataset.create_attribute('MATLAB_int_decode', 2, null, '<i')
  return dataset
}

function putEmpty(parent: Group, name: string, className: string, dims: number[]): Dataset {
  const data = BigUint64Array.from(dims, BigInt)
  const dataset = parent.create_dataset({ name, data, shape: [dims.length] })
  dataset.create_attribute('MATLAB_class', className, null, `S${className.length}`)
  dataset.create_attribute('MATLAB_empty', 1, null, '<B')
  return dataset
}

function putGroup(parent: Group, name: string, className: string): Group {
  const group = parent.create_group(name)
  group.create_attribute('MATLAB_class', className, null, `S${className.length}`)
  return group
}

const references = (...datasets: (Dataset | Group)[]): Reference[] =>
  datasets.map((one) => one.create_reference())

describe('readMatlab, version 7.3', () => {
  it('gives numbers of every class with their dimensions, column-major', async () => {
    write((root) => {
      put(
        root,
        'doubles',
        'double',
        [2, 3],
        Float64Array.of(1, 2, Number.NaN, 4, 5, Number.NEGATIVE_INFINITY),
      )
      put(root, 'single', 'single', [1, 1], Float32Array.of(0.5))
      put(root, 'years', 'uint16', [1, 2], Uint16Array.of(1968, 2011))
      put(root, 'large', 'int64', [1, 1], BigInt64Array.of(-(2n ** 60n)))
      const flags = put(root, 'flags', 'logical', [1, 2], Uint8Array.of(1, 0))
      flags.create_attribute('MATLAB_int_decode', 1, null, '<i')
    })
    expect(await readMatlabFile(path)).toStrictEqual({
      doubles: new MatlabArray(
        'double',
        [2, 3],
        Float64Array.of(1, 2, Number.NaN, 4, 5, Number.NEGATIVE_INFINITY),
      ),
      single: new MatlabArray('single', [1, 1], Float32Array.of(0.5)),
      years: new MatlabArray('uint16', [1, 2], Uint16Array.of(1968, 2011)),
      large: new MatlabArray('int64', [1, 1], BigInt64Array.of(-(2n ** 60n))),
      flags: new MatlabArray('logical', [1, 2], Uint8Array.of(1, 0)),
    })
  })

  it('gives complex numbers, and numbers that MATLAB compressed', async () => {
    write((root) => {
      const parts = new Map([
        ['real', Float64Array.of(1, 2)],
        ['imag', Float64Array.of(-3, 0)],
      ])
      const compound = root.create_dataset({
        name: 'wave',
        data: parts,
        shape: [2, 1],
        dtype: [
          ['real', '<d'],
          ['imag', '<d'],
        ],
      })
      compound.create_attribute('MATLAB_class', 'double', null, 'S6')
      const ramp = root.create_dataset({
        name: 'ramp',
        data: Float64Array.from({ length: 3000 }, (_, k) => k),
        shape: [3000, 1],
        chunks: [1000, 1],
        compression: 3,
      })
      ramp.create_attribute('MATLAB_class', 'double', null, 'S6')
    })
    const { wave, ramp } = await readMatlabFile(path)
    expect(wave).toStrictEqual(
      new MatlabArray('double', [1, 2], Float64Array.of(1, 2), Float64Array.of(-3, 0)),
    )
    expect(ramp).toStrictEqual(
      new MatlabArray(
        'double',
        [1, 3000],
        Float64Array.from({ length: 3000 }, (_, k) => k),
      ),
    )
  })

  it('gives texts, cells, structs, arrays of structs, and empty values', async () => {
    write((root, refs) => {
      const faces = putGroup(root, 'faces', 'struct')
      putText(faces, 'by', 'Zoë 🙂')
      const [ada, empty] = [putText(refs, 'a', 'Ada'), putEmpty(refs, 'b', 'canonical empty', [0, 0])]
      const inner = put(refs, 'c', 'cell', [1, 1], references(ada), 'Reference')
      put(faces, 'name', 'cell', [1, 3], references(ada, empty, inner), 'Reference')
      putEmpty(faces, 'note', 'char', [0, 0])
      putEmpty(faces, 'none', 'cell', [0, 1])
      putEmpty(faces, 'scores', 'single', [0, 3])
      put(
        root,
        'poem',
        'char',
        [2, 3],
        Uint16Array.from('adbecf', (letter) => letter.charCodeAt(0)),
      )
      const people = putGroup(root, 'people', 'struct')
      const one = put(refs, 'd', 'double', [1, 1], Float64Array.of(1))
      for (const [field, items] of [
        ['name', references(ada, ada)],
        ['age', references(one, empty)],
      ] as const) {
        people.create_dataset({ name: field, data: items, shape: [2, 1], dtype: 'Reference' })
      }
    })
    const none = new MatlabArray('double', [0, 0], new Float64Array())
    expect(await readMatlabFile(path)).toStrictEqual({
      faces: {
        by: 'Zoë 🙂',
        name: ['Ada', none, ['Ada']],
        note: '',
        none: [],
        scores: new MatlabArray('single', [0, 3], new Float32Array()),
      },
      poem: ['abc', 'def'],
      people: [
        { name: 'Ada', age: new MatlabArray('double', [1, 1], Float64Array.of(1)) },
        { name: 'Ada', age: none },
      ],
    })
  })

  it('names the unsupported class, and the variable', async () => {
    write((root) => put(putGroup(root, 's', 'struct'), 'when', 'datetime', [1, 1], Uint32Array.of(1)))
    await expect(readMatlabFile(path)).rejects.toThrow(
      `${path}: the variable s.when is of the class datetime, which regard does not read.`,
    )
    write((root) => putGroup(root, 'thin', 'double').create_attribute('MATLAB_sparse', 3, null, '<Q'))
    await expect(readMatlabFile(path)).rejects.toThrow(
      'the variable thin is a sparse array, which regard does not read',
    )
    write((root) => root.create_dataset({ name: 'plain', data: Float64Array.of(1) }))
    await expect(readMatlabFile(path)).rejects.toThrow(
      'the variable plain is of no MATLAB class, which regard does not read',
    )
  })

  it('refuses a small file that would unpack to fill the memory', async () => {
    write((root) => {
      const options = { shape: [1024], maxshape: [null], chunks: [1024], compression: 'gzip' as const }
      const dataset = root.create_dataset({ name: 'x', data: new Float64Array(1024), ...options })
      dataset.create_attribute('MATLAB_class', 'double', null, 'S6')
      dataset.resize([2 ** 27])
    })
    expect(readFileSync(path).length).toBeLessThan(20_000)
    await expect(readMatlabFile(path)).rejects.toThrow(
      `${path}: unpacks to more than 512 MiB, so it is refused`,
    )
  })

  it('reads once what several cells refer to, so that a few cannot become millions', async () => {
    write((root, refs) => {
      let inner = put(refs, 'number', 'double', [1, 1], Float64Array.of(1))
      for (let level = 0; level < 30; level++)
        inner = put(refs, `level${level}`, 'cell', [1, 8], references(...Array<Dataset>(8).fill(inner)))
      put(root, 'x', 'cell', [1, 1], references(inner))
    })
    let { x } = await readMatlabFile(path)
    for (let level = 0; level <= 30; level++) x = (x as MatlabValue[])[0]!
    expect(x).toStrictEqual(new MatlabArray('double', [1, 1], Float64Array.of(1)))
  })

  it('reports every truncated file as cut short', async () => {
    write((root) => put(root, 'x', 'double', [1, 3], Float64Array.of(1, 2, 3)))
    const { length } = readFileSync(path)
    for (let end = length - 1; end >= 0; end -= end > 600 ? 37 : 1) {
      truncateSync(path, end)
      const error = await readMatlabFile(path).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error, `cut to ${end} bytes`).toBeInstanceOf(UserError)
      expect((error as UserError).message).toMatch(
        /file\.mat: (the file .*is cut short|this is not a MATLAB file)/,
      )
    }
  })

  it('refuses a heap of texts that would take forever to read', async () => {
    const bytes = await hdf5Of({
      ages: { type: 'uint16', shape: [2], row: (k) => [k], attributes: { MATLAB_class: 'uint16' } },
    })
    writeFileSync(path, bytes)
    expect(Object.keys(await readMatlabFile(path))).toEqual(['ages'])
    // After the heap's header come its one text and its free space; the size of either is in its second eight bytes.
    const text = Buffer.from(bytes).indexOf('GCOL') + 16
    const free = text + 16 + 8
    for (const [object, size] of [
      [free, 0n],
      [text, 0x6e69730000000000n],
    ] as const) {
      const damaged = bytes.slice()
      new DataView(damaged.buffer).setBigUint64(object + 8, size, true)
      writeFileSync(path, damaged)
      await expect(readMatlabFile(path)).rejects.toThrow(
        `${path}: the file is cut short or damaged (an object of a heap has an impossible size)`,
      )
    }
  })

  it('does not mistake a JavaScript property for a MATLAB class', async () => {
    write((root) => put(root, 'x', 'constructor', [1, 1], Float64Array.of(1)))
    await expect(readMatlabFile(path)).rejects.toThrow('of the class constructor')
  })
})
