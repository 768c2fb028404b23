import { join } from 'node:path'
import { type CsvRow, csv } from '../../base/csv.ts'
import { writeAtomic } from '../../base/files.ts'
import type { Dataset } from '../dataset.ts'
import { CLASSES } from '../task.ts'
import type { Checked } from './check.ts'
import { fileOf } from './look.ts'
import { checkPage } from './page.ts'

const TABLE = 'findings.csv'

/**
 * Write what was found: `index.html`, the page; `findings.csv`, a row for each face of each case; `findings.json`.
 *
 * @returns the path of the page
 * @throws UserError naming the file, when it cannot be written
 */
export async function writeCheck(folder: string, dataset: Dataset, checked: Checked): Promise<string> {
  // The page first, as it takes a while: where that is stopped, nothing is written.
  const page = await checkPage(dataset, checked, TABLE)
  writeAtomic(join(folder, TABLE), csv(rowsOf(dataset, checked)))
  writeAtomic(join(folder, 'findings.json'), `${JSON.stringify(recordOf(dataset, checked), undefined, 2)}\n`)
  const path = join(folder, 'index.html')
  writeAtomic(path, page.text)
  return path
}

function rowsOf({ faces }: Dataset, { findings, folds }: Checked): CsvRow[] {
  return findings.flatMap(({ check, severity, cases }) =>
    cases.flatMap(({ faces: indices, detail }, k): CsvRow[] => {
      const common = { check, severity, case: k + 1, detail }
      const none = { face: '', person: '', fold: '', age: '', years: '', gender: '', photo: '' }
      if (indices.length === 0) return [{ ...common, ...none }]
      return indices.map((index) => {
        const face = faces[index]!
        return {
          ...common,
          face: face.id,
          person: face.subject,
          fold: folds[index]!,
          age: face.age === undefined ? '' : CLASSES.age[face.age]!,
          years: face.years ?? '',
          gender: face.gender ?? '',
          photo: fileOf(face),
        }
      })
    }),
  )
}

/** What was found, for programs. */
export function recordOf(
  { kind, root, faces }: Dataset,
  { findings, folds, published, seed, skipped }: Checked,
) {
  return {
    kind,
    root,
    faces: faces.length,
    subjects: new Set(faces.map(({ subject }) => subject)).size,
    folds: { count: new Set(folds).size, ...(published ? { published } : { seed }) },
    findings: findings.map(({ cases, check, severity, title, advice }) => ({
      check,
      severity,
      title,
      advice,
      count: cases.length,
      cases: cases.map(({ faces: indices, detail }) => ({
        faces: indices.map((index) => faces[index]!.id),
        detail,
      })),
    })),
    skipped,
  }
}
