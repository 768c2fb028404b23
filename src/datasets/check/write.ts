import { rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type CsvRow, csv } from '../../base/csv.ts'
import { writeAtomic } from '../../base/files.ts'
import { type Dataset, withoutRoot } from '../dataset.ts'
import { CLASSES } from '../task.ts'
import type { Checked } from './check.ts'
import { fileOf } from './look.ts'
import { checkPage } from './page.ts'
import { LEAVE_OUT, type Settled } from './settle.ts'

const TABLE = 'findings.csv'
const ABOUT_FACE = ['face', 'person', 'fold', 'age', 'years', 'gender', 'photo']
const COLUMNS = ['check', 'severity', 'case', 'detail', ...ABOUT_FACE]

/**
 * Write what was found: `index.html`, the page; `findings.csv`, a row for each face of each case; `findings.json`; and where
 * marks say so, `leave-out.csv`, the faces that were left out. Photos are named relative to the data set's folder, and
 * that relative to this one, so the files reveal nobody's home folder.
 *
 * @returns the path of the page
 * @throws UserError naming the file, when it cannot be written
 */
export async function writeCheck(
  folder: string,
  { dataset, leftOut, different }: Settled,
  checked: Checked,
): Promise<string> {
  // The page comes first, as it takes a while: if it is stopped, nothing is written.
  const page = await checkPage(dataset, checked, TABLE, markedInWords({ leftOut, different }))
  writeAtomic(join(folder, TABLE), csv(rowsOf(dataset, checked), COLUMNS))
  writeAtomic(
    join(folder, 'findings.json'),
    `${JSON.stringify(recordOf(dataset, checked, folder), undefined, 2)}\n`,
  )
  const left = join(folder, LEAVE_OUT)
  const rows = leftOut.map(({ face, reason }) => ({
    face: face.id,
    photo: withoutRoot(fileOf(face), dataset.root),
    reason,
  }))
  if (rows.length > 0) writeAtomic(left, csv(rows))
  else rmSync(left, { force: true })
  const path = join(folder, 'index.html')
  writeAtomic(path, page.text)
  return path
}

function rowsOf(dataset: Dataset, { findings, folds }: Checked): CsvRow[] {
  return findings.flatMap(({ check, severity, cases }) =>
    cases.flatMap(({ faces: indices, detail }, k): CsvRow[] => {
      const common = { check, severity, case: k + 1, detail }
      const none = Object.fromEntries(ABOUT_FACE.map((name) => [name, '']))
      if (indices.length === 0) return [{ ...common, ...none }]
      return indices.map((index) => {
        const face = dataset.faces[index]!
        return {
          ...common,
          face: face.id,
          person: face.subject,
          fold: folds[index]!,
          age: face.age === undefined ? '' : CLASSES.age[face.age]!,
          years: face.years ?? '',
          gender: face.gender ?? '',
          photo: withoutRoot(fileOf(face), dataset.root),
        }
      })
    }),
  )
}

/** The effect of the marks, in sentences. */
export function markedInWords({ leftOut, different }: Pick<Settled, 'leftOut' | 'different'>): string[] {
  const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`
  return [
    ...(different.size > 0 ? [`${counted(different.size, 'pair')} marked as different: ignored.`] : []),
    ...(leftOut.length > 0
      ? [
          `${counted(leftOut.length, 'face')} left out here, by pairs marked as the same: ${LEAVE_OUT}. A plan leaves them out too if its dataset has \`without: ${LEAVE_OUT}\`.`,
        ]
      : []),
  ]
}

/**
 * The findings, for programs.
 * @param folder where they are kept: the data set's folder is named relative to it
 */
export function recordOf(
  { kind, root, faces }: Dataset,
  { findings, folds, published, seed, skipped }: Checked,
  folder: string,
) {
  return {
    kind,
    root: relative(folder, root) || '.',
    faces: faces.length,
    subjects: new Set(faces.map(({ subject }) => subject)).size,
    folds: { count: new Set(folds).size, ...(published ? { published } : { seed }) },
    findings: findings.map(({ cases, check, severity, title, advice, pairs }) => ({
      check,
      severity,
      title,
      advice,
      ...(pairs && { pairs }),
      count: cases.length,
      cases: cases.map(({ faces: indices, detail }) => ({
        faces: indices.map((index) => faces[index]!.id),
        detail,
      })),
    })),
    skipped,
  }
}
