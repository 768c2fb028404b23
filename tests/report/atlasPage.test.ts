import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Atlas, atlasOf } from '../../src/evaluation/atlas.ts'
import { writeAtlasPage } from '../../src/report/atlasPage.ts'
import { plantedSplit } from '../evaluation/planted.ts'

const words = {
  network: 'net',
  data: 'csv:<faces>',
  licence: 'for research',
  by: 'paper',
  classes: 'the network’s own answers',
}
const explained = plantedSplit()
let atlas: Atlas
beforeAll(async () => {
  atlas = await atlasOf(explained, { task: 'gender' })
})

async function pageOf(shown: Atlas): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'regard-atlas-page-'))
  await writeAtlasPage(folder, explained, shown, words)
  expect(readdirSync(join(folder, 'figures'))).toHaveLength(shown.classes.length)
  return readFileSync(join(folder, 'index.html'), 'utf8')
}

/** The text of a page, without its style sheet. */
const textOf = (page: string) => page.replace(/<style>.*?<\/style>|<[^>]+>/gs, '').replace(/\s+/g, ' ')

describe('the page of an atlas', () => {
  it('names the planted cluster first, with its over-represented group', async () => {
    const page = await pageOf(atlas)
    const first = /<h2>Look at these first<\/h2>\s*<ol><li>.*?<\/li>/s.exec(page)![0]
    expect(first).toContain('href="#f-1"')
    expect(page).toContain('id="f-1"')
    const { share, rest } = atlas.classes[1]!.clusters[0]!.told[0]!
    expect(textOf(first)).toContain(
      `f, cluster 1 (40 of 120 faces): age 60+: ${Math.round(100 * share)} % of its faces, ${Math.round(100 * rest)} % of the others (p &#60; 0.001)`,
    )
  })

  it('explains the rank of each cluster, and shows a dozen of its faces beside their maps', async () => {
    const page = await pageOf(atlas)
    const text = textOf(page)
    expect(text).toContain('It has more than chance would bring of age 60+: ')
    expect(text).toContain(
      'It has no more of any group, nor of wrong answers, than chance would bring; it lies far apart',
    )
    expect(text).toContain('The mean probability of its answers is 90 %')
    // For each of the four clusters a mean map, an average face, and twelve faces with their maps.
    expect(page.match(/<img /g)).toHaveLength(4 * (2 + 2 * 12))
    expect(page).toContain('csv:&#60;faces&#62;')
  })

  it('says if nothing is lopsided, if a class does not split, and what is left out', async () => {
    const plain: Atlas = {
      ...atlas,
      classes: atlas.classes.map((own) => ({
        ...own,
        whole: true,
        clusters: own.clusters.map((cluster) => ({ ...cluster, told: [] })),
      })),
      left: [{ name: 'x', faces: 3 }],
      blank: 2,
    }
    const text = textOf(await pageOf(plain))
    expect(text).toContain('No cluster has more of any group, nor of wrong answers, than chance would bring.')
    expect(text).toContain('Their maps do not fall into kinds')
    expect(text).toContain('Classes of fewer than 20 faces are left out: x (3).')
    expect(text).toContain('2 empty maps are left out.')
  })
})
