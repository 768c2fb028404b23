/**
 * Event files, for TensorBoard and other tools that read its files: a TFRecord file (core/lib/io/record_writer.h of
 * TensorFlow) of protobuf messages `Event` (core/util/event.proto) with scalars by name.
 */

import { BinaryWriter } from '@bufbuild/protobuf/wire'

/** Scalars at one point of a run. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly time: number
  /** The iteration. */
  readonly step: number
  /**
   * The scalars by tag, as float32, without undefined ones; a tag's part before a slash is the group that it is shown
   * in.
   */
  readonly scalars: Readonly<Record<string, number | undefined>>
}

/**
 * The start of an event file: the version of its format.
 *
 * @param time in seconds since 1970
 */
export function eventFileStart(time: number): Uint8Array {
  return record(event(time).uint32(field(3, BYTES)).string('brain.Event:2').finish())
}

/** One event, to be added to an event file. */
export function eventRecord({ time, step, scalars }: ScalarEvent): Uint8Array {
  const summary = new BinaryWriter()
  for (const [tag, value] of Object.entries(scalars)) {
    if (value === undefined) continue
    summary.uint32(field(1, BYTES)).fork()
    summary.uint32(field(1, BYTES)).string(tag).uint32(field(2, FLOAT)).float(value).join()
  }
  return record(
    event(time).uint32(field(2, VARINT)).int64(step).uint32(field(5, BYTES)).bytes(summary.finish()).finish(),
  )
}

function event(time: number): BinaryWriter {
  return new BinaryWriter().uint32(field(1, DOUBLE)).double(time)
}

/** A message as a TFRecord: its length, the length's checksum, the message, its checksum; numbers little-endian. */
function record(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + 16)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(message.length), true)
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true)
  bytes.set(message, 12)
  view.setUint32(12 + message.length, masked(crc32c(message)), true)
  return bytes
}

/** TensorFlow's mask, for checksums that are stored beside what they were made from (core/lib/hash/crc32c.h). */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** CRC-32C (Castagnoli), RFC 3720 B.4. Node has only the CRC-32 of zip files. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** The tag of a protobuf field. */
function field(number: number, wire: number): number {
  return (number << 3) | wire
}

// Protobuf's wire types.
const [VARINT, DOUBLE, BYTES, FLOAT] = [0, 1, 2, 5]
