/**
 * A small reader of Protocol Buffers' wire format, for messages that are too large for a general decoder: it walks over
 * the fields and says where each one lies, so that only what is needed is read, and large arrays can stay where they
 * are. https://protobuf.dev/programming-guides/encoding
 */

/** Thrown for bytes that are not a message, or end before it does. */
export class WireError extends Error {
  override name = 'WireError'
}

/** How a field is encoded. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** Part of a file: from `start` to just before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Goes over the fields of one message:
 *
 * ```ts
 * const wire = new Wire(bytes)
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
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private position: number
  private readonly last: number

  constructor(bytes: Uint8Array, within: Span = { start: 0, end: bytes.length }) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = within.start
    this.last = within.end
  }

  /**
   * Go to the next field; false after the last one.
   *
   * @throws WireError where the bytes are not a field, or its content runs past the end
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
    return new TextDecoder().decode(this.bytes.subarray(this.start, this.end))
  }

  /** The content of a fixed32 as a float. */
  float32(): number {
    return this.view.getFloat32(this.start, true)
  }

  /** The content of a fixed64 as a double. */
  float64(): number {
    return this.view.getFloat64(this.start, true)
  }

  /** The varints in the content of a packed field. */
  varints(): number[] {
    const { start, end } = this
    const inner = new Wire(this.bytes, { start, end })
    const values: number[] = []
    while (inner.position < end) values.push(inner.varint())
    return values
  }

  private varint(): number {
    let value = 0
    for (let place = 0; place < 10; place++) {
      if (this.position >= this.last) throw new WireError(`a number runs past byte ${this.last}, the end`)
      const byte = this.bytes[this.position++]!
      value += (byte & 0x7f) * 2 ** (7 * place)
      if (byte < 0x80) return value
    }
    throw new WireError(`byte ${this.position} is in no number`)
  }
}
