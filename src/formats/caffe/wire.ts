/**
 * A small reader of Protocol Buffers' wire format, for messages that are too large for a general decoder: it
 * walks over the fields and says where each one lies, so that only what is wanted is read, and straight to
 * where it is kept. https://protobuf.dev/programming-guides/encoding
 */

/** Where bytes come from: a file that is too large to hold twice, or an array. */
export interface ByteSource {
  readonly size: number
  /** Fill `into` with the bytes from `offset` on, all of which lie within `size`. */
  read(offset: number, into: Uint8Array<ArrayBuffer>): void
}

/** The bytes of an array. */
export function bytesOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
  }
}

/** Bytes that are no message, or end before it does. */
export class WireError extends Error {
  override name = 'WireError'
}

/** How a field is encoded. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** Part of a source: from `start` to just before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Goes over the fields of one message:
 *
 * ```ts
 * const wire = new Wire(source)
 * while (wire.next()) if (wire.field === 1) names.push(wire.text())
 * ```
 *
 * After {@link next}, `field` and `type` say what was found, `start` and `end` where its content lies, and
 * `value` is the number of a varint.
 */
export class Wire {
  field = 0
  type = 0
  start = 0
  end = 0
  value = 0
  private readonly source: ByteSource
  private readonly window = new DataView(new ArrayBuffer(1 << 12))
  private windowStart = 0
  private windowLength = 0
  private position: number
  private readonly last: number

  constructor(source: ByteSource, within: Span = { start: 0, end: source.size }) {
    this.source = source
    this.position = within.start
    this.last = within.end
  }

  /**
   * Go to the next field; false behind the last one.
   *
   * @throws WireError where the bytes are no field, or its content runs past the end
   */
  next(): boolean {
    if (this.position >= this.last) return false
    const tag = this.varint()
    this.field = Math.floor(tag / 8)
    this.type = tag % 8
    if (this.type === WIRE.varint) {
      this.start = this.position
      this.value = this.varint()
      this.end = this.position
      return true
    }
    let length: number
    if (this.type === WIRE.bytes) length = this.varint()
    else if (this.type === WIRE.fixed32) length = 4
    else if (this.type === WIRE.fixed64) length = 8
    else throw new WireError(`byte ${this.position - 1} begins no field`)
    this.start = this.position
    this.end = this.position + length
    this.position = this.end
    if (this.end > this.last) throw new WireError(`a field ends at byte ${this.end}, behind the end`)
    return true
  }

  /** The content as text. */
  text(): string {
    const bytes = new Uint8Array(this.end - this.start)
    this.source.read(this.start, bytes)
    return new TextDecoder().decode(bytes)
  }

  /** The content of a fixed32 as a float. */
  float32(): number {
    return this.window.getFloat32(this.find(this.start, 4), true)
  }

  /** The content of a fixed64 as a double. */
  float64(): number {
    return this.window.getFloat64(this.find(this.start, 8), true)
  }

  /** The varints that the content of a packed field is made of. */
  varints(): number[] {
    const { start, end } = this
    const inner = new Wire(this.source, { start, end })
    const values: number[] = []
    while (inner.position < end) values.push(inner.varint())
    return values
  }

  private varint(): number {
    let value = 0
    for (let place = 0; place < 10; place++) {
      if (this.position >= this.last) throw new WireError(`a number runs past byte ${this.last}, the end`)
      const byte = this.window.getUint8(this.find(this.position++, 1))
      value += (byte & 0x7f) * 2 ** (7 * place)
      if (byte < 0x80) return value
    }
    throw new WireError(`byte ${this.position} is in no number`)
  }

  /** Where in the window some bytes of the source are, which is moved to them if need be. */
  private find(offset: number, count: number): number {
    if (offset < this.windowStart || offset + count > this.windowStart + this.windowLength) {
      this.windowStart = offset
      this.windowLength = Math.min(this.window.byteLength, this.source.size - offset)
      this.source.read(offset, new Uint8Array(this.window.buffer, 0, this.windowLength))
    }
    return offset - this.windowStart
  }
}
