import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../../src/base/errors.ts'
import {
  countOf,
  ELEMENTS,
  MatlabArray,
  type MatlabClass,
  type MatlabValue,
} from '../../../src/formats/matlab/value.ts'
import { readMatlabFile } from '../../../src/formats/node.ts'
import { cells, char, type Layout, matlab5, row, type Source, struct } from './write.ts'

const path = join(mkdtempSync(join(tmpdir(), 'regard-matlab-')), 'file.mat')

function readBytes(bytes: Uint8Array) {
  writeFileSync(path, bytes)
  return readMatlabFile(path)
}

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

/** A value to write, and what reading it must give. */
type Pair = readonly [Source, MatlabValue]

const dims = fc.array(fc.nat(3), { minLength: 2, maxLength: 3 })
const floats = { noDefaultInfinity: false, noNaN: false }
const elements: Record<
  MatlabClass,
  (count: number) => fc.Arbitrary<ConstructorParameters<typeof MatlabArray>[2]>
> = {
  double: (n) =>
    fc.array(fc.oneof(fc.double(floats), fc.integer()), size(n)).map((a) => Float64Array.from(a)),
  single: (n) => fc.array(fc.float(floats), size(n)).map((a) => Float32Array.from(a)),
  int8: (n) => fc.int8Array(size(n)),
  uint8: (n) => fc.uint8Array(size(n)),
  int16: (n) => fc.int16Array(size(n)),
  uint16: (n) => fc.uint16Array(size(n)),
  int32: (n) => fc.int32Array(size(n)),
  uint32: (n) => fc.uint32Array(size(n)),
  int64: (n) => fc.bigInt64Array(size(n)),
  uint64: (n) => fc.bigUint64Array(size(n)),
  logical: (n) => fc.uint8Array({ ...size(n), max: 1 }),
}
function size(n: number) {
  return { minLength: n, maxLength: n }
}

const numeric = fc
  .tuple(fc.constantFrom(...(Object.keys(ELEMENTS) as MatlabClass[])), dims, fc.boolean())
  .chain(([className, shape, complex]) =>
    fc
      .tuple(elements[className](countOf(shape)), elements[className](countOf(shape)))
      .map(([real, imaginary]): Pair => {
        const both = complex && className !== 'logical'
        const array = new MatlabArray(className, shape, real, both ? imaginary : undefined)
        return [array, array]
      }),
  )
const text = fc
  .tuple(fc.string({ unit: 'grapheme' }), fc.constantFrom('utf8' as const, 'utf16' as const))
  .map(([string, as]): Pair => [char(string, as), string])
const key = fc.stringMatching(/^[a-zA-Z]\w{0,30}$/)

const { value } = fc.letrec<{ value: Pair }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    numeric,
    text,
    fc
      .array(tie('value'), { maxLength: 4 })
      .map((pairs): Pair => [cells(pairs.map(([source]) => source)), pairs.map(([, plain]) => plain)]),
    fc.tuple(fc.uniqueArray(key, { minLength: 1, maxLength: 3 }), fc.nat(3)).chain(([fields, count]) =>
      fc.array(fc.array(tie('value'), size(fields.length)), size(count)).map((rows): Pair => {
        const records = rows.map((pairs) =>
          Object.fromEntries(fields.map((field, k) => [field, pairs[k]![1]])),
        )
        const structs = rows.map((pairs) => pairs.map(([source]) => source))
        return [{ fields, structs, dims: [1, count] }, count === 1 ? records[0]! : records]
      }),
    ),
  ),
}))
const layout: fc.Arbitrary<Layout> = fc.record({
  little: fc.boolean(),
  compressed: fc.boolean(),
  narrow: fc.boolean(),
})

