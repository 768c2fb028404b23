import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseHTML } from 'linkedom'
import { beforeAll, describe, expect, it } from 'vitest'
import { csv } from '../../src/base/csv.ts'
import { html } from '../../src/base/html.ts'
import { readStudy } from '../../src/report/cells.ts'
import { mainFigures, writeReport } from '../../src/report/report.ts'
import { readPlan } from '../../src/study/plan.ts'
import { readRunRecord, runName, writeRunRecord } from '../../src/study/record.ts'
import { runStudy } from '../../src/study/run.ts'
import { writeSums } from '../../src/study/sums.ts'
import { TINY_PLAN, writePlan } from '../study/tinyStudy.ts'
import { writeStudy } from './writtenStudy.ts'

const { plan, out } = writePlan(TINY_PLAN.replace('test: [1]', 'test: [0, 1]').replace('[r, i, m]', '[r, i]'))
let page: string
let document: ReturnType<typeof parseHTML>['document']

beforeAll(async () => {
  await runStudy(readPlan(plan), out, { signal: new AbortController().signal })
  // The report needs only the study's files.
  rmSync(join(out, 'data'), { recursive: true, force: true })
  page = readFileSync(await writeReport(readStudy(out)), 'utf8')
  document = parseHTML(page).document
})

function table(name: string): Record<string, string>[] {
  const [head, ...rows] = readFileSync(join(out, 'report', 'tables', `${name}.csv`), 'utf8')
    .trim()
    .split('\r\n')
    .map((row) => row.split(','))
  return rows.map((row) => Object.fromEntries(row.map((value, k) => [head![k]!, value])))
}

const records = () => readdirSync(join(out, 'runs')).map((run) => readRunRecord(join(out, 'runs', run)))

