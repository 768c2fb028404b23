import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { samples } from '../datasets/samples.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const json = join(mkdtempSync(join(tmpdir(), 'regard-info-')), 'info.json')

describe('regard dataset info', () => {
  it('reports what a data set holds, its licence and citation, and what was left out and why', async () => {
    const root = samples.adience()
    appendFileSync(join(root, 'fold_1_data.txt'), 'u\tb.jpg\t7\tNone\tu\t1\t2\t3\t4\t0\t0\t99\n')
    await main(['dataset', 'info', `adience:${root}`, '--json', json])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toBe(`adience: ${root}
  5 faces of 5 people, from 6 rows or photos
  licence: Given on request, for research. The photos were put on Flickr by their owners under Creative Commons licences.
  citation: E. Eidinger, R. Enbar, T. Hassner: Age and gender estimation of unfiltered faces. IEEE Transactions on Information Forensics and Security 9(12), 2170–2179, 2014; lists: G. Levi, T. Hassner: Age and gender classification using convolutional neural networks. CVPR Workshops, 2015

age: 5 faces
  0-2  4-6  8-13  15-20  25-32  38-43  48-53  60+
  1    0    1     0      1      0      1      1

gender: 5 faces
  m  f
  2  3

folds, as published: 5 faces
  0  1  2  3  4
  1  1  1  1  1

left out:
  1  neither an age group nor a gender
`)
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      kind: 'adience',
      root: relative(dirname(json), root),
      faces: 5,
      subjects: 5,
      read: 6,
      classes: { age: [1, 0, 1, 0, 1, 0, 1, 1], gender: [2, 3] },
      folds: [1, 1, 1, 1, 1],
      dropped: { 'neither an age group nor a gender': 1 },
      remarks: {},
      skipped: [],
    })
  })

  it('names what is wrong, and ends with exit code 3', async () => {
    const table = samples.csv()
    appendFileSync(table, 'lost.jpg;3;f\n')
    await main(['dataset', 'info', `csv:${table}`])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toContain(
      `1 photo could not be used:\n  ${table}:7: has the path lost.jpg, which does not exist\n`,
    )
  })

  it('repairs labels if asked to, and says if there are none to repair', async () => {
    const root = samples.adience()
    const table = join(root, 'fold_1_data.txt')
    writeFileSync(table, readFileSync(table, 'utf8').replace('(25, 32)', '(25, 23)'))
    await main(['dataset', 'info', `adience:${root}`])
    expect(captured.printed).toContain('age: 4 faces')
    await main(['dataset', 'info', `adience:${root}`, '--repair-labels'])
    expect(captured.printed).toContain('age: 5 faces')
    await main(['dataset', 'info', `csv:${samples.csv()}`, '--repair-labels'])
    expect(process.exitCode).toBe(2)
    expect(captured.printed).toContain('--repair-labels is only for data of kind adience. Leave it out')
  })
})
