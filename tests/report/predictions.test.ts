import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPredictions } from '../../src/report/predictions.ts'
import { answers, writeStudy } from './writtenStudy.ts'

const run = { task: 'gender', network: 'adiencenet', setting: 'r' } as const
const study = () =>
  writeStudy(
    [
      { ...run, fold: 1, right: { r: [true, false], i: [false, false] } },
      { ...run, fold: 0, right: { r: [true], i: [true] } },
    ],
    (k, fold) => `person, ${fold}${k}`,
  )

describe('the predictions of a cell', () => {
  it('are those of all its folds, face by face, as in the files', () => {
    const written = study()
    const read = readPredictions(written, written.cells[0]!, 'r')
    expect(read.map(({ face, subject, fold }) => [face, subject, fold])).toEqual([
      ['f1.0', 'person, 10', 1],
      ['f1.1', 'person, 11', 1],
      ['f0.0', 'person, 00', 0],
    ])
    expect(read.map(({ truth, predicted }) => [truth, predicted])).toEqual([
      [0, 0],
      [0, 1],
      [0, 0],
    ])
    expect(read[1]!.probabilities).toEqual([0.25, 0.75])
    expect(readPredictions(written, written.cells[0]!, 'i').map(({ predicted }) => predicted)).toEqual([
      1, 1, 0,
    ])
  })

  it('from a file without subjects count each face as a person', () => {
    const written = study()
    const file = join(written.out, 'runs/gender-adiencenet-r-fold0/predictions.csv')
    writeFileSync(file, 'face,tested_on,true,predicted,p m,p f\r\nx,r,m,m,0.9,0.1\r\nx,i,m,m,0.9,0.1\r\n')
    expect(readPredictions(written, written.cells[0]!, 'r').at(-1)!.subject).toBe('x')
  })

  it.each([
    ['face,tested_on,true,predicted,p m\r\nx,r,m,m,1\r\n', 'has no column "p f"'],
    [
      'face,tested_on,true,predicted,p m,p f\r\nx,r,m,q,1,0\r\n',
      'has an unknown class or alignment in line 2',
    ],
    ['face,tested_on,true,predicted,p m,p f\r\nx,r,m,m,1,0\r\n', 'has 0 faces on i, and result.json 1'],
    ['face,tested_on\r\nx,r,"\r\n', 'could not be read'],
  ])('from a damaged file (%j) give an error that names it', (text, message) => {
    const written = study()
    const file = join(written.out, 'runs/gender-adiencenet-r-fold0/predictions.csv')
    writeFileSync(file, text)
    const read = () => readPredictions(written, written.cells[0]!, 'r')
    expect(read).toThrow(message)
    expect(read).toThrow(file)
    rmSync(file)
    expect(read).toThrow('could not be read')
  })

  it('are complete for many faces', () => {
    const right = answers([true, 300], [false, 200])
    const written = writeStudy([{ ...run, right: { r: right, i: right } }])
    expect(readPredictions(written, written.cells[0]!, 'r')).toHaveLength(500)
  })
})
