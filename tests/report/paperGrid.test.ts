import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseHTML } from 'linkedom'
import { beforeAll, describe, expect, it } from 'vitest'
import { readStudy } from '../../src/report/cells.ts'
import { writeReport } from '../../src/report/report.ts'
import { files, readRunRecord, writeRunRecord } from '../../src/study/record.ts'
import { bracketed } from '../../src/study/setting.ts'
import { writePaperStudy } from './paperStudy.ts'

type Page = ReturnType<typeof parseHTML>['document']

async function pageOf(out: string): Promise<{ page: string; document: Page }> {
  const page = readFileSync(await writeReport(readStudy(out)), 'utf8')
  return { page, document: parseHTML(page).document }
}

/** The table whose caption begins with a text, as the texts of its cells. */
function tableOf(document: Page, caption: string): { head: string[]; rows: Map<string, string[]> } {
  const table = [...document.querySelectorAll('table')].find((one) =>
    one.querySelector('caption')?.textContent?.startsWith(caption),
  )!
  const rows = [...table.querySelectorAll('tbody tr')].map((row) => {
    const [first, ...cells] = [...row.children].map((cell) => cell.textContent!.trim())
    return [first!, cells] as const
  })
  const head = [...table.querySelectorAll('thead tr')].map((row) => row.textContent!.trim())
  return { head, rows: new Map(rows) }
}

