import type { CsvRow } from '../base/csv.ts'
import type { Mean, Profile } from '../evaluation/profile.ts'

/**
 * A profile as rows of a file: one for each group and part.
 *
 * @param of columns that name what is profiled
 */
export function profileRows(of: CsvRow, { groups }: Profile): CsvRow[] {
  const figures = (name: string, { mean, interval }: Mean) => ({
    [name]: Number.isFinite(mean) ? mean : '',
    [`${name}_low`]: interval?.low ?? '',
    [`${name}_high`]: interval?.high ?? '',
  })
  return groups.flatMap(({ group, faces, people, parts }) =>
    parts.map(({ part, area, positive, negative, perArea }) => ({
      ...of,
      group,
      faces,
      people,
      part,
      area,
      ...figures('positive', positive),
      ...figures('negative', negative),
      ...figures('per_area', perArea),
    })),
  )
}
