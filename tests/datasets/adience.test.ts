import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type AdienceRow, adiencePicture, readAdience, readAdienceLists } from '../../src/datasets/adience.ts'
import { labelOf } from '../../src/datasets/dataset.ts'
import { makeFolds, splitFolds } from '../../src/datasets/folds.ts'
import { shared } from '../shared.ts'
import { samples, touch } from './samples.ts'

/** Lines of the list of a task, as the published lists write them, in one order. */
function listOf(rows: readonly AdienceRow[], task: 'age' | 'gender'): string[] {
  return rows
    .flatMap((row) => {
      const label = task === 'age' ? row.age : row.gender && (row.gender === 'm' ? 0 : 1)
      return label === undefined ? [] : [`${adiencePicture(row, 'i')} ${label}`]
    })
    .sort()
}

describe.skipIf(!shared)('the published lists of Adience', () => {
  const root = join(shared ?? '', 'data/adience')
  const published = (task: string, part: string) =>
    readFileSync(join(root, `reference_test_fold_is_0/${task}_${part}.txt`), 'utf8')
      .trimEnd()
      .split('\n')
  const { rows, faulty } = shared ? readAdienceLists(root) : { rows: [], faulty: [] }

  it('have 17 424 faces for age and 17 603 for gender', () => {
    expect(faulty).toEqual([])
    expect(rows).toHaveLength(19487)
    expect(listOf(rows, 'age')).toHaveLength(17424)
    expect(listOf(rows, 'gender')).toHaveLength(17603)
  })

  it.each(['age', 'gender'] as const)(
    'for test fold 0 and %s are exactly those, in another order',
    (task) => {
      const test = rows.filter(({ fold }) => fold === 0)
      expect(listOf(test, task)).toEqual(published(task, 'test').sort())
    },
  )

  it.each(['age', 'gender'] as const)(
    'for the other folds and %s are what trains and validates beside fold 0, except for the row lost there',
    (task) => {
      const others = listOf(
        rows.filter(({ fold }) => fold > 0),
        task,
      )
      const reference = [...published(task, 'train'), ...published(task, 'val')]
      for (const line of reference) {
        const place = others.indexOf(line)
        expect(place, line).toBeGreaterThanOrEqual(0)
        others.splice(place, 1)
      }
      expect(others).toHaveLength(1)
    },
  )

  // The lengths, in rows and bytes, of the lists that GilLevi/AgeGenderDeepLearning has for each test fold.
  it.each([
    ['age', [4316, 3101, 3339, 2975, 3693], [298042, 216680, 234332, 211551, 261136]],
    ['gender', [4007, 3624, 3191, 3318, 3463], [276514, 253953, 223939, 236227, 244772]],
  ] as const)('for %s are as long as those of all five test folds', (task, lengths, bytes) => {
    const lists = lengths.map((_, fold) =>
      listOf(
        rows.filter((row) => row.fold === fold),
        task,
      ),
    )
    expect(lists.map((list) => list.length)).toEqual(lengths)
    expect(lists.map((list) => Buffer.byteLength(list.map((line) => `${line}\n`).join('')))).toEqual(bytes)
  })

  it('lose 72 rows to a typing error, all of one woman in fold 0, and regain them if labels are repaired', () => {
    const repaired = readAdienceLists(root, true).rows
    const changed = repaired.filter((row, k) => row.age !== rows[k]!.age)
    expect(changed).toHaveLength(72)
    expect(
      new Set(changed.map(({ user, person, fold, age, gender }) => [user, person, fold, age, gender].join())),
    ).toEqual(new Set(['30601258@N03,1,0,4,f']))
    expect(listOf(repaired, 'age')).toHaveLength(17424 + 72)
    expect(listOf(repaired, 'gender')).toEqual(listOf(rows, 'gender'))
  })

  it('repeat 117 rows, word for word', () => {
    const pictures = rows.map((row) => adiencePicture(row, 'i'))
    expect(pictures.length - new Set(pictures).size).toBe(117)
  })

  it('keep each album and each person in one fold; there are 2284 people, each in one album', () => {
    for (const who of [({ user }: AdienceRow) => user, ({ person }: AdienceRow) => person]) {
      const folds = new Map<string, Set<number>>()
      for (const row of rows) folds.set(who(row), (folds.get(who(row)) ?? new Set()).add(row.fold))
      expect(Math.max(...[...folds.values()].map(({ size }) => size))).toBe(1)
    }
    expect(new Set(rows.map(({ person }) => person)).size).toBe(2284)
    expect(new Set(rows.map(({ user, person }) => `${user} ${person}`)).size).toBe(2284)
  })
})

