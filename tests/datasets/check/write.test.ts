import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkDataset } from '../../../src/datasets/check/check.ts'
import { writeCheck } from '../../../src/datasets/check/write.ts'
import { readCsv } from '../../../src/datasets/csv.ts'
import { flawedTable } from './flawed.ts'

it('the table of a check that found nothing has its columns all the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-checked-'))
  const dataset = readCsv(await flawedTable())
  const checked = await checkDataset(dataset, { folds: 5, seed: 1, find: false })
  const settled = { dataset, leftOut: [], different: new Set<string>() }
  const tableOf = async (findings: typeof checked.findings) => {
    await writeCheck(folder, settled, { ...checked, findings })
    return readFileSync(join(folder, 'findings.csv'), 'utf8').split('\r\n')
  }
  const [header] = await tableOf(checked.findings)
  expect(await tableOf([])).toEqual([header, ''])
})
