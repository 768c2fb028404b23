import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { writePaperStudy } from '../report/paperStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

describe('regard report', () => {
  it('makes the report of a study’s folder, and says what it holds and what is unfinished', async () => {
    const out = await writePaperStudy({
      folds: 1,
      faces: 16,
      explained: 1,
      only: ({ letter }) => letter === 'A',
    })
    await main(['report', out])
    expect(captured.printed).toMatch(/^On test faces, .*\nage {5}A \[i\] +\d+\.\d % .*\nage {5}A \[r\]/)
    expect(captured.printed).toContain('\nNot finished: 6 of 38 runs are done.\n')
    expect(captured.printed).toContain(`Report: ${join(out, 'report', 'index.html')}`)
    expect(existsSync(join(out, 'report', 'index.html'))).toBe(true)
    expect(process.exitCode).toBe(0)
  })

  it('leaves out photos, and keeps the maps', async () => {
    const out = await writePaperStudy({
      folds: 1,
      faces: 16,
      explained: 1,
      only: ({ letter }) => letter === 'A',
    })
    const pictures = async (...flags: string[]) => {
      await main(['report', out, ...flags])
      const page = readFileSync(join(out, 'report', 'index.html'), 'utf8')
      const figures = readdirSync(join(out, 'report', 'figures')).map((name) =>
        readFileSync(join(out, 'report', 'figures', name), 'utf8'),
      )
      const all = [page, ...figures].join('')
      return {
        photos: all.match(/(alt="photo |<title>photo )/g)?.length ?? 0,
        maps: all.split('heat map for').length - 1,
      }
    }
    const whole = await pictures()
    expect(whole.photos).toBeGreaterThan(0)
    expect(await pictures('--no-photos')).toEqual({ photos: 0, maps: whole.maps })
  })

  it('says that a folder holds no study', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'regard-none-'))
    await main(['report', folder])
    expect(captured.printed).toBe(
      `regard: ${folder}: this folder holds no study: it lacks study.json. Name the folder that \`regard study\` wrote to\n`,
    )
    expect(process.exitCode).toBe(1)
  })

  it('has an example in its help', async () => {
    await main(['report', '--help'])
    expect(captured.printed).toContain('$ regard report out/')
  })
})