describe('readMatlab, version 5', () => {
  it('returns any nested values, in either byte order, compressed or not, stored narrowly or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value, { minKeys: 1, maxKeys: 3 }), layout, async (pairs, how) => {
        const pick = (k: 0 | 1) =>
          Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, pair[k]]))
        const bytes = matlab5(pick(0) as Record<string, Source>, how)
        expect(await readBytes(bytes)).toStrictEqual(pick(1))
      }),
      { numRuns: 300 },
    )
  })

  // fixtures/scipy.mat was written by scipy.io.savemat (1.17, compressed), octave.mat by Octave 7.3 (save -v7).
  it.each([
    ['scipy', 'Zoë'],
    ['octave', 'Bob'],
  ])('reads what %s wrote', async (program, second) => {
    const { wiki, poem, flags, large, people, wave } = await readMatlabFile(fixture(`${program}.mat`))
    const row = (...values: number[]) =>
      new MatlabArray('double', [1, values.length], Float64Array.from(values))
    const { NaN: none, NEGATIVE_INFINITY } = Number
    expect(wiki).toStrictEqual({
      dob: row(723_245, 723_520, none),
      photo_taken: new MatlabArray('uint16', [1, 3], Uint16Array.of(2010, 2010, 1968)),
      full_path: ['00/1_a.jpg', '01/2_b.jpg', '02/3_c.jpg'],
      gender: row(0, 1, none),
      name: ['Ada', second, new MatlabArray('double', [0, 0], new Float64Array())],
      face_score: row(4.5, NEGATIVE_INFINITY, 2),
      second_face_score: row(none, 1.25, none),
    })
    expect(poem).toEqual(['abc', 'def'])
    expect(flags).toStrictEqual(new MatlabArray('logical', [1, 2], Uint8Array.of(1, 0)))
    expect(large).toStrictEqual(new MatlabArray('int64', [1, 1], BigInt64Array.of(-(2n ** 60n))))
    if (program === 'octave') {
      expect(people).toStrictEqual([{ age: row(1) }, { age: row(2) }])
      expect(wave).toStrictEqual(
        new MatlabArray('double', [1, 2], Float64Array.of(1, 2), Float64Array.of(-3, 0)),
      )
    }
  })

  it('returns a char array of several rows as its rows', async () => {
    const poem = { char: 'adbecf', dims: [2, 3], as: 'utf8' } as const
    expect(await readBytes(matlab5({ poem }))).toEqual({ poem: ['abc', 'def'] })
    const accents = { char: 'aéb€', dims: [2, 2], as: 'utf8' } as const
    expect(await readBytes(matlab5({ accents }))).toEqual({ accents: ['ab', 'é€'] })
  })

  it('names the unsupported class, and the variable', async () => {
    for (const [number, what] of [
      [3, 'an object'],
      [5, 'a sparse array'],
      [16, 'a function handle'],
      [99, 'of the unknown class 99'],
    ] as const) {
      const bytes = matlab5(
        { thing: row('double', Float64Array.of(1)) },
        { little: true, compressed: false, narrow: false },
      )
      bytes[128 + 8 + 8] = number
      await expect(readBytes(bytes)).rejects.toThrow(
        `${path}: the variable thing is ${what}, which regard does not read.`,
      )
    }
  })

  it.each([
    ['compressed', true],
    ['plain', false],
  ])('reports every truncated file, %s, as cut short or not a MATLAB file', async (_, compressed) => {
    const source = struct({
      dob: row('double', Float64Array.of(723000, Number.NaN, Number.NEGATIVE_INFINITY)),
      name: cells([char('Ada'), char('é', 'utf8'), char('')]),
      known: row('logical', Uint8Array.of(1, 0, 1)),
    })
    const bytes = matlab5({ source }, { little: true, compressed, narrow: true })
    for (let length = 0; length < bytes.length; length++) {
      const error = await readBytes(bytes.subarray(0, length)).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error, `cut to ${length} bytes`).toBeInstanceOf(UserError)
      expect((error as UserError).message).toMatch(
        /file\.mat: (the file is cut short|this is not a MATLAB|holds no)/,
      )
    }
  })

  it('gives one clear error, or a value, if any byte of a file changes', async () => {
    const source = struct({
      dob: row('int32', Int32Array.of(7, 8)),
      name: cells([char('Ada'), char('é', 'utf8')]),
    })
    const whole = matlab5({ source }, { little: true, compressed: false, narrow: true })
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [1, 0x80]) {
        const bytes = whole.slice()
        bytes[at]! ^= flip
        const error = await readBytes(bytes).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (error !== undefined) expect(error, `byte ${at}`).toBeInstanceOf(UserError)
      }
    }
  })

  it('refuses a small file that would unpack to fill the memory, before it does', async () => {
    const header = Buffer.alloc(128)
    header.write('MATLAB 5.0 MAT-file')
    header.writeUInt16LE(0x0100, 124)
    header.write('IM', 126)
    const element = (type: number, data: Uint8Array) => {
      const tag = Buffer.alloc(8)
      tag.writeUInt32LE(type, 0)
      tag.writeUInt32LE(data.length, 4)
      return Buffer.concat([tag, data])
    }
    const numbers = (...all: number[]) => new Uint8Array(Int32Array.from(all).buffer)
    const large = Buffer.alloc(2 ** 20)
    large.set(numbers(14, 600 * 2 ** 20))
    const packed = deflateSync(large)
    // A struct array without fields needs no bytes for its elements.
    const struct = [
      element(6, numbers(2, 0)),
      element(5, numbers(30_000, 30_000)),
      element(1, Buffer.from('abcdefgh')),
    ]
    const fieldless = [...struct, element(5, numbers(1, 0)), element(1, Buffer.alloc(0))]
    for (const [content, most] of [
      [element(15, packed), '512 MiB'],
      [element(14, Buffer.concat(fieldless)), '4194304 values'],
    ] as const) {
      writeFileSync(path, Buffer.concat([header, content]))
      await expect(readMatlabFile(path)).rejects.toThrow(
        `${path}: unpacks to more than ${most}, so it is refused`,
      )
    }
    // One that is longer than it states is not unpacked to its end.
    const longer = Buffer.alloc(2 ** 28)
    const value = Buffer.concat([
      ...struct.slice(0, 1),
      element(5, numbers(1, 1)),
      element(1, Buffer.from('abcdefgh')),
    ])
    longer.set(element(14, value))
    writeFileSync(path, Buffer.concat([header, element(15, deflateSync(longer))]))
    const before = process.resourceUsage().maxRSS
    await expect(readMatlabFile(path)).rejects.toThrow('cut short')
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 17)
  })

  it.each([
    ['int64', BigInt64Array.of(7n), 2.5],
    ['uint64', BigUint64Array.of(7n), -1],
    ['uint8', Uint8Array.of(7), 300],
    ['int32', Int32Array.of(7), Number.NaN],
  ] as const)('refuses numbers of %s that the class lacks', async (className, data, number) => {
    const layout = { little: true, compressed: false, narrow: false }
    const bytes = matlab5({ x: row(className, data) }, layout)
    // The content is the last element.
    const content = Buffer.alloc(16)
    content.writeUInt32LE(9, 0)
    content.writeUInt32LE(8, 4)
    content.writeDoubleLE(number, 8)
    const kept = bytes.subarray(0, bytes.length - (data.byteLength > 4 ? 16 : 8))
    const whole = Buffer.concat([kept, content])
    whole.writeUInt32LE(whole.length - 136, 132)
    await expect(readBytes(whole)).rejects.toThrow(
      `${path}: the file is damaged: an array of the class ${className} holds other numbers`,
    )
  })

  it.each([2.5, -1, Number.NaN, 0x110000])('refuses a text with the character %d', async (number) => {
    const bytes = matlab5({ x: char('y') }, { little: true, compressed: false, narrow: false })
    // The content is the last element: its tag, and its data up to a multiple of eight bytes.
    const text = Buffer.alloc(16)
    text.writeUInt32LE(9, 0)
    text.writeUInt32LE(8, 4)
    text.writeDoubleLE(number, 8)
    const kept = bytes.subarray(0, bytes.length - 8)
    const whole = Buffer.concat([kept, text])
    whole.writeUInt32LE(whole.length - 136, 132)
    await expect(readBytes(whole)).rejects.toThrow(
      `${path}: the file is damaged: a text has the character ${number}`,
    )
  })

  it('refuses cells within cells without end, and reads a name however long it is', async () => {
    let nested: Source = char('x')
    for (let k = 0; k < 2000; k++) nested = cells([nested])
    await expect(readBytes(matlab5({ nested }))).rejects.toThrow(
      `${path}: the file is damaged: elements are nested more than 64 levels deep`,
    )
    const name = 'n'.repeat(1e6)
    expect(await readBytes(matlab5({ [name]: char('x') }))).toEqual({ [name]: 'x' })
  })

  it('refuses other files, and MATLAB files of version 4', async () => {
    await expect(readBytes(new Uint8Array(1000))).rejects.toThrow(`${path}: this is not a MATLAB file`)
    await expect(readBytes(new TextEncoder().encode('name,age\n'.repeat(50)))).rejects.toThrow(
      'not a MATLAB file',
    )
    await expect(readMatlabFile(join(path, 'nowhere.mat'))).rejects.toThrow(/nowhere\.mat: cannot be read/)
    // One 1 × 1 matrix named x: five integers, the name, the number.
    const version4 = new DataView(new ArrayBuffer(30))
    for (const [k, word] of [0, 1, 1, 0, 2].entries()) version4.setInt32(4 * k, word, true)
    version4.setUint8(20, 0x78)
    await expect(readBytes(new Uint8Array(version4.buffer))).rejects.toThrow(
      `${path}: this is a MATLAB file of version 4`,
    )
    const later = matlab5({ x: char('y') })
    later[125] = 3
    await expect(readBytes(later)).rejects.toThrow("the version 0x0300 of MATLAB's format is unknown")
  })
})
