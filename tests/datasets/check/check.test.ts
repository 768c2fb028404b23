import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { readAaf } from '../../../src/datasets/aaf.ts'
import { type Checked, checkDataset } from '../../../src/datasets/check/check.ts'
import { readCsv } from '../../../src/datasets/csv.ts'
import type { Dataset } from '../../../src/datasets/dataset.ts'
import { readFairface } from '../../../src/datasets/fairface.ts'
import { readFolder } from '../../../src/datasets/folder.ts'
import { shared } from '../../shared.ts'
import { flawedTable } from './flawed.ts'

let dataset: Dataset
let checked: Checked

beforeAll(async () => {
  dataset = readCsv(await flawedTable())
  checked = await checkDataset(dataset, { folds: 5, seed: 1, find: false })
})

/** The cases of a finding: who, and what about it. */
function casesOf(name: string, from = { dataset, checked }) {
  const finding = from.checked.findings.find(({ check }) => check === name)!
  return finding.cases.map(({ faces, detail }) => [
    ...faces.map((index) => from.dataset.faces[index]!.id.replace(/^.*p_/, '')),
    detail,
  ])
}

describe('checkDataset', () => {
  it('stops before the next photo, for the given reason', async () => {
    const controller = new AbortController()
    const stages: string[] = []
    const checking = checkDataset(dataset, {
      folds: 5,
      seed: 1,
      find: false,
      signal: controller.signal,
      progress(stage, done) {
        stages.push(`${stage} ${done}`)
        if (stage === 'comparing') controller.abort(new Error('enough'))
      },
    })
    await expect(checking).rejects.toThrow('enough')
    expect(stages.at(-1)).toBe('comparing 1')
  })

  it('finds a copy in another fold, though it was scaled and compressed', () => {
    expect(casesOf('copies-in-two-folds')).toEqual([
      ['a', 'copy', expect.stringMatching(/^likeness .*folds 0 and 1$/)],
    ])
  })

  it('finds that its labels differ', () => {
    expect(casesOf('copies-with-two-labels')).toEqual([
      ['a', 'copy', expect.stringMatching(/^5 and 50 years, m and f; likeness/)],
    ])
  })

  it('distinguishes copies of two people from copies of one', () => {
    expect(casesOf('copies-of-two-people')).toEqual([
      ['b', 'mirror', expect.stringMatching(/^mirrored, likeness .*fold 0$/)],
    ])
    expect(casesOf('copies-of-one-person')).toEqual([['c', 'again', 'the same pixels, fold 1']])
  })

  it('finds a person in two of the published folds', () => {
    expect(checked.published).toBe(true)
    expect(casesOf('people-in-two-folds')).toEqual([['d', 'e', 'finn: 2 faces in folds 0, 1']])
  })

  it('names unusable photos, and continues', () => {
    expect(casesOf('unusable').map(([name]) => name)).toEqual(['cut', 'text'])
    expect(checked.skipped.map(({ face }) => face)).toEqual([
      expect.stringContaining('cut'),
      expect.stringContaining('text'),
    ])
    expect(checked.skipped[1]!.reason).toContain('the photo cannot be read')
  })

  it('finds small faces, implausible labels, and classes without a face', () => {
    expect(casesOf('tiny')).toEqual([['tiny', expect.stringMatching(/^\d+ pixels of 40 × \d+$/)]])
    expect(casesOf('unlikely-labels').map(([, detail]) => detail)).toEqual(['101 years'])
    expect(casesOf('empty-classes')).toEqual([])
  })

  it('lists the serious findings first, and also those that found nothing', () => {
    const order = ['serious', 'doubtful', 'note']
    const places = checked.findings.map(({ severity }) => order.indexOf(severity))
    expect(places).toEqual([...places].sort())
    expect(checked.findings.some(({ cases }) => cases.length === 0)).toBe(true)
    expect(checked.findings.map(({ check }) => check)).not.toContain('no-face')
  })
})

describe.skipIf(!shared)('checkDataset on a portrait', () => {
  it('lists faces that are turned or cut by the frame, and a JPEG that is damaged inside but opens', async () => {
    const portrait = sharp(join(shared!, 'data/photos/astronaut.png'))
    const folder = mkdtempSync(join(tmpdir(), 'regard-portrait-'))
    mkdirSync(join(folder, 'f'))
    await portrait.clone().toFile(join(folder, 'f/good.png'))
    await portrait.clone().rotate(180).toFile(join(folder, 'f/head.png'))
    await portrait.clone().rotate(90).toFile(join(folder, 'f/side.png'))
    // Its face lies from 186 to 259 and from 70 to 180.
    await portrait
      .clone()
      .extract({ left: 0, top: 0, width: 235, height: 400 })
      .toFile(join(folder, 'f/half.png'))
    const jpeg = await portrait.clone().jpeg().toBuffer()
    jpeg.fill(0xa5, Math.floor(0.7 * jpeg.length), Math.floor(0.7 * jpeg.length) + 200)
    writeFileSync(join(folder, 'f/torn.jpg'), jpeg)
    const own = readFolder(folder)
    const result = await checkDataset(own, { folds: 2, seed: 1, find: true })
    const cases = (name: string) =>
      result.findings
        .find(({ check }) => check === name)!
        .cases.map(({ faces, detail }) => [own.faces[faces[0]!]!.id, detail])
    expect(result.skipped).toEqual([])
    expect(cases('turned')).toEqual([
      ['f_head', expect.stringMatching(/^turned by -?1[78]\d°$/)],
      ['f_side', expect.stringMatching(/^turned by (8|9)\d°$/)],
    ])
    expect(cases('cut')).toEqual([['f_half', expect.stringMatching(/^\d+ % of it outside$/)]])
    expect(cases('damaged').map(([id]) => id)).toEqual(['f_torn'])
  })
})

describe.skipIf(!shared)('checkDataset on FairFace', () => {
  it('finds photos with several faces', async () => {
    const all = readFairface(join(shared!, 'data/fairface'))
    const names = ['fairface_0085', 'fairface_0238', 'fairface_0002', 'fairface_0003', 'fairface_0080']
    const some = { ...all, faces: all.faces.filter(({ id }) => names.includes(id)) }
    const result = await checkDataset(some, { folds: 2, seed: 1, find: true })
    const from = { dataset: some, checked: result }
    expect(casesOf('several-faces', from).map(([name]) => name)).toEqual(['fairface_0238', 'fairface_0085'])
    expect(casesOf('no-face', from)).toEqual([])
  })
})

describe.skipIf(!shared)('checkDataset on All-Age-Faces', () => {
  it('finds landmarks on a background face, and misplaced landmarks', async () => {
    const all = readAaf(join(shared!, 'data/aaf'))
    const names = ['08089A13', '08161A15', '07970A11', '00039A02', '12203A52']
    const some = { ...all, faces: all.faces.filter(({ id }) => names.includes(id)) }
    const result = await checkDataset(some, { folds: 2, seed: 1, find: true })
    const from = { dataset: some, checked: result }
    expect(casesOf('landmarks-of-another', from).map(([name]) => name)).toEqual(['08089A13'])
    expect(casesOf('landmarks-off', from).map(([name]) => name)).toEqual(['08161A15', '07970A11'])
  })
})
