import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { answersAsked } from '../../src/models/answersAsked.ts'
import { answersOf } from '../../src/models/model.ts'
import { explainFile, openBuiltIn } from '../../src/models/node.ts'
import { writePicture } from '../../src/pictures/node.ts'
import { drawnFace } from '../datasets/synthetic/drawing.ts'

const answers = answersOf(await openBuiltIn('faceres'))
const tasks = (asked: readonly string[], minus?: string) =>
  answersAsked(answers, asked, minus).map(({ task }) => task)
const folder = mkdtempSync(join(tmpdir(), 'regard-answers-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a question to a network with several answers', () => {
  it('goes to those that have the class', () => {
    expect(tasks(['top'])).toEqual(['years', 'gender'])
    expect(tasks(['f'])).toEqual(['gender'])
    expect(tasks(['m'], 'f')).toEqual(['gender'])
    expect(tasks(['years'], '30')).toEqual(['years'])
    expect(tasks(['60+,20-29'])).toEqual(['years'])
  })

  it('must belong to one of them, or the error says whose it is', () => {
    expect(() => tasks(['years,f'])).toThrow(
      /years belongs to the answer years, f belongs to the answer gender\. Name classes of one answer/,
    )
    expect(() => tasks(['f'], '30')).toThrow(/30 belongs to the answer years/)
    expect(() => tasks(['cat'])).toThrow(/no answer of the network has the class cat\. .*--output/)
  })

  it('is resolved in a program as in the command', async () => {
    const photo = join(folder, 'face.png')
    await writePicture(photo, (await drawnFace()).face)
    const { name, outputs } = await explainFile('faceres', photo, { class: 'f', asIs: true })
    expect(name).toBe('f')
    // Its features are not an answer.
    expect(Object.keys(outputs).sort()).toEqual(['age_pred/Softmax', 'gender_pred/Sigmoid'])
  })
})
