/** Files of numbers: NumPy's, safetensors, MATLAB's of both versions. */

import { readFileSync } from 'node:fs'
import { hdf5Of } from '../../src/formats/hdf5.ts'
import { readMatlab } from '../../src/formats/matlab/read.ts'
import { MatlabArray, type MatlabValue } from '../../src/formats/matlab/value.ts'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.ts'
import { float32, int64, sizeOf, type Tensor } from '../../src/graph/types.ts'
import { cells, char, matlab5, row, struct } from '../../tests/formats/matlab/write.ts'
import { mutateBytes, mutateJson } from '../mutations.ts'
import { changing, ensure, type Input, onlyFile, type Target } from '../target.ts'

const one = (name: string, bytes: Uint8Array): Input => new Map([[name, bytes]])

function requireFits(tensor: Tensor, name: string): void {
  const { shape, data } = tensor
  ensure(
    shape.every((side) => Number.isSafeInteger(side) && side >= 0),
    `${name} has the shape [${shape}]`,
  )
  ensure(data.length === sizeOf(shape), `${name} of shape [${shape}] has ${data.length} elements`)
}

function sameBytes(a: Tensor, b: Tensor): boolean {
  const bytes = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return a.type === b.type && String(a.shape) === String(b.shape) && bytes(a).equals(bytes(b))
}

const some: Tensor[] = [
  float32([2, 3], [1, 2, 3, -4, 5e-40, 6]),
  int64([4], [1, 2, 3, 4]),
  { type: 'float64', shape: [], data: Float64Array.of(Math.PI) },
  { type: 'uint8', shape: [3, 1, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
  { type: 'bool', shape: [0, 5], data: new Uint8Array() },
]

function npy(): Target {
  const files = some.map(writeNpy)
  const fortran = new TextDecoder('latin1').decode(files[0]!).replace('False,', 'True, ')
  return {
    seeds: [...files, Uint8Array.from(fortran, (letter) => letter.charCodeAt(0))].map((bytes) =>
      one('a.npy', bytes),
    ),
    mutate: changing(/npy$/, mutateBytes),
    async read(input) {
      const [name, bytes] = onlyFile(input)
      const tensor = readNpy(bytes, name)
      requireFits(tensor, name)
      ensure(
        sameBytes(readNpy(writeNpy(tensor), name), tensor),
        'the array changes when it is written and read again',
      )
    },
  }
}

function safetensors(): Target {
  const tensors = new Map(
    some.filter(({ type }) => type !== 'bool').map((tensor, k) => [`layer${k}.weight`, tensor]),
  )
  const bytes = new Uint8Array(Buffer.concat(writeSafetensors({ tensors, metadata: { iteration: '12' } })))
  const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
  return {
    seeds: [one('a.safetensors', bytes)],
    mutate(seed, random) {
      if (random.chance(0.3)) return changing(/./, mutateBytes)(seed, random)
      // The header's fields, with its length put right.
      const header = mutateJson(bytes.subarray(8, headerEnd), random)
      const length = new Uint8Array(8)
      new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true)
      return one('a.safetensors', new Uint8Array(Buffer.concat([length, header, bytes.subarray(headerEnd)])))
    },
    async read(input) {
      const [name, given] = onlyFile(input)
      const found = readSafetensors(given, name)
      for (const [tensor, value] of found.tensors) requireFits(value, tensor)
      for (const [key, value] of Object.entries(found.metadata))
        ensure(typeof value === 'string', `metadata ${key} is ${typeof value}`)
      const again = readSafetensors(new Uint8Array(Buffer.concat(writeSafetensors(found))), name)
      ensure(
        again.tensors.size === found.tensors.size,
        'tensors get lost when they are written and read again',
      )
      for (const [tensor, value] of found.tensors)
        ensure(
          sameBytes(again.tensors.get(tensor)!, value),
          `${tensor} changes when it is written and read again`,
        )
    },
  }
}

/** Numbers have as many elements as their dimensions say, at any depth. */
function requireFilled(value: MatlabValue, name: string): void {
  if (value instanceof MatlabArray) {
    const count = value.dims.reduce((product, dim) => product * dim, 1)
    ensure(
      value.dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0),
      `${name} has the dimensions [${value.dims}]`,
    )
    for (const part of [value.data, value.imaginary ?? value.data])
      ensure(part.length === count, `${name} of [${value.dims}] has ${part.length} elements`)
  } else if (Array.isArray(value))
    for (const [k, each] of value.entries()) requireFilled(each, `${name}{${k}}`)
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) requireFilled(inner as MatlabValue, `${name}.${key}`)
}

function matlab(seeds: readonly Uint8Array[]): Target {
  return {
    seeds: seeds.map((bytes) => one('a.mat', bytes)),
    mutate: changing(/mat$/, mutateBytes),
    async read(input) {
      const [name, bytes] = onlyFile(input)
      for (const [variable, value] of Object.entries(await readMatlab(bytes.slice(), name)))
        requireFilled(value, variable)
    },
  }
}

function matlab5Target(): Target {
  const content = {
    numbers: row('double', Float64Array.of(1, 2.5, -3)),
    table: struct({
      names: cells([char('Анна'), char('Jo', 'utf8')]),
      ages: row('uint16', Uint16Array.of(30, 64)),
    }),
  }
  const fixtures = ['octave.mat', 'scipy.mat'].map((name) =>
    readFileSync(new URL(`../../tests/formats/matlab/fixtures/${name}`, import.meta.url)),
  )
  const written = [true, false].map((little) =>
    matlab5(content, { little, compressed: !little, narrow: little }),
  )
  return matlab([...fixtures, ...written].map((bytes) => new Uint8Array(bytes)))
}

/** As MATLAB writes it, with a struct and classes of fixed length; and as other programs do, with longer numbers. */
async function matlab73(): Promise<Target> {
  const h5wasm = await import('h5wasm')
  const { FS } = await h5wasm.ready
  const file = new h5wasm.File('seed.mat', 'w')
  const people = file.create_group('people')
  const put = (name: string, className: string, shape: number[], data: Float64Array | Uint16Array) => {
    const dataset = people.create_dataset({ name, data, shape })
    dataset.create_attribute('MATLAB_class', className, null, `S${className.length}`)
  }
  people.create_attribute('MATLAB_class', 'struct', null, 'S6')
  put('ages', 'double', [1, 3], Float64Array.of(30, 64, 2))
  put('name', 'char', [1, 4], Uint16Array.of(65, 110, 110, 97))
  file.close()
  const named = (type: string) => ({ attributes: { MATLAB_class: type } })
  const scores = (k: number) => Float32Array.from({ length: 300 }, (_, i) => i / (k + 1))
  const written = await hdf5Of({
    ages: { type: 'uint16', shape: [4, 2], row: (k) => [k, 10 * k], ...named('uint16') },
    scores: { type: 'float32', shape: [3, 300], row: scores, ...named('single') },
  })
  return matlab([FS.readFile('seed.mat'), written])
}

export const arrays = { npy, safetensors, matlab5: matlab5Target, matlab73 }
