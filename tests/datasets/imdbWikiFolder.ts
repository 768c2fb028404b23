import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cells, char, matlab5, row, type Source, struct } from '../formats/matlab/write.ts'

/** MATLAB's serial date: the days since 1 January 1970, whose serial date is 719 529. */
export function serial(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / 86_400_000 + 719_529
}

const BORN = serial(1980, 3, 5)
export const NONE = Number.NaN

interface Line {
  photo: string
  dob?: number
  taken?: number
  gender?: number
  name?: string
  score?: number
  second?: number
}

/** The struct of a file in the set: a woman of 30, clearly visible and alone, unless a line says otherwise. */
export function table(lines: readonly Line[]): Record<string, Source> {
  const doubles = (of: (line: Line) => number) => row('double', Float64Array.from(lines, of))
  return {
    dob: doubles(({ dob = BORN }) => dob),
    photo_taken: row(
      'uint16',
      Uint16Array.from(lines, ({ taken = 2010 }) => taken),
    ),
    full_path: cells(lines.map(({ photo }) => char(photo))),
    gender: doubles(({ gender = 0 }) => gender),
    name: cells(lines.map(({ name = '' }) => char(name))),
    face_score: doubles(({ score = 4 }) => score),
    second_face_score: doubles(({ second = NONE }) => second),
  }
}

/** A folder of the set with these fields, and empty files for photos. */
export function folder(
  part: 'imdb' | 'wiki',
  fields: Record<string, Source>,
  photos: readonly string[] = [],
): string {
  const root = mkdtempSync(join(tmpdir(), 'regard-imdb-wiki-'))
  writeFileSync(join(root, `${part}.mat`), matlab5({ [part]: struct(fields) }))
  for (const photo of photos) {
    mkdirSync(join(root, photo, '..'), { recursive: true })
    writeFileSync(join(root, photo), '')
  }
  return root
}
