/** Changes to real files, by what they are made of: bytes, text, JSON, Protocol Buffers. */

import type { Random } from '../src/base/random.ts'

/** A file with something changed. */
export type Mutate<T = Uint8Array> = (file: T, random: Random) => T

/** Numbers at the ends of the types that files count in. */
const EDGES = [0, 1, 2, 7, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]

const NUMBERS = [
  ...['0', '-1', '1', '3', '1e308', '-1e-320', '99999999999999999999', '2147483648', '4294967296', '1,5'],
  ...['9007199254740993', 'NaN', 'inf', '-0', '0x7f', '1.5', '007', '٣', '1_000', '-9223372036854775808'],
]

const ODD = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    ' ',
    '-',
    '~',
    '*',
    '&a',
    '%',
    '<b>&amp;',
  ],
  ...[
    '\u0000',
    '\u001b[2J',
    '\u202e',
    '\ufeff',
    '\u2028',
    'e\u0301',
    '\u{1d400}',
    '\ud800',
    '"',
    "'",
    '\\',
    '#',
  ],
  ...['../../../etc/passwd', '/etc/passwd', 'C:\\x', 'file:///etc/passwd', 'null', 'true', '[]', '{}'],
  'a'.repeat(5000),
]

/** One to four changes, most often one. */
function several<T>(mutate: Mutate<T>): Mutate<T> {
  return (file, random) => {
    let changed = file
    do changed = mutate(changed, random)
    while (random.chance(0.3))
    return changed
  }
}

/** A number of bytes that a change covers: mostly few. */
function span(length: number, random: Random): [start: number, end: number] {
  const start = random.integer(length + 1)
  const most = random.chance(0.2) ? length : 16
  return [start, Math.min(length, start + 1 + random.integer(most))]
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256))
}

const ON_BYTES: readonly Mutate[] = [
  (bytes, random) => {
    const changed = bytes.slice()
    if (changed.length > 0) changed[random.integer(changed.length)]! ^= 1 << random.integer(8)
    return changed
  },
  (bytes, random) => {
    const changed = bytes.slice()
    if (changed.length > 0) changed[random.integer(changed.length)] = random.pick(EDGES) & 255
    return changed
  },
  // What may be a length, of one to eight bytes in either order.
  (bytes, random) => {
    const changed = bytes.slice()
    const width = random.pick([2, 4, 4, 8])
    if (changed.length < width) return changed
    const view = new DataView(changed.buffer)
    const at = random.integer(changed.length - width + 1)
    const little = random.chance(0.5)
    const near = random.chance(0.5)
    if (width === 2) {
      const value = near ? view.getUint16(at, little) + random.pick([-1, 1]) : random.pick(EDGES)
      view.setUint16(at, value, little)
    } else if (width === 4) {
      const value = near ? view.getUint32(at, little) + random.pick([-1, 1, 8]) : random.pick(EDGES)
      view.setUint32(at, value, little)
    } else {
      const edges = [0n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 8n]
      const value = near ? view.getBigUint64(at, little) + random.pick([-1n, 1n]) : random.pick(edges)
      view.setBigUint64(at, value, little)
    }
    return changed
  },
  (bytes, random) => bytes.slice(0, random.integer(bytes.length + 1)),
  (bytes, random) => {
    const [start, end] = span(bytes.length, random)
    return joined([bytes.subarray(0, start), bytes.subarray(end)])
  },
  (bytes, random) => {
    const [start, end] = span(bytes.length, random)
    return joined([bytes.subarray(0, end), bytes.subarray(start)])
  },
  (bytes, random) => {
    const [start] = span(bytes.length, random)
    const length = 1 + random.integer(16)
    return joined([bytes.subarray(0, start), noise(length, random), bytes.subarray(start)])
  },
  (bytes, random) => {
    const changed = bytes.slice()
    const [start, end] = span(bytes.length, random)
    return changed.fill(random.pick([0, 255]), start, end)
  },
  (bytes, random) => {
    const changed = bytes.slice()
    const [start, end] = span(bytes.length, random)
    changed.copyWithin(random.integer(bytes.length + 1), start, end)
    return changed
  },
]

