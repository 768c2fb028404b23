import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readStudy } from '../../src/report/cells.ts'
import { writeReport } from '../../src/report/report.ts'
import { writeProfileRecord } from '../../src/study/profileRecord.ts'
import { files, type Run } from '../../src/study/record.ts'
import { formatSetting } from '../../src/study/setting.ts'
import { writePaperStudy } from './paperStudy.ts'
import { writtenProfile } from './writtenProfile.ts'

/** The tables and figures of a study's report. */
const filesOf = (out: string) =>
  ['figures', 'tables'].flatMap((kind) =>
    readdirSync(join(out, 'report', kind)).map((name) => `${kind}/${name}`),
  )

it('a report keeps no table or figure of an earlier one, and removes no file of others', async () => {
  const size = { folds: 1, faces: 20, explained: 1 }
  const isOne = ({ task, network, setting }: Run) =>
    task === 'gender' && network === 'adiencenet' && formatSetting(setting) === 'r'
  const [now, before] = [await writePaperStudy({ ...size, only: isOne }), await writePaperStudy(size)]
  for (const { run } of readStudy(before)
    .cells.flatMap(({ runs }) => runs)
    .filter(({ run }) => isOne(run))) {
    const profile = writtenProfile('r', 0, { shares: () => ({ eyes: 0.5, mouth: 0.1 }), faithful: 1 })
    writeProfileRecord(files.run(before, run), profile)
  }
  await writeReport(readStudy(now))
  const own = filesOf(now)
  await writeReport(readStudy(before))
  expect(filesOf(before).length).toBeGreaterThan(own.length + 30)
  cpSync(join(before, 'report'), join(now, 'report'), { recursive: true })
  const mine = ['figures/mine.svg', 'tables/looks.md', 'tables/mine.csv']
  for (const name of mine) writeFileSync(join(now, 'report', name), 'mine')

  await writeReport(readStudy(now))
  expect(filesOf(now).sort()).toEqual([...own, ...mine].sort())
})
