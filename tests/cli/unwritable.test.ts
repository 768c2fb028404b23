import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { main } from '../../src/cli/main.ts'
import { float32 } from '../../src/graph/types.ts'
import { writeModel } from '../../src/models/node.ts'
import { writePicture } from '../../src/pictures/node.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { leaveFree, makeReadOnly, smallDisk } from '../smallDisk.ts'
import { TINY_PLAN } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const folder = mkdtempSync(join(tmpdir(), 'regard-unwritable-'))
const model = join(folder, 'model.onnx')
const faces = join(folder, 'faces')
const table = join(folder, 'table.csv')
const plan = join(folder, 'plan.yaml')
const schedule = join(folder, 'schedule.yaml')
const photos = Array.from({ length: 4 }, (_, k) => join(folder, `photo${k}.png`))

beforeAll(async () => {
  const random = new Random('photos')
  const [width, height] = [99, 99]
  for (const photo of photos) {
    const data = Uint8Array.from({ length: 3 * width * height }, () => random.integer(256))
    await writePicture(photo, { width, height, data })
  }
  writeModel(model, livelyNetwork(99, 2), {
    classes: ['m', 'f'],
    input: { channels: 'BGR', scale: 1 },
    meanPicture: float32([3], [120, 120, 120]),
  })
  const rows = photos.map((photo, k) => `${photo},person${k},${20 + k},${'mf'[k % 2]}\n`)
  writeFileSync(table, `path,person,age,gender\n${rows.join('')}`)
  await main(['dataset', 'synthesize', faces, '--count', '60', '--seed', '5'])
  writeFileSync(
    schedule,
    'rate: 0.01\ngamma: 0.1\nsteps: [4]\nbatch: 8\niterations: 6\nvalidateEvery: 3\ncheckpointEvery: 3\n',
  )
  writeFileSync(
    plan,
    TINY_PLAN.replace('count: 120', 'count: 60')
      .replace('[age, gender]', '[gender]')
      .replace('[r, i, m]', '[r]'),
  )
})

/** What each command writes into a folder, and which of its files are the same each time. */
const commands: readonly {
  readonly name: string
  readonly args: (out: string) => string[]
  readonly kept: RegExp
}[] = [
  {
    name: 'predict',
    args: (out) => [
      'predict',
      ...photos,
      '--model',
      model,
      '--csv',
      join(out, 'all.csv'),
      '--json',
      join(out, 'all.json'),
    ],
    kept: /./,
  },
  { name: 'explain', args: (out) => ['explain', model, ...photos, '--out', out], kept: /./ },
  {
    name: 'dataset check',
    args: (out) => ['dataset', 'check', `csv:${table}`, '--no-finder', '--folds', '2', '--out', out],
    kept: /./,
  },
  {
    name: 'train',
    args: (out) => [
      ...['train', '--data', `synthetic:${faces}`, '--task', 'gender', '--network', 'adiencenet'],
      ...['--input', '51', '--width', '0.05', '--fold', '0/3', '--schedule', schedule],
      ...['--aligned', join(out, 'aligned'), '--out', join(out, 'run'), '--resume'],
    ],
    kept: /model|predictions|result/,
  },
  {
    name: 'study',
    args: (out) => ['study', plan, '--out', out],
    kept: /^runs\/.*(model|predictions|result|maps)/,
  },
]

/** The files below a folder, by their relative paths. */
function filesIn(out: string, kept: RegExp): Map<string, Buffer> {
  return new Map(
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => kept.test(path.slice(out.length + 1)))
      .sort()
      .map((path) => [path.slice(out.length + 1), readFileSync(path)]),
  )
}

/** Expect only whole files: each as after a run without faults, and no partial ones. */
function expectWhole(out: string, kept: RegExp, whole: ReadonlyMap<string, Buffer>): void {
  for (const [name, bytes] of filesIn(out, kept)) expect(bytes.equals(whole.get(name)!), name).toBe(true)
  expect([...filesIn(out, /\.tmp$/).keys()]).toEqual([])
}

const FULL =
  /^regard: \S.*: could not be written \(ENOSPC.*\)\. The disk is full: free some space and run the same command again; nothing was lost$/m

describe.each(commands)('a disk that fills up while $name writes', ({ args, kept }) => {
  const disk = smallDisk('16m')

  it.skipIf(!disk)(
    'gives one line, harms no file, and the same command continues once there is room',
    async () => {
      const out = join(disk!, 'out')
      await main(args(out))
      expect(process.exitCode, captured.printed).toBe(0)
      const whole = filesIn(out, kept)
      expect(whole.size).toBeGreaterThan(0)
      const taken = [...filesIn(out, /./).values()].reduce(
        (sum, { length }) => sum + 4096 * Math.ceil(length / 4096),
        0,
      )
      const once = async () => {
        process.exitCode = 0
        captured.printed = ''
        await main(args(out))
        return process.exitCode
      }
      // Over existing files.
      leaveFree(disk!, 0)
      await once()
      expect(captured.printed).toMatch(FULL)
      expect(filesIn(out, kept)).toEqual(whole)
      // And from scratch, at several moments.
      rmSync(out, { recursive: true })
      for (const share of [0, 0.5]) {
        leaveFree(disk!, share * taken)
        expect(await once(), captured.printed).toBe(1)
        expect(captured.printed).toMatch(FULL)
        expect(captured.printed).not.toMatch(/^ +at /m)
        expectWhole(out, kept, whole)
      }
      rmSync(join(disk!, 'ballast'))
      expect(await once(), captured.printed).toBe(0)
      expect(filesIn(out, kept)).toEqual(whole)
    },
  )
})

describe('a folder that cannot be written to', () => {
  const disk = smallDisk('1m')
  beforeAll(() => {
    if (!disk) return
    writeFileSync(join(disk, 'all.csv'), 'from before')
    makeReadOnly(disk)
  })

  it.skipIf(!disk).each(commands)('makes $name say so before it begins', async ({ args }) => {
    await main(args(disk!))
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(
      /^regard: \S.*: could not be written \(EROFS.*\)\. Choose a folder that you may write to$/m,
    )
    expect(readdirSync(disk!)).toEqual(['all.csv'])
    expect(readFileSync(join(disk!, 'all.csv'), 'utf8')).toBe('from before')
  })

  // Root may write anywhere, so the program runs as nobody.
  const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
  const someone: SpawnSyncOptions = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const asSomeone = (args: readonly string[]) =>
    spawnSync(process.execPath, [program, ...args], { ...someone, encoding: 'utf8' })
  const runs = asSomeone(['--version']).status === 0
  if (!runs) console.warn('SKIPPED: nobody but root may read the program here')

  it.skipIf(!runs).each([
    [0o555, /^regard: \S.*: could not be written \(EACCES.*\)\. Choose a folder that you may write to\n$/],
    [0o000, /^regard: \S.*: (could not be written|may not be read) \(EACCES.*\)\. Choose a.*\n$/],
  ])('gives the same message if its owner forbids writing (%o)', (mode, words) => {
    for (const each of [tmpdir(), folder]) chmodSync(each, 0o755)
    const forbidden = join(folder, `forbidden${mode}`)
    mkdirSync(forbidden, { mode })
    const { status, stderr } = asSomeone(['dataset', 'synthesize', join(forbidden, 'faces'), '--count', '20'])
    expect(stderr).toMatch(words)
    expect(status).toBe(1)
  })
})
