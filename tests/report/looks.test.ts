import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { faithfulCells, faithfulSentence } from '../../src/report/faithful.ts'
import { headParts, LOWER, shareOn, UPPER } from '../../src/report/headParts.ts'
import { looksOf } from '../../src/report/looks.ts'
import { looksSection } from '../../src/report/looksSection.ts'
import { type Looks, writtenProfile } from './writtenProfile.ts'
import { type WrittenRun, writeStudy } from './writtenStudy.ts'

/** A run for gender whose answers do not matter. */
function run(setting: 'r' | 'i', fold: number, looks: Looks): WrittenRun {
  const profile = writtenProfile(`${setting} ${fold}`, fold, looks)
  return { task: 'gender', network: 'adiencenet', setting, fold, right: { r: [true, false] }, profile }
}

const eyesAndMouth: Looks = {
  shares: (gender) => (gender === 'f' ? { eyes: 0.5, mouth: 0.1 } : { eyes: 0.2, mouth: 0.4 }),
  faithful: 1,
}

async function sectionOf(runs: readonly WrittenRun[]) {
  const study = writeStudy(runs)
  return looksSection(await looksOf(study), faithfulCells(study))
}

describe('what the networks look at', () => {
  it('is the share of each part for each class, over the faces of all folds', async () => {
    const study = writeStudy([run('r', 0, eyesAndMouth), run('r', 1, eyesAndMouth)])
    const [looks] = await looksOf(study)
    expect(looks).toMatchObject({ faces: 80, people: 80, unknown: 0, warned: 0 })
    const { groups, differences } = looks!.profile!
    const eyes = (group: string) =>
      groups.find((one) => one.group === group)!.parts.find(({ part }) => part === 'eyes')!.positive
    expect(eyes('label f').mean).toBeCloseTo(0.5, 1)
    expect(eyes('label m').mean).toBeCloseTo(0.2, 1)
    expect(eyes('label f').interval!.low).toBeGreaterThan(eyes('label m').interval!.high)
    const told = differences[0]!.parts.filter(({ p }) => p < 0.05).map(({ part }) => part)
    expect(told).toEqual(expect.arrayContaining(['eyes', 'mouth']))
    expect(told).not.toContain('nose')
  })

  it('has a row of average maps for each network and setting, with figures and tables as files', async () => {
    const section = (await sectionOf([run('r', 0, eyesAndMouth), run('i', 0, eyesAndMouth)]))!
    const { document } = parseHTML(`<html><body>${section.body.text}</body></html>`)
    const rows = [...document.querySelectorAll('.averages')]
    expect(rows).toHaveLength(2)
    expect([...rows[0]!.querySelectorAll('figcaption')].map((one) => one.textContent)).toEqual([
      'm',
      'f',
      'm minus f, on its own scale',
    ])
    expect(section.figures!.map(({ name }) => name)).toEqual([
      'looks-gender-adiencenet-i',
      'looks-gender-adiencenet-r',
    ])
    expect(section.tables!.map(({ name }) => name)).toEqual(['looks-gender', 'faithful-gender'])
    expect(section.body.text).not.toMatch(/NaN|undefined/)
  })

  it('says so if no face has known parts', async () => {
    const known = run('r', 0, eyesAndMouth)
    const faces = known.profile!.faces.map((face) => ({ ...face, parts: null }))
    const section = (await sectionOf([{ ...known, profile: { ...known.profile!, faces } }]))!
    expect(section.body.text).toContain('The parts of these faces are unknown.')
    expect(section.figures).toEqual([])
    expect(section.body.text).not.toMatch(/NaN|undefined/)
  })

  it('is left out if no run has a profile', async () => {
    const { profile: _, ...rest } = run('r', 0, eyesAndMouth)
    expect(await sectionOf([rest])).toBeUndefined()
  })
})

describe('how faithful maps are', () => {
  const cellsOf = (faithful: number) => faithfulCells(writeStudy([run('r', 0, { faithful })]))

  it('is measured by how much they exceed controls that know nothing of the network', () => {
    const [cell] = cellsOf(1)
    expect(cell!.faces).toBe(16)
    expect(cell!.over.random.difference).toBeCloseTo(1, 1)
    expect(cell!.over.random.p).toBeLessThan(0.01)
    expect(cell!.abpc.map.interval!.low).toBeGreaterThan(0.9)
    expect(faithfulSentence(cellsOf(1))).toBe('All maps are better than both controls.')
  })

  it('names the controls that maps do not beat', () => {
    expect(faithfulSentence(cellsOf(0))).toMatch(/than the edges of the photos the maps of any network/)
    expect(faithfulSentence(cellsOf(-1))).toMatch(
      /than random numbers the maps of any network; than the edges/,
    )
  })
})

describe('the parts of the head', () => {
  const parts = ['background', 'hair', 'eyes', 'mouth', 'neck']
  const face = {
    parts: [1, 2, 3, 4, 10].map((positive) => ({ positive, negative: -5, area: 0.2 })),
  }

  it('are all parts except the background, neck and clothes', () => {
    expect(headParts(parts)).toEqual(['hair', 'eyes', 'mouth'])
    expect(shareOn(face, parts, headParts(parts))).toBeCloseTo(9 / 20)
    expect(shareOn(face, parts, UPPER)).toBeCloseTo(5 / 20)
    expect(shareOn(face, parts, LOWER)).toBeCloseTo(4 / 20)
  })

  it('have no share if nothing speaks for the class, or if they are unknown', () => {
    expect(shareOn({ parts: null }, parts, UPPER)).toBeUndefined()
    const empty = face.parts.map((part) => ({ ...part, positive: 0 }))
    expect(shareOn({ parts: empty }, parts, UPPER)).toBeUndefined()
  })
})
