import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCsv } from '../../src/datasets/csv.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { Clock } from '../../src/study/clock.ts'
import { prepare } from '../../src/study/preparedData.ts'

const root = mkdtempSync(join(tmpdir(), 'regard-prepared-'))

beforeAll(() => synthesize(root, { count: 12, seed: 1 }))

/** The digest of the drawn faces, read from a table of these columns. */
async function digestOf(
  columns: (face: { id: string; gender: string }, k: number) => Record<string, unknown>,
) {
  const faces = readFileSync(join(root, 'truth/faces.jsonl'), 'utf8').trimEnd().split('\n')
  const rows = faces.map((line, k) => {
    const { id, gender } = JSON.parse(line)
    const landmarks = `truth/landmarks/${id}.txt`
    return { path: `truth/photos/${id}.jpg`, landmarks, gender, ...columns({ id, gender }, k) }
  })
  const table = [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
  writeFileSync(join(root, 'faces.csv'), table.map((row) => `${row.join()}\n`).join(''))
  const dataset = readCsv(join(root, 'faces.csv'))
  const asked = { size: 64, alignments: ['r'] as const, folds: 2, seed: 1, folder: join(root, 'data') }
  const clock = new Clock(() => {})
  clock.expect('preparing', 12, 0.01)
  return (await prepare(dataset, asked, { clock, signal: new AbortController().signal })).digest
}

describe('the digest of prepared faces', () => {
  it('changes with their people, on whom the intervals rest, even if the folds stay', async () => {
    const folds = (_: unknown, k: number) => ({ fold: k % 2 })
    const alone = await digestOf(folds)
    expect(await digestOf(folds)).toBe(alone)
    expect(await digestOf((face, k) => ({ ...folds(face, k), subject: `s${k % 4}` }))).not.toBe(alone)
  })
})
