import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCsv } from '../../src/datasets/csv.ts'
import { makeFolds } from '../../src/datasets/folds.ts'
import { shared } from '../shared.ts'
import { touch } from './samples.ts'

/** A table of these lines, beside empty files. */
function table(lines: string[], files: string[] = ['a.jpg', 'b.jpg'], end = '\n'): string {
  const root = mkdtempSync(join(tmpdir(), 'regard-csv-'))
  for (const file of files) touch(root, file)
  writeFileSync(join(root, 'faces.csv'), lines.map((line) => line + end).join(''))
  return join(root, 'faces.csv')
}

describe('readCsv', () => {
  it('reads every column, and paths relative to the table', () => {
    const path = table(
      [
        'Path,Age,Gender,Subject,Landmarks,Fold,note',
        'photos/a.jpg,34.5,Woman,Ada,marks/a.txt,0,x',
        'photos\\b.jpg,"(8, 12)",,Bob,,1,',
      ],
      ['photos/a.jpg', 'photos/b.jpg', 'marks/a.txt'],
    )
    const root = join(path, '..')
    expect(readCsv(path).faces).toEqual([
      {
        id: 'photos_a',
        photo: join(root, 'photos/a.jpg'),
        landmarks: join(root, 'marks/a.txt'),
        fold: 0,
        subject: 'Ada',
        years: 34,
        gender: 'f',
      },
      { id: 'photos_b', photo: join(root, 'photos/b.jpg'), fold: 1, subject: 'Bob', age: 2 },
    ])
  })

  it.each([
    [';', '\r\n'],
    ['\t', '\n'],
    [',', '\r'],
  ])('takes %j between fields and %j at the end of a line', (delimiter, end) => {
    const path = table(
      [`path${delimiter}gender`, `"a.jpg"${delimiter}m`, `b.jpg${delimiter} f `],
      undefined,
      end,
    )
    expect(readCsv(path).faces.map(({ id, gender }) => [id, gender])).toEqual([
      ['a', 'm'],
      ['b', 'f'],
    ])
  })

  it('needs only a path and a label', () => {
    expect(readCsv(table(['path,age', 'a.jpg,60+'])).faces).toMatchObject([{ id: 'a', subject: 'a', age: 7 }])
    expect(() => readCsv(table(['path,subject', 'a.jpg,Ada']))).toThrow(
      /faces\.csv:1: has neither a column age nor a column gender/,
    )
    expect(() => readCsv(table(['file,age', 'a.jpg,3']))).toThrow(/faces\.csv:1: has no column path/)
    expect(() => readCsv(table(['path,age,Age', 'a.jpg,3,3']))).toThrow(/has the column "age" twice/)
    expect(() => readCsv(table([]))).toThrow(/faces\.csv: is empty/)
  })

  it('drops rows without a label, and skips malformed rows', () => {
    const path = table([
      'path,age,gender',
      'a.jpg,,m',
      'b.jpg,,',
      'b.jpg,20-29,',
      'c.jpg,3,m',
      'a.jpg,4,m',
      'b.jpg,old,m',
      'b.jpg,3,x',
      'b.jpg,140,m',
      ',3,m',
      'b.jpg,3',
    ])
    const { faces, dropped, skipped, read } = readCsv(path)
    expect(faces.map(({ id }) => id)).toEqual(['a'])
    expect(dropped).toEqual({ 'no label': 1 })
    expect(read).toBe(10)
    expect(Object.fromEntries(skipped.map(({ face, reason }) => [face.split(':').at(-1), reason]))).toEqual({
      '4': `is of the photo of ${path}:3`,
      '5': 'has the path c.jpg, which does not exist',
      '6': `is of the photo of ${path}:2`,
      '7': 'has the age "old", which is neither a number of years nor a range',
      '8': 'has the gender "x", not m or f',
      '9': 'has the age "140", which is neither a number of years nor a range',
      '10': 'has no path',
      '11': 'has 2 fields, not 3',
    })
  })

  describe.skipIf(!shared)('for tables as spreadsheets and programs write them', () => {
    const read = (name: string) => {
      const root = mkdtempSync(join(tmpdir(), 'regard-csv-'))
      for (let k = 0; k < 6; k++) touch(root, `photos/p${k}.jpg`)
      writeFileSync(join(root, name), readFileSync(join(shared!, 'cases/tables', name)))
      return readCsv(join(root, name))
    }

    it.each([
      'trailing.csv',
      'trailing-one.csv',
      'trailing-rows-only.csv',
      'empty-rows.csv',
      'sep.csv',
      'backslash.csv',
      'header-sex.csv',
    ])('reads all six faces of %s', (name) => {
      const { faces, skipped, read: rows, remarks } = read(name)
      expect(skipped).toEqual([])
      expect(rows).toBe(6)
      expect(faces.map(({ years, gender }) => [years, gender])).toEqual([
        [34, 'm'],
        [5, 'f'],
        [28, 'm'],
        [61, 'f'],
        [17, 'm'],
        [45, 'f'],
      ])
      expect(Object.keys(remarks).filter((remark) => remark.startsWith('column'))).toEqual([])
    })

    it('reads nan, None, NA and nothing as an empty cell, and keeps the rest of the row', () => {
      const { faces, skipped } = read('nan.csv')
      expect(skipped).toEqual([])
      expect(faces.map(({ years, gender }) => [years, gender])).toEqual([
        [34, 'm'],
        [undefined, 'f'],
        [28, undefined],
        [undefined, 'f'],
        [17, undefined],
        [undefined, 'f'],
      ])
    })
  })

  it('keeps people apart, and together, by their names', () => {
    const files = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name}.jpg`)
    const names = ['Nan', 'Nan', 'Andr\u00e9', 'Andre\u0301', 'e', '', 'f', 'NaN']
    const { faces, remarks } = readCsv(
      table(['path,gender,subject', ...files.map((file, k) => `${file},m,${names[k]}`)], files),
    )
    // Face f is nobody's, though somebody is called f; and h has no name.
    expect(faces.map(({ subject }) => subject)).toEqual([
      ...['Nan', 'Nan', 'Andr\u00e9', 'Andr\u00e9', 'e', 'f*', 'f', 'h'],
    ])
    expect(remarks).toEqual({ 'without a subject (each counts as another person)': 2 })
  })

  it('counts ages that no network of years knows', () => {
    expect(readCsv(table(['path,age', 'a.jpg,34', 'b.jpg,116'])).remarks).toMatchObject({
      'age above 100 (not used for years)': 1,
    })
  })

  it('names the columns that it does not read', () => {
    const { remarks } = readCsv(table(['path,gender,sex,mood', 'a.jpg,m,f,glad', 'b.jpg,f,f,sad']))
    expect(remarks).toEqual({ 'column "sex" not read': 2, 'column "mood" not read': 2 })
  })

  it('reads UTF-16, as Windows writes it, and counts lines right after a line sep=', () => {
    const path = table([])
    writeFileSync(path, Buffer.from('\ufeffsep=;\r\npath;gender\r\nc.jpg;m\r\na.jpg;f\r\n', 'utf16le'))
    const { faces, skipped } = readCsv(path)
    expect(faces.map(({ id }) => id)).toEqual(['a'])
    expect(skipped).toEqual([{ face: `${path}:3`, reason: 'has the path c.jpg, which does not exist' }])
  })

  it('reads a decimal comma, but nothing that could also be a range', () => {
    const { faces, skipped } = readCsv(
      table(['path;age', 'a.jpg;34,5', 'b.jpg;(8,12)', 'b.jpg;8,12'], undefined, '\n'),
    )
    expect(faces).toMatchObject([{ years: 34 }, { age: 2 }])
    expect(skipped).toMatchObject([
      { reason: 'has the age "8,12", which is neither a number of years nor a range' },
    ])
  })

  it('takes two faces of one photo if their landmarks tell them apart', () => {
    const path = table(
      ['path,gender,landmarks', 'a.jpg,m,1.txt', 'a.jpg,f,2.txt'],
      ['a.jpg', '1.txt', '2.txt'],
    )
    expect(readCsv(path).faces.map(({ id, gender }) => [id, gender])).toEqual([
      ['a', 'm'],
      ['a-2', 'f'],
    ])
  })

  it('finds a file whose name the disk encodes with other characters for the same letters', () => {
    const path = table(['path,gender', 'caf\u00e9/Zoe\u0308.jpg,f'], ['cafe\u0301/Zo\u00eb.jpg'])
    expect(readCsv(path).faces[0]!.photo).toBe(join(path, '..', 'cafe\u0301/Zo\u00eb.jpg'))
  })

  it('says that a table is not in UTF-8, or not CSV', () => {
    const path = table([])
    writeFileSync(path, Buffer.from('path,gender\nZo\u00eb.jpg,f\n', 'latin1'))
    expect(() => readCsv(path)).toThrow('is not UTF-8. Save it as UTF-8 (in a spreadsheet: CSV UTF-8)')
    expect(() => readCsv(table(['path,gender', '"a.jpg,m']))).toThrow(
      /faces\.csv: is not a table \(Quote Not Closed/,
    )
  })

  it('passes its own folds to the fold maker, which wants no gaps and each person in one fold', () => {
    const folds = (...rows: string[]) => readCsv(table(['path,gender,subject,fold', ...rows])).faces
    expect(makeFolds(folds('a.jpg,m,A,0', 'b.jpg,m,B,1'), 2, 1)).toEqual([0, 1])
    expect(() => makeFolds(folds('a.jpg,m,A,0', 'b.jpg,m,B,2'), 2, 1)).toThrow(
      "the data set's own folds are numbered 0, 2. Number them from 0, without gaps",
    )
    expect(() => makeFolds(folds('a.jpg,m,A,0', 'b.jpg,m,A,1'), 2, 1)).toThrow(
      "face b: A is in two of the data set's own folds, 0 and 1",
    )
    expect(readCsv(table(['path,gender,fold', 'a.jpg,m,0', 'b.jpg,m,'])).skipped).toMatchObject([
      { reason: 'has the fold "", not a number from 0' },
    ])
  })
})
