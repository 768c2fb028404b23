import { existsSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crc32c, eventFileStart, eventRecord } from '../../src/training/events.ts'
import { Metrics, readMetrics } from '../../src/training/metrics.ts'

test('checksums are those that RFC 3720 (B.4) and others publish', () => {
  const rising = Uint8Array.from({ length: 32 }, (_, k) => k)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(rising)).toBe(0x46dd794e)
  expect(crc32c(rising.toReversed())).toBe(0x113fdb5c)
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
})

test('an event file has the bytes that TensorBoard itself writes', () => {
  const scalars = { 'training/loss': 0.6931471824645996, 'training/rate': 0.001 }
  const written = Buffer.concat([
    eventFileStart(1795521225.5),
    eventRecord({ time: 1795521226.25, step: 70000, scalars }),
  ])
  // What tensorboard.summary.writer of TensorBoard 2.21 makes of the same two events.
  expect(written.toString('hex')).toBe(
    '1800000000000000a37f4b2209000060b25ec1da411a0d627261696e2e4576656e743a32442df6c1' +
      '3b000000000000001a23ac5c09000090b25ec1da4110f0a2042a2c0a140a0d747261696e696e672f' +
      '6c6f7373151872313f0a140a0d747261696e696e672f72617465156f12833ab33334c2',
  )
})

const STEPS = [
  { iteration: 1, loss: 0.7, accuracy: 0.5, norm: 3.25, rate: 0.01 },
  { iteration: 2, loss: 0.6, accuracy: 0.75, norm: 2.5, rate: 0.01 },
]

/** The event file in a folder, read independently: for each event its step, time and scalars. */
function readEvents(folder: string) {
  const names = readdirSync(folder).filter((name) => name.includes('tfevents'))
  expect(names).toHaveLength(1)
  const bytes = readFileSync(join(folder, names[0]!))
  const events = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    const message = bytes.subarray(at + 12, at + 12 + length)
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)))
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(message))
    at += length + 16
    const fields = new Map(fieldsOf(message))
    const scalars = fieldsOf((fields.get(5) as Buffer | undefined) ?? Buffer.alloc(0)).map(([, value]) => {
      const named = new Map(fieldsOf(value as Buffer))
      return [String(named.get(1)), (named.get(2) as Buffer).readFloatLE()] as const
    })
    events.push({
      time: (fields.get(1) as Buffer).readDoubleLE(),
      step: fields.get(2),
      version: fields.get(3)?.toString(),
      scalars: Object.fromEntries(scalars),
    })
  }
  return events
}

/** The fields of a protobuf message: numbers of varints, the bytes of all others. */
function fieldsOf(message: Buffer): [field: number, value: number | Buffer][] {
  let at = 0
  const varint = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const fields: [number, number | Buffer][] = []
  while (at < message.length) {
    const tag = varint()
    const wire = tag & 7
    if (wire === 0) {
      fields.push([tag >> 3, varint()])
      continue
    }
    const length = wire === 1 ? 8 : wire === 5 ? 4 : varint()
    fields.push([tag >> 3, message.subarray(at, at + length)])
    at += length
  }
  return fields
}

/** Bit by bit, by the polynomial. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 2n ** 32n - 1n
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc % 2n === 1n ? (crc / 2n) ^ 0x82f63b78n : crc / 2n
  }
  crc ^= 2n ** 32n - 1n
  const rotated = crc / 2n ** 15n + (crc % 2n ** 15n) * 2n ** 17n
  return Number((rotated + 0xa282ead8n) % 2n ** 32n)
}

test('holds every iteration and validation of the metrics, each with its own time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-events-'))
  const metrics = new Metrics(folder, 0)
  metrics.steps(STEPS, 0.5)
  metrics.validation(2, 0.875, 40)
  metrics.steps([{ iteration: 3, loss: 0.5, accuracy: 0.5, norm: 2, rate: 0.001 }], 0.25)
  const lines = readMetrics(join(folder, 'metrics.jsonl'))
  expect(lines.map((line) => ({ ...line, time: 0 }))).toEqual([
    { ...STEPS[0], seconds: 0.25, time: 0 },
    { ...STEPS[1], seconds: 0.5, time: 0 },
    { iteration: 2, validation: { accuracy: 0.875, n: 40 }, time: 0 },
    { iteration: 3, loss: 0.5, accuracy: 0.5, norm: 2, rate: 0.001, seconds: 0.75, time: 0 },
  ])

  const [start, ...events] = readEvents(folder)
  expect(start).toMatchObject({ version: 'brain.Event:2', scalars: {} })
  const f32 = Math.fround
  expect(events.map(({ step, time, scalars }) => ({ step, time, scalars }))).toEqual([
    {
      step: 1,
      time: lines[0]!.time,
      scalars: {
        'training/loss': f32(0.7),
        'training/accuracy': 0.5,
        'training/gradient_norm': 3.25,
        'training/rate': f32(0.01),
      },
    },
    {
      step: 2,
      time: lines[1]!.time,
      scalars: {
        'training/loss': f32(0.6),
        'training/accuracy': 0.75,
        'training/gradient_norm': 2.5,
        'training/rate': f32(0.01),
      },
    },
    { step: 2, time: lines[2]!.time, scalars: { 'validation/accuracy': 0.875 } },
    {
      step: 3,
      time: lines[3]!.time,
      scalars: {
        'training/loss': 0.5,
        'training/accuracy': 0.5,
        'training/gradient_norm': 2,
        'training/rate': f32(0.001),
      },
    },
  ])
})

test('is rebuilt from the metrics when a run resumes, without what came after its checkpoint', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-events-'))
  const path = join(folder, 'metrics.jsonl')
  const before = new Metrics(folder, 0)
  before.steps(STEPS, 0.5)
  before.validation(2, 0.875, 40)
  before.steps([{ iteration: 3, loss: 0.5, accuracy: 0.5, norm: 2, rate: 0.001 }], 0.25)
  const kept = readMetrics(path).slice(0, 3)

  // A kill cut both files short, at different places, and left a temporary file; another start had left its own.
  const [events] = readdirSync(folder).filter((name) => name.includes('tfevents'))
  truncateSync(join(folder, events!), 150)
  truncateSync(path, readFileSync(path).length - 10)
  for (const name of ['events.out.tfevents.1.regard', `${events}.99999999.tmp`])
    writeFileSync(join(folder, name), 'x')

  const after = new Metrics(folder, 2)
  after.steps([{ iteration: 3, loss: 0.5, accuracy: 0.5, norm: 2, rate: 0.001 }], 0.25)
  const lines = readMetrics(path)
  expect(lines.slice(0, 3)).toEqual(kept)
  expect(lines).toHaveLength(4)
  expect(lines[3]).toMatchObject({ iteration: 3, seconds: 0.75 })
  expect(readEvents(folder).map(({ step, time }) => ({ step, time }))).toEqual([
    { step: undefined, time: lines[0]!.time },
    ...lines.map(({ iteration, time }) => ({ step: iteration, time })),
  ])
  expect(existsSync(join(folder, 'events.out.tfevents.1.regard'))).toBe(false)
})