describe('a report', () => {
  it('is one file that loads nothing', () => {
    expect(page).not.toMatch(/(src|href)="(?!data:|#)/)
    expect(page).not.toMatch(/url\((?!data:)|@import/)
    expect([...document.querySelectorAll('script, link, iframe')]).toEqual([])
  })

  it('explains the settings that the study has, and no others', () => {
    const text = document.body.textContent!.replace(/\s+/g, ' ')
    expect(text).toContain('[i] is blue, [r] purple; pale lines start from random weights.')
    expect(text).toContain('A network is tested on photos that are aligned as those it was trained on.')
    expect(document.getElementById('accuracy')!.textContent).not.toContain('[m]')
  })

  it('pools the faces of all test folds', () => {
    for (const task of ['age', 'gender'] as const) {
      for (const setting of ['r', 'i'] as const) {
        const runs = records().filter(({ run }) => run.task === task && run.setting.photos === setting)
        const own = runs.flatMap(({ tests }) => tests[setting]!.confusion)
        const n = own.flat().reduce((sum, count) => sum + count)
        const right = runs.flatMap(({ tests }) => tests[setting]!.confusion.map((row, k) => row[k]!))
        const row = table('accuracy').find(
          (one) => one.task === task && one.setting === setting && one.tested_on === setting,
        )!
        expect(Number(row.n)).toBe(n)
        expect(Number(row.accuracy)).toBeCloseTo(right.reduce((sum, count) => sum + count) / n, 4)
        expect(Number(row.accuracy_low)).toBeLessThanOrEqual(Number(row.accuracy))
        expect(Number(row.accuracy_high)).toBeGreaterThanOrEqual(Number(row.accuracy))
        expect(row.swapped).toBe('no')
      }
    }
  })

  it('says what chance would reach', () => {
    const row = table('accuracy').find(({ task }) => task === 'age')!
    const runs = records().filter(({ run }) => run.task === 'age' && run.setting.photos === 'r')
    const counts = runs[0]!.tests.r!.confusion.map((_, truth) =>
      runs.reduce((sum, { tests }) => sum + tests.r!.confusion[truth]!.reduce((a, b) => a + b), 0),
    )
    expect(Number(row.chance_majority)).toBeCloseTo(Math.max(...counts) / Number(row.n), 4)
    expect(Number(row.chance_even)).toBe(1 / 8)
    expect(page).toContain('even guessing')
  })

  it('reports each group, and the groups of a task add up to all faces', () => {
    const groups = table('groups').filter(
      (row) => row.task === 'gender' && row.setting === 'r' && row.tested_on === 'r',
    )
    const all = table('accuracy').find((row) => row.task === 'gender' && row.setting === 'r')!
    const sum = (task: string) =>
      groups.filter(({ group }) => group!.startsWith(task)).reduce((total, { n }) => total + Number(n), 0)
    expect(sum('age')).toBe(Number(all.n))
    expect(sum('gender')).toBe(Number(all.n))
  })

  it('shows each photo with a heat map for each class, labelled with class and probability', () => {
    const photos = [...document.querySelectorAll('.person')]
    expect(photos.length).toBe(2 * 2 * 2)
    const maps = [...photos[0]!.querySelectorAll('.maps')]
    expect(maps.length).toBe(2)
    const captions = [...maps[0]!.querySelectorAll('figcaption')].map((one) => one.textContent)
    expect(captions.length).toBe(1 + 8)
    expect(captions[1]).toMatch(/^0-2 \d+ %$/)
    for (const image of document.querySelectorAll('img')) {
      expect(image.getAttribute('src')).toMatch(/^data:image\/png;base64,iVBOR/)
      expect(image.getAttribute('alt')).not.toBe('')
    }
  })

  it('has its figures as self-contained files', () => {
    const figures = readdirSync(join(out, 'report', 'figures'))
    expect(figures.sort()).toEqual([
      'calibration.svg',
      ...['age', 'gender'].flatMap((task) => [
        `confusion-${task}-adiencenet-i.svg`,
        `confusion-${task}-adiencenet-r.svg`,
      ]),
      'figure-1-learning-curves.svg',
      'figure-3-alignment-pairs.svg',
    ])
    for (const figure of figures) {
      const svg = readFileSync(join(out, 'report', 'figures', figure), 'utf8')
      expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www.w3.org\/2000\/svg"/)
      // Embedded pictures contain letters of all kinds.
      expect(svg.replace(/data:[^"]*/g, '')).not.toMatch(/NaN|undefined/)
    }
    expect(page).not.toMatch(/>NaN|>undefined/)
  })

  it('says what gender and age are not, and where the faces come from', () => {
    expect(page).toMatch(/not a\s+person’s identity/)
    expect(page).toContain('Apache-2.0: drawn by regard')
  })

  it('has its main figures as text, one line per network and setting', () => {
    expect(mainFigures(readStudy(out))).toHaveLength(4)
    expect(mainFigures(readStudy(out))[0]).toMatch(
      /^age {5}A \[i\] +\d+\.\d % \(.*\) {2}1-off .* n \d+ {2}chance \d/,
    )
  })

  it('turns names into text, never into markup', async () => {
    const runs = records()
    const record = runs.find(({ run }) => run.task === 'gender')!
    const folder = join(out, 'runs', runName(record.run))
    writeRunRecord(folder, {
      ...record,
      maps: record.maps.map((map) => ({ ...map, face: '<script>alert(1)</script>' })),
    })
    writeSums(folder)
    expect(readFileSync(await writeReport(readStudy(out)), 'utf8')).not.toContain('<script>')
    expect(html`<b>${'a & "b"'}</b>`.text).toBe('<b>a &#38; &#34;b&#34;</b>')
  })

  it('leaves out an unfinished run', async () => {
    rmSync(join(out, 'runs', 'age-adiencenet-i-fold0', 'result.json'))
    rmSync(join(out, 'runs', 'age-adiencenet-i-fold1', 'result.json'))
    expect(mainFigures(readStudy(out))).toHaveLength(3)
    await writeReport(readStudy(out))
  })
})

describe('the report of a study with few faces', () => {
  it.each([
    [9, false],
    [10, true],
  ])(
    'has a diagram of calibration only where it would show something: %d faces, %s',
    async (count, isDrawn) => {
      const right = { r: Array.from({ length: count }, () => true) }
      const study = writeStudy([{ task: 'gender', network: 'adiencenet', setting: 'r', right }])
      const text = readFileSync(await writeReport(study), 'utf8')
      expect(text.includes('There are too few faces for a diagram')).toBe(!isDrawn)
      expect(text.includes('Reliability: ')).toBe(isDrawn)
    },
  )
})

describe('a folder without a study', () => {
  it('is reported, with what to do', () => {
    const empty = mkdtempSync(join(tmpdir(), 'regard-empty-'))
    expect(() => writeReport(readStudy(empty))).toThrow(
      `${empty}: this folder holds no study: it lacks study.json. Name the folder that`,
    )
    writeFileSync(join(empty, 'study.json'), '{"name": "other"}')
    expect(() => writeReport(readStudy(empty))).toThrow(/study\.json: is not what `regard study` writes/)
  })
})

describe('a CSV file', () => {
  it('quotes what would be misread', () => {
    expect(csv([{ a: 'x, "y"', b: 1 }])).toBe('a,b\r\n"x, ""y""",1\r\n')
  })
})
