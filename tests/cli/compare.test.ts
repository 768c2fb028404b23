import { mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import type { Comparison } from '../../src/evaluation/compare.ts'
import type { SettingsDifference } from '../../src/evaluation/compareSettings.ts'
import { learnedPlan, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

// Two networks of a tiny study that saw other photos, trained until their answers differ from face to face.
const { folder, plan, out } = writePlan(learnedPlan('[r, i]'))
const model = (task: string, setting: string) =>
  join(out, 'runs', `${task}-adiencenet-${setting}-fold1`, 'model.onnx')
const data = ['--data', `synthetic:${join(folder, 'faces')}`, '--limit', '40']
const compared = mkdtempSync(join(folder, 'compare-'))

beforeAll(() => main(['study', plan, '--out', out]))

interface Written {
  readonly comparisons: readonly Comparison[]
  readonly settings: readonly SettingsDifference[]
}

async function compare(...args: string[]): Promise<Written> {
  await main(['compare', ...args, ...data, '--out', compared])
  expect(captured.printed).not.toContain('regard:')
  return JSON.parse(readFileSync(join(compared, 'compare.json'), 'utf8'))
}

describe('regard compare', () => {
  it('lists the faces on which two networks disagree, and what speaks for each answer', async () => {
    const { comparisons, settings } = await compare(model('age', 'r'), model('age', 'i'), '--alignment', 'r')
    const [found] = comparisons as [Comparison]
    const differing = found.each.filter(({ answers }) => answers[0] !== answers[1])
    expect(differing.length).toBeGreaterThan(3)
    expect(found.agreement.mean).toBeCloseTo(1 - differing.length / found.faces)
    expect(found.contrasts).toHaveLength(2)
    expect(settings[0]!.ofSettings).toBe(false)
    expect(captured.printed).toContain('this describes these networks, not how they were trained')
    const rows: Record<string, string>[] = parse(readFileSync(join(compared, 'compare.csv')), {
      columns: true,
    })
    expect(rows).toHaveLength(40)
    expect(rows[0]!.answer_a).not.toBe(rows[0]!.answer_b)
    const page = readFileSync(join(compared, 'index.html'), 'utf8')
    expect(page).toContain('The faces on which they disagree')
  })

  it('groups the trainings of a setting', async () => {
    const [r, i] = [model('gender', 'r'), model('gender', 'i')]
    const { comparisons, settings } = await compare(
      `both=${r},${i},${r}`,
      `again=${i},${r},${i}`,
      '--alignment',
      'r',
    )
    expect(comparisons).toEqual([])
    expect(readFileSync(join(compared, 'compare.csv'), 'utf8')).toBe(
      'a,b,face,label,answer_a,answer_b,probability_a,probability_b,correlation,overlap\r\n',
    )
    expect(settings[0]).toMatchObject({ a: 'both', b: 'again', trainings: [3, 3], ofSettings: true })
  })

  it.each([
    [[model('gender', 'r')], /there is only one network, and nothing to compare it with/],
    [[model('gender', 'r'), model('age', 'r')], /they answer different questions: gender and age/],
    [['a=', model('age', 'r')], /names no file/],
  ])('refuses what cannot be compared: %#', async (args, message) => {
    await main(['compare', ...args, ...data])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(2)
  })
})
