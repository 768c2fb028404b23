import { cpSync, mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { main } from '../../src/cli/main.ts'
import type { Profile } from '../../src/evaluation/profile.ts'
import { parseCard } from '../../src/models/card.ts'
import { type CompositeName, composites } from '../../src/rules/composites/presets.ts'
import { writeDrawnAaf } from '../datasets/drawnAaf.ts'
import { learnedPlan, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

// The networks of a tiny study, trained until their answers differ from face to face, and the faces that it was made with.
const { folder, plan, out } = writePlan(learnedPlan('[r]'))
const model = (task: string) => join(out, 'runs', `${task}-adiencenet-r-fold1`, 'model.onnx')
const drawn = join(folder, 'faces')
const profiled = mkdtempSync(join(folder, 'profile-'))

beforeAll(() => main(['study', plan, '--out', out]))

interface Written {
  readonly networks: readonly (Profile & { readonly faces: number })[]
  readonly across: Profile['differences']
}

async function profile(...args: string[]): Promise<Written> {
  await main(['profile', ...args, '--out', profiled])
  expect(captured.printed).not.toContain('regard:')
  return JSON.parse(readFileSync(join(profiled, 'profile.json'), 'utf8'))
}

const DRAWN = ['--data', `synthetic:${drawn}`, '--limit', '40']

describe('regard profile', () => {
  it('reports how much of the relevance lies in each true part of drawn faces', async () => {
    const { networks } = await profile(model('gender'), ...DRAWN)
    expect(captured.printed).toContain('of picture')
    const [{ groups, faces }] = networks as [Written['networks'][number]]
    expect(faces).toBe(40)
    const all = groups[0]!
    // Only drawn faces have glasses, neck and clothes.
    expect(all.parts.map(({ part }) => part)).toContain('glasses')
    for (const kind of ['positive', 'negative'] as const)
      expect(all.parts.reduce((sum, part) => sum + part[kind].mean, 0)).toBeCloseTo(1, 5)
    expect(all.parts.reduce((sum, { area }) => sum + area, 0)).toBeCloseTo(1, 5)
    for (const { positive } of all.parts) {
      expect(positive.interval!.low).toBeLessThanOrEqual(positive.mean)
      expect(positive.interval!.high).toBeGreaterThanOrEqual(positive.mean)
    }
    const rows: Record<string, string>[] = parse(readFileSync(join(profiled, 'profile.csv')), {
      columns: true,
    })
    expect(rows).toHaveLength(groups.length * all.parts.length)
    const hair = rows.find(({ group, part }) => group === 'all' && part === 'hair')!
    expect(Number(hair.positive)).toBe(all.parts.find(({ part }) => part === 'hair')!.positive.mean)
    const page = readFileSync(join(profiled, 'index.html'), 'utf8')
    expect(page).toContain('average face')
    expect(page).toContain('a part beyond it gets more than its size')
  })

  it('reuses the faces that an earlier call explained, and explains again what has changed', async () => {
    const before = await profile(model('gender'), ...DRAWN)
    const [store] = storesIn(profiled)
    const time = statSync(join(store!, 'maps.f32')).mtimeMs
    const again = await profile(model('gender'), ...DRAWN)
    expect(again).toEqual(before)
    expect(statSync(join(store!, 'maps.f32')).mtimeMs).toBe(time)
    const photo = join(drawn, 'truth', 'photos', `${JSON.parse(firstLine(store!)).face}.jpg`)
    utimesSync(photo, new Date(), new Date())
    await profile(model('gender'), ...DRAWN)
    expect(storesIn(profiled)).toHaveLength(2)
  })

  it('compares two networks face by face', async () => {
    const { networks, across } = await profile(
      model('gender'),
      model('gender'),
      ...DRAWN,
      '--composite',
      'epsilon',
    )
    expect(networks).toHaveLength(2)
    expect(across[0]!.people[0]).toBeGreaterThan(5)
    // A network does not differ from itself.
    expect(across[0]!.parts.every(({ difference, p }) => difference === 0 && p === 1)).toBe(true)
  })

  it('explains the data set’s class if asked to, also for age groups', async () => {
    const { networks } = await profile(model('age'), ...DRAWN, '--class', 'truth')
    expect(networks[0]!.groups.some(({ group }) => group.startsWith('answer '))).toBe(true)
  })

  it('finds the parts of real photos by their landmarks', async () => {
    const faces = mkdtempSync(join(folder, 'aaf-'))
    writeDrawnAaf(drawn, faces)
    const { networks } = await profile(model('gender'), '--data', `aaf:${faces}`, '--limit', '12')
    expect(networks[0]!.groups[0]!.parts.map(({ part }) => part)).not.toContain('glasses')
    expect(networks[0]!.groups[0]!.faces).toBe(12)
  })

  it('chooses the most faithful composite, says by which faces, and writes it into the card', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    cpSync(join(model('gender'), '..'), own, { recursive: true })
    const copy = join(own, 'model.onnx')
    await profile(copy, '--data', `synthetic:${drawn}`, '--limit', '8', '--composite', 'auto')
    expect(captured.printed).toMatch(
      /of \d+ composites \S+ is the most faithful on \d faces; on \d others its faithfulness/,
    )
    const card = readFileSync(join(own, 'model.card.yaml'), 'utf8')
    expect(card).toMatch(/^composite:/m)
    // The card keeps what it had.
    expect(card).toContain('trainedOn:')
    const [, chosen] = /composites (\S+) is/.exec(captured.printed)!
    captured.printed = ''
    await profile(copy, '--data', `synthetic:${drawn}`, '--limit', '8')
    const { networks } = JSON.parse(readFileSync(join(profiled, 'profile.json'), 'utf8'))
    expect(networks[0].by).toBe(chosen)
  })

  it('writes custom rules into the card as rules, even if they are named like a preset', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    cpSync(join(model('gender'), '..'), own, { recursive: true })
    const [copy, card] = [join(own, 'model.onnx'), join(own, 'model.card.yaml')]
    const auto = ['--data', `synthetic:${drawn}`, '--limit', '8', '--composite', 'auto']
    await profile(copy, ...auto)
    // The most faithful rules, under the name that is tried first, win against themselves.
    const document = parseDocument(readFileSync(card, 'utf8'))
    const chosen = document.toJS().composite
    const [name] = Object.keys(composites)
    const rules = { ...(typeof chosen === 'string' ? composites[chosen as CompositeName] : chosen), name }
    document.set('composite', document.createNode(rules))
    writeFileSync(card, document.toString())
    const read = () => parseCard(readFileSync(card, 'utf8'), card).composite
    const before = read()
    captured.printed = ''
    await profile(copy, ...auto)
    expect(captured.printed).toContain(`composites ${name} is the most faithful`)
    expect(captured.printed).toContain('It is written into')
    expect(read()).toEqual(before)
    expect(read()).toMatchObject(rules)
  })

  it('chooses nothing on too few faces', async () => {
    const few = ['--data', `synthetic:${drawn}`, '--limit', '5', '--composite', 'auto']
    await main(['profile', model('gender'), ...few, '--out', profiled])
    expect(captured.printed).toMatch(/choosing a composite needs at least 8 faces, and only 5 can be used/)
    expect(process.exitCode).toBe(1)
  })

  it.each([
    [['--class', 'old'], /no class 'old'/],
    [['--method', 'occlusion', '--composite', 'epsilon'], /--method replaces --composite/],
    [['--out', join(folder, 'plan.yaml')], /plan\.yaml: cannot be written into/],
  ])('refuses what does not fit: %j', async (args, message) => {
    await main(['profile', model('gender'), ...DRAWN, '--out', profiled, ...args])
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).not.toBe(0)
  })
})

function storesIn(folder: string): string[] {
  const stores = join(folder, 'explained')
  return readdirSync(stores).map((name) => join(stores, name))
}

function firstLine(store: string): string {
  return readFileSync(join(store, 'faces.jsonl'), 'utf8').split('\n')[0]!
}
