import { appendFileSync, copyFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { readAaf } from '../../src/datasets/aaf.ts'
import { identicalPhotos } from '../../src/datasets/duplicates.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { capturePrinted } from '../cli/capture.ts'
import { writeDrawnAaf } from '../datasets/drawnAaf.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

const captured = capturePrinted()
const faces = mkdtempSync(join(tmpdir(), 'regard-repeated-'))

// Faces of which a third appear twice, under other people.
beforeAll(async () => {
  await synthesize(join(faces, 'drawn'), { count: 60, seed: 1 })
  writeDrawnAaf(join(faces, 'drawn'), faces)
  const rows = readFileSync(join(faces, 'labels.csv'), 'utf8').trimEnd().split('\n').slice(1, 21)
  for (const [k, row] of rows.entries()) {
    const [name, , age, gender] = row.split(',')
    for (const [folder, ending] of [
      ['photos', 'jpg'],
      ['landmarks49', 'txt'],
    ]) {
      copyFileSync(join(faces, folder!, `${name}.${ending}`), join(faces, folder!, `copy-${k}.${ending}`))
    }
    appendFileSync(join(faces, 'labels.csv'), `copy-${k},copy ${k},${age},${gender}\n`)
  }
})

/** The number of repeated photos on both sides of a study's test, and the model that it trained. */
async function study(repeated: string) {
  const { plan, out } = writePlan(
    TINY_PLAN.replace(
      '{ kind: synthetic, count: 120, seed: 5, root: faces }',
      `{ kind: aaf, root: '${faces}' }`,
    )
      .replace('[age, gender]', '[gender]')
      .replace('[r, i, m]', '[r]')
      .replace('test: [1]', `test: [1]${repeated}`)
      .replace('photos: 2', 'photos: 0'),
  )
  await main(['study', plan, '--out', out])
  expect(process.exitCode).toBe(0)
  const run = join(out, 'runs/gender-adiencenet-r-fold1')
  const tested = readFileSync(join(run, 'predictions.csv'), 'utf8')
  const all = readAaf(faces).faces
  const isTested = (index: number) => new RegExp(`^${all[index]!.id},`, 'm').test(tested)
  const split = identicalPhotos(all).filter(([a, b]) => isTested(a!) !== isTested(b!)).length
  return { split, out, model: join(run, 'model.onnx') }
}

describe('a study with repeated faces', () => {
  it('keeps both copies on the same side of a test', async () => {
    const { split, model } = await study('')
    expect(split).toBe(0)
    expect(readFileSync(model.replace('.onnx', '.card.yaml'), 'utf8')).not.toContain('repeated')
  })

  it('puts them anywhere if its plan says so, and evaluates its networks on the same faces', async () => {
    const { split, out, model } = await study(', repeated: anywhere')
    expect(split).toBeGreaterThan(3)
    expect(readFileSync(join(out, 'report/index.html'), 'utf8')).toContain('may be in two of them')
    await main(['evaluate', model, '--data', `aaf:${faces}`, '--fold', '1/3', '--json', join(out, 'x.json')])
    // Their copies are among what it was trained on.
    expect(captured.printed).toMatch(
      /Warning: .*trained on the photos of \d+ of these \d+ faces\. They are copies/,
    )
    const { data } = JSON.parse(readFileSync(join(out, 'x.json'), 'utf8'))
    expect(data[0]).toMatchObject({ scored: { fold: 1, of: 3, repeated: 'anywhere' } })
    const own = JSON.parse(readFileSync(join(model, '../result.json'), 'utf8'))
    expect(data[0].confusion).toEqual(own.tests.r.confusion)
  })
})
