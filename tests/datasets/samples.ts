import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { DatasetKind } from '../../src/datasets/readers.ts'
import { AGE_GROUPS, ageGroup, type Gender } from '../../src/datasets/task.ts'
import { matlab5, struct } from '../formats/matlab/write.ts'
import { serial, table } from './imdbWikiFolder.ts'

/** A person in a sample: every data set has these people. */
interface Person {
  readonly name: string
  readonly years: number
  readonly gender: Gender
}

const PEOPLE: readonly Person[] = [
  { name: 'Анна', years: 2, gender: 'f' },
  { name: '李雷', years: 30, gender: 'm' },
  { name: 'Zoë', years: 64, gender: 'f' },
  { name: 'مريم', years: 50, gender: 'f' },
  { name: 'Jo-1', years: 9, gender: 'm' },
]

/** How the labels of a sample are written. */
interface Writing {
  /** What ends a line. */
  readonly end?: string
  /** What comes before everything else. */
  readonly start?: string
  /** Whether the first person's row is repeated. */
  readonly repeat?: boolean
}

/** Writes a data set into a new folder, and returns the path for its reader. */
type Sample = (writing?: Writing) => string

/** The number of faces, or rows, in a sample. */
export const ENTRIES = PEOPLE.length

/** A small data set of each kind in its published layout, with empty files for photos. */
export const samples: Record<DatasetKind, Sample> = {
  aaf(writing = {}) {
    const root = newFolder()
    const rows = peopleOf(writing).map(({ name, years, gender }, k) => [name, k, years, gender].join(','))
    write(root, 'labels.csv', ['name,person_id,age,gender', ...rows], writing)
    for (const { name } of PEOPLE) {
      touch(root, `photos/${name}.jpg`)
      touch(root, `landmarks49/${name}.txt`)
    }
    return root
  },

  adience(writing = {}) {
    const root = newFolder()
    const columns = ['user_id', 'original_image', 'face_id', 'age', 'gender', 'x', 'y', 'dx', 'dy']
    const header = [...columns, 'tilt_ang', 'fiducial_yaw_angle', 'fiducial_score'].join('\t')
    for (let fold = 0; fold < 5; fold++) {
      const rows = peopleOf(writing).flatMap(({ name, years, gender }) => {
        const k = PEOPLE.findIndex((one) => one.name === name)
        const label = [
          '(0, 2)',
          '(4, 6)',
          '(8, 12)',
          '(15, 20)',
          '(25, 32)',
          '(38, 43)',
          '(48, 53)',
          '(60, 100)',
        ][ageGroup(years)!]
        return k === fold ? [[name, 'a.jpg', k, label, gender, 1, 2, 3, 4, 0, 0, 99].join('\t')] : []
      })
      write(root, `fold_${fold}_data.txt`, [header, ...rows], writing)
    }
    for (const [k, { name }] of PEOPLE.entries()) {
      touch(root, `faces/${name}/coarse_tilt_aligned_face.${k}.a.jpg`)
      touch(root, `aligned/${name}/landmark_aligned_face.${k}.a.jpg`)
    }
    return root
  },

  csv(writing = {}) {
    const root = newFolder()
    const rows = peopleOf(writing).map(({ name, years, gender }) => `photos/${name}.jpg;${years};${gender}`)
    write(root, 'faces.csv', ['path;age;gender', ...rows], writing)
    for (const { name } of PEOPLE) touch(root, `photos/${name}.jpg`)
    return join(root, 'faces.csv')
  },

  fairface(writing = {}) {
    const root = newFolder()
    const rows = peopleOf(writing).map(({ name, years, gender }) =>
      [
        `val/${name}.jpg`,
        years < 3 ? '0-2' : '30-39',
        gender === 'm' ? 'Male' : 'Female',
        'Black',
        'True',
      ].join(','),
    )
    write(root, 'fairface_label_val.csv', ['file,age,gender,race,service_test', ...rows], writing)
    for (const { name } of PEOPLE) touch(root, `val/${name}.jpg`)
    return root
  },

  folder() {
    const root = newFolder()
    for (const { name, gender } of PEOPLE) touch(root, `${gender === 'm' ? 'Men' : 'women'}/${name}.jpg`)
    return root
  },

  'imdb-wiki'(writing = {}) {
    const root = newFolder()
    const lines = peopleOf(writing).map(({ name, years, gender }) => ({
      photo: `00/${name}.jpg`,
      name,
      dob: serial(2010 - years, 1, 1),
      gender: gender === 'm' ? 1 : 0,
    }))
    writeFileSync(join(root, 'wiki.mat'), matlab5({ wiki: struct(table(lines)) }))
    for (const { name } of PEOPLE) touch(root, `00/${name}.jpg`)
    return root
  },

  synthetic(writing = {}) {
    const root = newFolder()
    const rows = peopleOf(writing).map(({ name, years, gender }) =>
      JSON.stringify({
        id: String(PEOPLE.findIndex((one) => one.name === name)),
        subject: name,
        age_group: AGE_GROUPS.findIndex(([low, high]) => years >= low && years <= high),
        gender,
      }),
    )
    write(root, 'truth/faces.jsonl', rows, writing)
    for (const k of PEOPLE.keys()) {
      touch(root, `truth/photos/${k}.jpg`)
      touch(root, `truth/landmarks/${k}.txt`)
    }
    return root
  },

  utkface() {
    const root = newFolder()
    for (const { name, years, gender } of PEOPLE) {
      touch(root, `${years}_${gender === 'm' ? 0 : 1}_0_${name}.jpg.chip.jpg`)
    }
    return root
  },
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'regard-sample-'))
}

function peopleOf({ repeat }: Writing): Person[] {
  return repeat ? [...PEOPLE, PEOPLE[0]!] : [...PEOPLE]
}

function write(root: string, name: string, lines: string[], { end = '\n', start = '' }: Writing): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), start + lines.map((line) => line + end).join(''))
}

/** Make an empty file. */
export function touch(root: string, name: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), '')
}