describe('the report of the paper’s grid', () => {
  let out: string
  let page: string
  let document: Page

  beforeAll(async () => {
    out = await writePaperStudy()
    const made = await pageOf(out)
    page = made.page
    document = made.document
  })

  it('is about 190 runs', () => {
    expect(readdirSync(join(out, 'runs'))).toHaveLength(190)
    expect(page).not.toContain('not finished')
  })

  it('has tables in the paper’s layout: its networks, its settings in its order, and its dashes', () => {
    const { head, rows } = tableOf(document, 'age, as in Table 2 of the paper')
    expect(head[0]).toBe('A AdienceNetC CaffeNetG GoogLeNetV VGG-16')
    expect([...rows.keys()].slice(0, 8)).toEqual(
      ['i', 'r', 'm', 'i,n', 'r,n', 'm,n', 'i,w', 'm,w'].map((setting) => `[${setting}]`),
    )
    expect(rows.get('[m,w]')!.slice(0, 6)).toEqual(['–', '–', '–', '–', '–', '–'])
    expect(rows.get('[i]')!.slice(6, 8)).toEqual(['–', '–'])
    expect(tableOf(document, 'gender, as in Table 3').rows.size).toBe(8 + 2)
    for (const caption of ['age, as in Table 4', 'gender, as in Table 5']) {
      expect([...tableOf(document, caption).rows.keys()]).toContain('[r,n] on i')
    }
  })

  it('has the mean over folds ± their sample deviation, the pooled figure, and the paper’s figure', () => {
    const tests = [0, 1, 2, 3, 4].map((fold) => {
      const run = readStudy(out).record.runs.find(
        (one) =>
          one.task === 'age' && one.letter === 'G' && bracketed(one.setting) === '[m,n]' && one.fold === fold,
      )!
      return readRunRecord(files.run(out, run)).tests.r!.confusion
    })
    const right = tests.map((confusion) => confusion.reduce((sum, row, k) => sum + row[k]!, 0))
    const shares = right.map((count) => (100 * count) / 60)
    const mean = shares.reduce((sum, share) => sum + share) / 5
    const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / 4)
    const cell = tableOf(document, 'age, as in Table 2').rows.get('[m,n]')![4]!
    expect(cell).toMatch(`${mean.toFixed(1)} ± ${deviation.toFixed(1)}${mean.toFixed(1)}, `)
    expect(cell).toMatch(/–\d+\.\dpaper 58\.5$/)
  })

  it('says which figures are the paper’s', () => {
    expect(document.querySelector('#accuracy')!.textContent).toMatch(
      /paper is what the paper reports on Adience: not a result of this study/,
    )
  })

  it('has every figure and table as files', () => {
    const figures = readdirSync(join(out, 'report', 'figures'))
    for (const name of [
      'figure-1-learning-curves',
      'figure-2-age-i',
      'figure-2-gender-m-n',
      'figure-3-alignment-pairs',
      'figure-4-gender-googlenet-r',
      'figure-5-age-vgg16-m',
      'calibration',
      'confusion-age-vgg16-m-w',
    ]) {
      expect(figures).toContain(`${name}.svg`)
    }
    const tables = readdirSync(join(out, 'report', 'tables'))
    for (const name of ['table-2-age', 'table-3-gender', 'table-4-age-swapped', 'table-5-gender-swapped']) {
      expect(tables).toContain(`${name}.tex`)
    }
    expect(readFileSync(join(out, 'report', 'tables', 'accuracy.csv'), 'utf8')).toContain(',0.5850,0.9260\r')
  })

  it('has self-contained figures, with their pictures', () => {
    const folder = join(out, 'report', 'figures')
    for (const name of readdirSync(folder)) {
      const svg = readFileSync(join(folder, name), 'utf8')
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
      expect(svg).not.toMatch(/href="(?!data:image\/png;base64,)/)
      expect(svg.replace(/base64,[^"]*/g, '')).not.toMatch(/NaN|undefined/)
      // Four faces: a photo and a map of each of three networks.
      if (name === 'figure-2-age-r.svg') expect(svg.match(/<image/g)).toHaveLength(4 * (1 + 3))
    }
  })

  it('shows some faces, and says how many there are', () => {
    expect(page).toContain('4 of 15 faces; the maps of all are in runs/*/maps.')
  })

  it('shows beside each stretched face what every network answered', () => {
    const pairs = document.querySelector('#pairs')!.textContent!
    expect(pairs).toContain('stretched 1.50 times (1.40 times taller)')
    expect(pairs).toContain('stretched 1.30 times (1.25 times wider)')
    expect(pairs).toContain('answers to [r]')
  })

  it('leads from a table of contents to every section', () => {
    const targets = [...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href')!.slice(1))
    expect(targets).toEqual([...document.querySelectorAll('section')].map(({ id }) => id))
    expect(targets.slice(0, 2)).toEqual(['findings', 'accuracy'])
  })

  it('draws curves on the test set if runs have snapshots', async () => {
    expect(page).toContain('accuracy over training on validation pictures, by their centres.')
    const { cells } = readStudy(out)
    for (const { run, tests } of cells.flatMap(({ runs }) => runs)) {
      const folder = files.run(out, run)
      writeRunRecord(folder, {
        ...readRunRecord(folder),
        snapshots: [
          { iteration: 100, tests },
          { iteration: 200, tests },
        ],
      })
    }
    expect((await pageOf(out)).page).toContain(
      'accuracy over training on the test set, by ten crops, at every snapshot.',
    )
    expect(readFileSync(join(out, 'report', 'tables', 'training.csv'), 'utf8')).toMatch(
      /^task,network,setting,fold,iteration,scored_on,accuracy\r\nage,adiencenet,i,0,100,test,0\.\d{4}\r\n/,
    )
  })
})

describe('a report', () => {
  it('stays small if pictures are large', async () => {
    const out = await writePaperStudy({
      folds: 1,
      faces: 16,
      explained: 8,
      side: 160,
    })
    const maps = readdirSync(join(out, 'runs'))
      .flatMap((run) =>
        readdirSync(join(out, 'runs', run, 'maps')).map((name) => join(out, 'runs', run, 'maps', name)),
      )
      .reduce((sum, path) => sum + statSync(path).size, 0)
    expect(maps).toBeGreaterThan(100e6)
    expect(statSync(await writeReport(readStudy(out))).size).toBeLessThan(30e6)
  })

  it('of another data set has only its own networks and settings, and nothing from the paper', async () => {
    const out = await writePaperStudy({ folds: 1, faces: 16, explained: 0, kind: 'aaf' })
    const { page, document } = await pageOf(out)
    expect(page).not.toContain('class="paper"')
    // A single fold has no mean over folds.
    expect(tableOf(document, 'age').rows.get('[i]')![0]).toMatch(/^\d+\.\d\d+\.\d–\d+\.\d$/)
  })

  it('of an unfinished study says what is done, and has dashes for the rest', async () => {
    const out = await writePaperStudy({
      folds: 2,
      faces: 16,
      explained: 1,
      kind: 'aaf',
      only: ({ letter, fold, setting }) => letter === 'A' && (fold === 0 || bracketed(setting) === '[i]'),
    })
    const { page, document } = await pageOf(out)
    expect(page).toMatch(/8 of its 76 runs are done/)
    const { rows } = tableOf(document, 'age, as in Table 2')
    expect(rows.get('[r]')![0]).toMatch(/1 of 2 folds$/)
    expect(rows.get('[i]')![0]).toMatch(/ ± /)
    expect(rows.get('[m,w]')!.slice(0, 9)).toEqual(Array(9).fill('–'))
  })

  it('of a study without finished runs says what is planned', async () => {
    const out = await writePaperStudy({ folds: 1, faces: 16, explained: 1, only: () => false })
    const { page, document } = await pageOf(out)
    expect(page).toMatch(/0 of its 38 runs are done/)
    expect([...document.querySelectorAll('section')].map(({ id }) => id)).toEqual(['run'])
  })

  it('of a study that was copied without its pictures leaves them out', async () => {
    const out = await writePaperStudy({ folds: 1, faces: 16, explained: 2 })
    for (const run of readdirSync(join(out, 'runs')))
      rmSync(join(out, 'runs', run, 'maps'), { recursive: true })
    expect((await pageOf(out)).page).toContain('no picture')
    expect(existsSync(join(out, 'report', 'figures', 'figure-2-age-i.svg'))).toBe(true)
  })
})
