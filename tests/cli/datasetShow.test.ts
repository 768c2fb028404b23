import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { flawedTable } from '../datasets/check/flawed.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const folder = mkdtempSync(join(tmpdir(), 'regard-show-'))
const drawn = join(folder, 'drawn')
beforeAll(async () => {
  await synthesize(drawn, { count: 30, seed: 'show' })
})

const show = (...flags: string[]) => main(['dataset', 'show', `synthetic:${drawn}`, ...flags])

describe('regard dataset show', () => {
  it('draws a row for each class, the same for the same seed', async () => {
    const [one, two, three] = ['one.png', 'two.png', 'three.png'].map((name) => join(folder, name))
    await show('--per-class', '3', '--out', one!)
    await show('--per-class', '3', '--out', two!)
    await show('--per-class', '3', '--out', three!, '--seed', '2')
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain(one)
    expect(readFileSync(one!)).toEqual(readFileSync(two!))
    expect(readFileSync(one!)).not.toEqual(readFileSync(three!))
    const { height } = await sharp(one).metadata()
    // Eight age groups and two genders.
    expect(height).toBeGreaterThan(10 * 112)
  })

  it('draws one task, aligned as requested, also into a folder', async () => {
    for (const as of ['r', 'i', 'photo']) {
      await show('--task', 'gender', '--as', as, '--out', join(folder, as))
      const { height } = await sharp(join(folder, as, 'show-synthetic.png')).metadata()
      expect(height).toBeLessThan(4 * 112)
    }
    expect(readFileSync(join(folder, 'r/show-synthetic.png'))).not.toEqual(
      readFileSync(join(folder, 'i/show-synthetic.png')),
    )
  })

  it('says that a task has no labels', async () => {
    await show('--task', 'years', '--out', join(folder, 'years.png'))
    expect(process.exitCode).toBe(2)
    expect(captured.printed).toContain('the data set has no labels for years. Choose another with --task')
  })

  it('names photos that cannot be read, and draws the others', async () => {
    const path = join(folder, 'flawed.png')
    await main([
      'dataset',
      'show',
      `csv:${await flawedTable()}`,
      '--task',
      'years',
      '--as',
      'photo',
      '--out',
      path,
    ])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toContain('cut.jpg: the photo cannot be read')
    expect((await sharp(path).metadata()).format).toBe('png')
  })
})