describe('readAdience', () => {
  it('gives each face its two published pictures, its fold and who it is', () => {
    const root = samples.adience()
    const [first] = readAdience(root).faces
    expect(first).toEqual({
      id: 'Анна_0_a',
      photo: join(root, 'faces/Анна/coarse_tilt_aligned_face.0.a.jpg'),
      published: {
        r: join(root, 'faces/Анна/coarse_tilt_aligned_face.0.a.jpg'),
        i: join(root, 'aligned/Анна/landmark_aligned_face.0.a.jpg'),
      },
      fold: 0,
      subject: 'Анна 0',
      age: 0,
      gender: 'f',
    })
  })

  it('takes one picture set if the other is not unpacked', () => {
    const root = samples.adience()
    rmSync(join(root, 'faces'), { recursive: true })
    const [first] = readAdience(root).faces
    expect(first!.photo).toBe(join(root, 'aligned/Анна/landmark_aligned_face.0.a.jpg'))
    expect(first!.published).toEqual({ i: first!.photo })
  })

  it('drops a face that one of the sets lacks, and counts it', () => {
    const root = samples.adience()
    rmSync(join(root, 'aligned/Анна'), { recursive: true })
    const { faces, dropped } = readAdience(root)
    expect(faces).toHaveLength(4)
    expect(dropped).toEqual({ 'picture missing': 1 })
  })

  it('finds the tables in the folder folds too', () => {
    const root = samples.adience()
    mkdirSync(join(root, 'folds'))
    for (let fold = 0; fold < 5; fold++) {
      renameSync(join(root, `fold_${fold}_data.txt`), join(root, 'folds', `fold_${fold}_data.txt`))
    }
    expect(readAdience(root).faces).toHaveLength(5)
  })

  it('names a table that is missing, and a column', () => {
    const root = samples.adience()
    rmSync(join(root, 'fold_3_data.txt'))
    expect(() => readAdience(root)).toThrow(`${join(root, 'fold_3_data.txt')}: is missing`)
    writeFileSync(join(root, 'fold_3_data.txt'), 'user_id\toriginal_image\tage\n')
    expect(() => readAdience(root)).toThrow(
      `${join(root, 'fold_3_data.txt')}:1: has no column face_id, gender`,
    )
  })

  it('skips malformed rows, names their file and line, and continues', () => {
    const root = samples.adience()
    const table = join(root, 'fold_0_data.txt')
    const rest = '1\t2\t3\t4\t0\t0\t99'
    const rows = [
      'u\tb.jpg\t1',
      `../u\tb.jpg\t1\t(0, 2)\tf\t${rest}`,
      `u\t\t1\t(0, 2)\tf\t${rest}`,
      `u\tb.jpg\tone\t(0, 2)\tf\t${rest}`,
      `u\tb.jpg\t7\tNone\tu\t${rest}`,
      `u\tb.jpg\t7\t35\tm\t${rest}`,
    ]
    writeFileSync(table, `${readFileSync(table, 'utf8')}${rows.join('\r\n')}\r\n`)
    for (const as of ['faces/u/coarse_tilt', 'aligned/u/landmark']) touch(root, `${as}_aligned_face.7.b.jpg`)
    const { faces, skipped, dropped, read, remarks } = readAdience(root)
    expect(skipped).toEqual([
      { face: `${table}:3`, reason: 'has 3 fields, not 12' },
      { face: `${table}:4`, reason: 'has the user_id "../u", which is not the name of a file' },
      { face: `${table}:5`, reason: 'has the original_image "", which is not the name of a file' },
      { face: `${table}:6`, reason: 'has the face_id "one", which is not a number' },
    ])
    expect(dropped).toEqual({ 'neither an age group nor a gender': 1 })
    expect(remarks).toEqual({ 'no age group (kept for gender)': 1 })
    expect(faces.find(({ id }) => id === 'u_7_b')).toMatchObject({ fold: 0, gender: 'm' })
    expect(read).toBe(11)
  })
})

describe('the folds of Adience', () => {
  it('are the published ones, and split faces as the published lists do', () => {
    const { faces } = readAdience(samples.adience())
    const many = faces.flatMap((face) =>
      Array.from({ length: 40 }, (_, k) => ({
        ...face,
        id: `${face.id} ${k}`,
        subject: `${face.subject} ${k}`,
      })),
    )
    const folds = makeFolds(many, 5, 'any')
    expect(folds).toEqual(many.map(({ fold }) => fold))
    const { train, validation, test } = splitFolds(folds, 2, 'any')
    expect(test.every((index) => many[index]!.fold === 2)).toBe(true)
    expect([validation.length, train.length]).toEqual([16, 144])
    expect(labelOf(many[test[0]!]!, 'gender')).toBe(1)
  })

  it('are five', () => {
    const { faces } = readAdience(samples.adience())
    expect(() => makeFolds(faces, 4, 1)).toThrow(
      'the data set has 5 folds of its own and cannot be divided into 4. Use 5 folds',
    )
  })
})
