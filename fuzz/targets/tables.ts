/** Tables of labels, and data sets of every kind with the folds that are made of them. */

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, sep } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../../src/base/random.ts'
import { makeFolds, splitFolds } from '../../src/datasets/folds.ts'
import { type DatasetKind, readDataset } from '../../src/datasets/readers.ts'
import { readTable } from '../../src/datasets/table.ts'
import { samples } from '../../tests/datasets/samples.ts'
import { shared } from '../../tests/shared.ts'
import { newFolder } from '../folder.ts'
import { mutateBytes, mutateText } from '../mutations.ts'
import { changing, ensure, type Input, onlyFile, type Target } from '../target.ts'

const OWN = [
  'path,age,gender,subject,fold\na.jpg,25-32,m,"Zoë, A.",0\nb.jpg,64,f,李雷,1\n',
  'sep=;\r\npath;sex\r\na.jpg;male\r\n\r\nb.jpg;Female\r\n',
  'Path\tAge\na.jpg\t3\nb.jpg\tnan\n"c ""d"".jpg"\t(4, 6)\n',
]

function table(): Target {
  const folder = newFolder()
  const cases = shared && `${shared}/cases/tables`
  const files = [
    ...OWN.map((text) => new TextEncoder().encode(text)),
    ...(cases ? readdirSync(cases).map((name) => new Uint8Array(readFileSync(join(cases, name)))) : []),
  ]
  return {
    seeds: files.map((bytes) => new Map([['faces.csv', bytes]])),
    mutate: changing(/./, mutateText),
    async read(input) {
      const path = join(folder, 'faces.csv')
      writeFileSync(path, onlyFile(input)[1])
      const { columns, rows, faulty } = readTable(path, ['path'])
      ensure(columns.has('path'), 'a table without the column that is needed')
      for (const { where, cells } of rows) {
        ensure(
          isDeepStrictEqual(new Set(Object.keys(cells)), columns),
          `${where} has other columns than the table`,
        )
        ensure(
          Object.values(cells).every((cell) => typeof cell === 'string'),
          `${where} has a cell that is no text`,
        )
      }
      const lines = [...rows.map(({ where }) => where), ...faulty.map(({ face }) => face)]
      ensure(new Set(lines).size === lines.length, 'two rows are of one line')
    },
  }
}

/** Name of the file that says of which kind a folder is. */
const KIND = 'kind'

/** The files of a folder, with its kind. */
function filesOf(kind: DatasetKind): Input {
  const root = samples[kind]()
  const top = statSync(root).isFile() ? dirname(root) : root
  const paths = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(top, name)).isFile(),
  )
  const files = paths.map(
    (path) => [path.split(sep).join('/'), new Uint8Array(readFileSync(join(top, path)))] as const,
  )
  rmSync(top, { recursive: true })
  return new Map([[KIND, new TextEncoder().encode(kind)], ...files])
}

/** A file under another name, which must be one that a folder can have. */
function renamed(input: Input, random: Random): Input {
  const names = [...input.keys()].filter((name) => name !== KIND)
  const old = random.pick(names)
  const changed = new TextDecoder().decode(mutateText(new TextEncoder().encode(old), random))
  const parts = changed.replaceAll('\0', '').split('/')
  const safe = parts.filter(
    (part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) < 200,
  )
  const name = safe.slice(0, 6).join('/')
  // No file where another has a folder.
  const clashes = [...input.keys()].some(
    (other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`),
  )
  if (name === '' || name === KIND || clashes) return input
  return new Map([...input].map(([key, bytes]) => [key === old ? name : key, bytes]))
}

function datasets(): Target {
  const kinds = Object.keys(samples) as DatasetKind[]
  const top = newFolder()
  return {
    seeds: kinds.map(filesOf),
    mutate(seed, random) {
      const labels = [...seed]
        .filter(([name, { length }]) => length > 0 && name !== KIND)
        .map(([name]) => name)
      if (labels.length === 0 || random.chance(0.2)) return renamed(seed, random)
      const name = random.pick(labels)
      const mutate = name.endsWith('.mat') ? mutateBytes : mutateText
      return new Map([...seed, [name, mutate(seed.get(name)!, random)]])
    },
    async read(input) {
      const root = join(top, 'set')
      rmSync(root, { recursive: true, force: true })
      for (const [name, bytes] of input) {
        if (name === KIND) continue
        mkdirSync(dirname(join(root, name)), { recursive: true })
        writeFileSync(join(root, name), bytes)
      }
      const kind = new TextDecoder().decode(input.get(KIND)) as DatasetKind
      const table = [...input.keys()].find((name) => name.endsWith('.csv'))
      const path = kind === 'csv' && table !== undefined ? join(root, table) : root
      const dataset = await readDataset(kind, path)
      const { faces, dropped, skipped } = dataset
      const left = Object.values(dropped).reduce((sum, count) => sum + count, 0)
      ensure(
        dataset.read === faces.length + left + skipped.length,
        'faces got lost between reading and keeping',
      )
      ensure(new Set(faces.map(({ id }) => id)).size === faces.length, 'two faces have one id')
      for (const { id, photo, fold, years } of faces) {
        ensure(isAbsolute(photo), `the photo of ${id} has the path ${photo}`)
        ensure(fold === undefined || Number.isInteger(fold), `${id} is in the fold ${fold}`)
        ensure(years === undefined || (Number.isInteger(years) && years >= 0), `${id} is ${years} years old`)
      }
      const published = new Set(faces.flatMap(({ fold }) => fold ?? [])).size
      // The photos are empty, and so the same byte for byte.
      const folds = makeFolds(faces, published || 2, 'fuzz', 'anywhere')
      const of = new Map<string, number>()
      faces.forEach(({ subject }, k) => {
        ensure((of.get(subject) ?? folds[k]) === folds[k], `${subject} is in two folds`)
        of.set(subject, folds[k]!)
      })
      const { train, validation, test } = splitFolds(folds, 0, 'fuzz')
      ensure(
        new Set([...train, ...validation, ...test]).size === faces.length,
        'a face is in no part, or in two',
      )
    },
  }
}

export const tables = { table, datasets }