/** How many bytes a part takes that is given many times: what takes time by its square then takes minutes. */
const MANY = 500_000

/** How often a part is given many times: a reader takes long for these. */
const SELDOM = 1 / 300

/** How many times a part of some length is given. */
function times(length: number): number {
  return Math.ceil(MANY / Math.max(length, 2))
}

/** Bits, numbers, and runs of bytes; seldom a run many times. */
export const mutateBytes: Mutate = several((bytes, random) => {
  if (!random.chance(SELDOM)) return random.pick(ON_BYTES)(bytes, random)
  const [start, end] = span(bytes.length, random)
  const run = bytes.subarray(start, end)
  return joined([bytes.subarray(0, end), ...Array(times(run.length)).fill(run), bytes.subarray(end)])
})

/** A list with one item left out, given twice, or moved. */
function rearranged<T>(items: readonly T[], random: Random): T[] {
  const changed = [...items]
  const [from, to] = [random.integer(items.length || 1), random.integer(items.length || 1)]
  switch (random.integer(4)) {
    case 0:
      changed.splice(from, 1 + random.integer(random.chance(0.2) ? items.length : 1))
      break
    case 1:
      changed.splice(to, 0, ...changed.slice(from, from + 1))
      break
    case 2:
      changed.splice(to, 0, ...changed.splice(from, 1))
      break
    default:
      if (changed.length > 0) [changed[from], changed[to]] = [changed[to]!, changed[from]!]
  }
  return changed
}

const OPENING = ['[', '{', '(', 'a: {', '- ', '"', '{a: ', '[[', '<', '&a [*a, ']

const ON_TEXT: readonly Mutate<string>[] = [
  (text, random) => rearranged(text.split('\n'), random).join('\n'),
  (text, random) => rearranged(text.match(/\w+|\s+|[^\w\s]/gu) ?? [], random).join(''),
  (text, random) => {
    const tokens = text.match(/[\d.]+|[^\d.]+/g) ?? []
    const numbers = tokens.flatMap((token, k) => (/\d/.test(token) ? [k] : []))
    if (numbers.length > 0) tokens[random.pick(numbers)] = random.pick(NUMBERS)
    return tokens.join('')
  },
  (text, random) => {
    const words = text.match(/\w+|\W+/gu) ?? []
    if (words.length > 0) words[random.integer(words.length)] = random.pick(ODD)
    return words.join('')
  },
  (text, random) => {
    const at = random.integer(text.length + 1)
    return text.slice(0, at) + random.pick(ODD) + text.slice(at)
  },
  (text, random) => {
    const at = random.integer(text.length + 1)
    const deep = random.pick([1, 2, 50, 200, 3000])
    return text.slice(0, at) + random.pick(OPENING).repeat(deep) + text.slice(at)
  },
  (text, random) => text.slice(0, random.integer(text.length + 1)),
]

/** A line, or a run of words, many times; each copy has its number, or none has. */
function manyOfText(text: string, random: Random): string {
  const parts = text.split(random.chance(0.5) ? /(?<=\n)/ : /(?<=\W)(?=\w)/u)
  const at = random.integer(parts.length)
  const run = parts.slice(at, at + 1 + random.integer(3)).join('')
  const numbered = random.chance(0.5)
  const copies = Array.from({ length: times(run.length) }, (_, k) =>
    numbered ? run.replace(/\w+/u, (word) => `${word}${k}`) : run,
  )
  return [...parts.slice(0, at), ...copies, ...parts.slice(at)].join('')
}

