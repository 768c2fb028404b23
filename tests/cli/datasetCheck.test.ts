import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { writeMark } from '../../src/datasets/check/marks.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { flawedTable } from '../datasets/check/flawed.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const out = join(mkdtempSync(join(tmpdir(), 'regard-check-')), 'out')
let table: string
beforeAll(async () => {
  table = await flawedTable()
})

const check = (...flags: string[]) =>
  main(['dataset', 'check', `csv:${table}`, '--no-finder', '--out', out, ...flags])

describe('regard dataset check', () => {
  it('reports what it found, the serious first, and what to do; bad photos give exit code 3', async () => {
    await check()
    expect(process.exitCode).toBe(3)
    const { printed } = captured
    expect(printed).toContain('12 faces of 10 people, in the 2 folds of its publishers')
    expect(printed).toMatch(/serious:\n +1 {2}the same picture in two folds\. The network is tested/)
    expect(printed.indexOf('serious:')).toBeLessThan(printed.indexOf('doubtful:'))
    expect(printed).toMatch(/\n\d+ of \d+ checks found nothing; the page lists them\n/)
    expect(printed).toMatch(/2 photos could not be used:\n.*cut: .*cut\.jpg: the photo cannot be read/)
    expect(printed).toContain(join(out, 'index.html'))
  })

  it('writes a page with the pictures, and escapes every name', async () => {
    const page = readFileSync(join(out, 'index.html'), 'utf8')
    expect(page.match(/<img src="data:image\/jpeg;base64,/g)!.length).toBeGreaterThan(8)
    expect(page).not.toMatch(/src="(?!data:)/)
    expect(page).toContain('no picture')
    expect(page).toContain('&#60;i&#62;jo&#60;/i&#62;')
    expect(page).not.toContain('<i>jo')
  })

  it('writes all cases as a table and as JSON', () => {
    const [header, ...rows] = readFileSync(join(out, 'findings.csv'), 'utf8').trimEnd().split('\r\n')
    expect(header).toBe('check,severity,case,detail,face,person,fold,age,years,gender,photo')
    const copies = rows.filter((row) => row.startsWith('copies-in-two-folds'))
    expect(copies).toHaveLength(2)
    expect(copies[1]).toMatch(/,bob,1,48-53,50,f,.*copy\.jpg$/)
    const { findings, skipped } = JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8'))
    expect(findings[0]).toMatchObject({ check: 'copies-in-two-folds', severity: 'serious', count: 1 })
    expect(skipped).toHaveLength(2)
  })

  it('prints JSON instead of the summary, and fails on serious findings if asked to', async () => {
    await check('--json', '--strict')
    expect(process.exitCode).toBe(1)
    // Progress and skipped files go to standard error.
    const json = captured.printed.slice(captured.printed.indexOf('{'), captured.printed.lastIndexOf('}') + 1)
    expect(JSON.parse(json)).toEqual(JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8')))
  })

  it('refuses folds other than the published ones, and writes nothing', async () => {
    const elsewhere = join(out, 'elsewhere')
    await main(['dataset', 'check', `csv:${table}`, '--no-finder', '--folds', '3', '--out', elsewhere])
    expect(process.exitCode).toBe(2)
    expect(captured.printed).toContain('csv has 2 folds of its own, not 3. Leave --folds out')
    expect(existsSync(elsewhere)).toBe(false)
  })

  it('honours marks: pairs marked different are gone, and a plan can leave out faces of those marked the same', async () => {
    const findings = (): { check: string; count: number; cases: { faces: [string, string] }[] }[] =>
      JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8')).findings
    const pairOf = (name: string) => findings().find(({ check }) => check === name)!.cases[0]!.faces
    await check()
    const [contradicting, mirrored, again] = [
      'copies-with-two-labels',
      'copies-of-two-people',
      'copies-of-one-person',
    ].map(pairOf) as [[string, string], [string, string], [string, string]]
    const put = (pair: [string, string], mark: 'same' | 'different') =>
      writeMark(out, { a: pair[0], b: pair[1], mark })
    put(contradicting, 'same')
    put(mirrored, 'same')
    // Whichever comes first.
    put([mirrored[1], mirrored[0]], 'different')
    put(again, 'same')
    await check()
    expect(captured.printed).toContain('1 pair marked as different: ignored.')
    expect(captured.printed).toContain('3 faces left out here, by pairs marked as the same: leave-out.csv.')
    expect(findings().filter(({ check, count }) => check.startsWith('copies') && count > 0)).toEqual([])
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('3 faces left out here')
    const left = readFileSync(join(out, 'leave-out.csv'), 'utf8')
    // Among copies with different labels nobody knows which is right; among the others the first stays.
    expect(left.split('\r\n').map((line) => line.split(',')[0])).toEqual([
      'face',
      ...contradicting,
      again[1],
      '',
    ])
    expect(left).toContain(`the same picture as ${again[0]}`)

    const whole = await readDataset('csv', table)
    const rest = await readDataset('csv', table, { without: join(out, 'leave-out.csv') })
    expect(rest.faces).toHaveLength(whole.faces.length - 3)
    expect(rest.dropped['left out by leave-out.csv']).toBe(3)
    expect(rest.read).toBe(whole.read)

    // Once the marks are taken back, all is as before.
    writeFileSync(join(out, 'marks.csv'), 'a,b,mark\r\n')
    await check()
    expect(existsSync(join(out, 'leave-out.csv'))).toBe(false)
    expect(findings().filter(({ check, count }) => check.startsWith('copies') && count > 0)).toHaveLength(4)
  })

  it('names the malformed line in the marks or in the list of faces to leave out', async () => {
    writeFileSync(join(out, 'marks.csv'), 'a,b,mark\r\np/a,p/b,alike\r\n')
    await check()
    expect(captured.printed).toContain("marks.csv:2: 'alike' is not a mark. Write same or different")
    const list = join(out, 'list.csv')
    writeFileSync(list, 'face\r\nnobody\r\n')
    await expect(readDataset('csv', table, { without: list })).rejects.toThrow(
      /list\.csv:2: csv has no face 'nobody'/,
    )
  })
})