/** Lines, words, numbers and brackets; now and then the bytes themselves; seldom a part many times. */
export const mutateText: Mutate = several((bytes, random) => {
  if (random.chance(0.1)) return random.pick(ON_BYTES)(bytes, random)
  if (random.chance(SELDOM))
    return new TextEncoder().encode(manyOfText(new TextDecoder().decode(bytes), random))
  return new TextEncoder().encode(random.pick(ON_TEXT)(new TextDecoder().decode(bytes), random))
})

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Every list and group of a JSON value. */
function groupsIn(value: Json): (Json[] | { [key: string]: Json })[] {
  if (value === null || typeof value !== 'object') return []
  return [value, ...Object.values(value).flatMap(groupsIn)]
}

function nested(deep: number, inner: Json): Json {
  let value = inner
  for (let k = 0; k < deep; k++) value = k % 2 ? [value] : { a: value }
  return value
}

function otherJson(old: Json, random: Random): Json {
  switch (random.integer(6)) {
    case 0:
      return random.pick<Json>([null, true, false, '', [], {}, 0, -1, 1.5])
    case 1:
      return random.pick<Json>([...EDGES, -1, 2 ** 53, 1e308, 5e-324])
    case 2:
      return random.pick(ODD)
    case 3:
      return [old]
    case 4:
      return nested(random.pick([3, 100, 2000]), old)
    default:
      return typeof old === 'number'
        ? old + random.pick([-1, 1])
        : typeof old === 'string'
          ? `${old}0`
          : [old, old]
  }
}

/** Own, as `JSON.parse` makes it, whatever the key is called. */
function put(group: object, key: string, value: Json): void {
  Object.defineProperty(group, key, { value, enumerable: true, configurable: true, writable: true })
}

/** A copy of a value, under its own name if it has one. */
function numbered(value: Json, k: number): Json {
  const hasName = value !== null && typeof value === 'object' && 'name' in value
  return hasName ? { ...value, name: `${value.name}${k}` } : value
}

/** The fields and items of a JSON file; now and then its text; seldom one many times. */
export const mutateJson: Mutate = several((bytes, random) => {
  if (random.chance(0.1)) return mutateText(bytes, random)
  let json: Json
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return mutateText(bytes, random)
  }
  const groups = groupsIn(json)
  if (groups.length === 0) return mutateText(bytes, random)
  const group = random.pick(groups)
  const keys = Object.keys(group)
  const key = keys.length > 0 ? random.pick(keys) : '0'
  const value = (group as Record<string, Json>)[key] ?? null
  if (random.chance(SELDOM)) {
    const copies = times(JSON.stringify(value).length)
    for (let k = 0; k < copies; k++)
      if (Array.isArray(group)) group.push(numbered(value, k))
      else put(group, `${key}${k}`, value)
    return new TextEncoder().encode(JSON.stringify(json))
  }
  switch (random.integer(4)) {
    case 0:
      if (Array.isArray(group)) group.splice(Number(key), 1)
      else delete group[key]
      break
    case 1:
      if (Array.isArray(group)) group.splice(random.integer(group.length + 1), 0, value)
      else put(group, random.pick([...ODD, ...keys]), value)
      break
    case 2:
      // Another part of the file in its place.
      put(group, key, random.pick(groups.flatMap<Json>((one) => Object.values(one))) ?? null)
      break
    default:
      put(group, key, otherJson(value, random))
  }
  try {
    return new TextEncoder().encode(JSON.stringify(json))
  } catch {
    // A part was put into itself.
    return bytes
  }
})

/** A field of a message: a number, bytes, or a message again. */
interface Field {
  readonly number: number
  readonly wire: number
  readonly value: bigint | Uint8Array | Field[]
}

/** The fields of a message, where the bytes are one. */
function messageIn(bytes: Uint8Array, depth: number): Field[] | undefined {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint | undefined => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
    return undefined
  }
  while (at < bytes.length) {
    const key = varint()
    if (key === undefined || key >= 2n ** 32n || key < 8n) return undefined
    const [number, wire] = [Number(key >> 3n), Number(key & 7n)]
    if (wire === 0) {
      const value = varint()
      if (value === undefined) return undefined
      fields.push({ number, wire, value })
      continue
    }
    const length = wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? Number(varint() ?? -1n) : -1
    if (length < 0 || at + length > bytes.length) return undefined
    const value = bytes.subarray(at, at + length)
    at += length
    // Long runs are numbers, not messages: to try them all would take long.
    const inside = wire === 2 && length > 1 && length < 4096 && depth > 0 && messageIn(value, depth - 1)
    fields.push({ number, wire, value: inside || value })
  }
  return fields
}

function varintOf(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128)
  return Uint8Array.from([...bytes, Number(rest)])
}

function bytesOf(fields: readonly Field[]): Uint8Array {
  return joined(
    fields.flatMap(({ number, wire, value }) => {
      const key = varintOf(BigInt(number * 8 + wire))
      if (typeof value === 'bigint') return [key, varintOf(value)]
      const content = Array.isArray(value) ? bytesOf(value) : value
      return wire === 2 ? [key, varintOf(BigInt(content.length)), content] : [key, content]
    }),
  )
}

/** Every list of fields of a message. */
function messagesIn(fields: Field[]): Field[][] {
  return [fields, ...fields.flatMap(({ value }) => (Array.isArray(value) ? messagesIn(value) : []))]
}

function otherField(field: Field, all: readonly Field[][], random: Random): Field {
  const { number, wire, value } = field
  switch (random.integer(5)) {
    case 0:
      return {
        ...field,
        number: Math.max(1, random.chance(0.5) ? number + random.pick([-1, 1]) : random.integer(40)),
      }
    case 1: {
      // Deep in itself.
      let inner = bytesOf([field])
      const deep = random.pick([2, 10, 101, 3000])
      for (let k = 0; k < deep; k++) inner = bytesOf([{ number, wire: 2, value: inner }])
      return { number, wire: 2, value: inner }
    }
    case 2: {
      // A copy: a message may be put into itself.
      const other = random.pick([...random.pick(all), field])
      return {
        number,
        wire: other.wire,
        value: Array.isArray(other.value) ? bytesOf(other.value) : other.value,
      }
    }
    default:
      if (typeof value === 'bigint') {
        const edges = [...EDGES.map(BigInt), -1n, -2n, 2n ** 53n, 2n ** 63n]
        return {
          number,
          wire,
          value: random.chance(0.5) ? value + random.pick([-1n, 1n]) : random.pick(edges),
        }
      }
      if (random.chance(0.3)) return { number, wire: 2, value: new TextEncoder().encode(random.pick(ODD)) }
      return { number, wire, value: mutateBytes(Array.isArray(value) ? bytesOf(value) : value, random) }
  }
}

/** A copy of a message, with a number behind what it holds in one of its fields, which may be its name. */
function withNumber(message: Field, named: Field, k: number): Field {
  const value = (message.value as Field[]).map((each) =>
    each === named && named.value instanceof Uint8Array
      ? { ...each, value: joined([named.value, new TextEncoder().encode(String(k))]) }
      : each,
  )
  return { ...message, value }
}

/**
 * The fields of a Protocol Buffers message, at any depth, with lengths put right; now and then its bytes; seldom a field
 * many times.
 */
export const mutateProtobuf: Mutate = several((bytes, random) => {
  const message = random.chance(0.1) ? undefined : messageIn(bytes, 8)
  if (!message || message.length === 0) return mutateBytes(bytes, random)
  const all = messagesIn(message)
  const fields = random.pick(all)
  if (fields.length === 0) return mutateBytes(bytes, random)
  if (random.chance(SELDOM)) {
    const field = random.pick(fields)
    const copies = times(bytesOf([field]).length)
    const inner = Array.isArray(field.value) && random.chance(0.7) ? random.pick(field.value) : undefined
    for (let k = 0; k < copies; k++) fields.push(inner ? withNumber(field, inner, k) : field)
    return bytesOf(message)
  }
  if (random.chance(0.4)) fields.splice(0, fields.length, ...rearranged(fields, random))
  else {
    const k = random.integer(fields.length)
    fields[k] = otherField(fields[k]!, all, random)
  }
  return bytesOf(message)
})
