import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pixelRelevance } from '../../src/explanation/heatMap.ts'
import { readNpy } from '../../src/formats/npy.ts'
import { explainFile } from '../../src/models/node.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { shared } from '../shared.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

describe.skipIf(!hasChromium || !shared)('Export', () => {
  const photo = join(shared ?? '', 'data/photos/astronaut.png')
  const folder = mkdtempSync(join(tmpdir(), 'regard-export-'))
  let studio: Opened
  beforeAll(async () => {
    studio = await openStudio()
    await open(photo)
  })
  afterAll(() => studio?.close())

  async function open(path: string): Promise<void> {
    const { page } = studio
    await page.getByRole('img', { name: /^faceres, / }).waitFor()
    await page.getByLabel('Open a photo').setInputFiles(path)
    await page.getByRole('img', { name: path.split('/').at(-1)! }).waitFor()
    await page.waitForFunction(
      () => !document.querySelector('.cell[data-waits]') && !document.querySelector('.status p')?.textContent,
    )
  }

  /** Download what an item of the menu gives. */
  async function taken(
    item: string | RegExp,
  ): Promise<{ readonly name: string; readonly path: string; readonly bytes: Buffer }> {
    const { page } = studio
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: item, exact: true }).click(),
    ])
    const name = download.suggestedFilename()
    const path = join(folder, name)
    await download.saveAs(path)
    return { name, path, bytes: readFileSync(path) }
  }

  test('npy holds the map that Node makes of the same photo', async () => {
    const { name, bytes } = await taken('Relevance of faceres, f, npy')
    expect(name).toBe('regard-faceres-f.npy')
    const { type, shape, data } = readNpy(bytes, name)
    const found = await explainFile('faceres', photo, { output: 'gender_pred/Sigmoid' })
    const map = pixelRelevance(found.relevance, 'NHWC')
    expect([type, shape]).toEqual(['float32', [map.height, map.width]])
    const most = map.data.reduce((so, value) => Math.max(so, Math.abs(value)), 0)
    const apart = map.data.reduce((so, value, k) => Math.max(so, Math.abs(value - Number(data[k]))), 0)
    console.log(`largest difference of the maps: ${(apart / most).toExponential(1)} of the largest relevance`)
    expect(apart).toBeLessThan(1e-3 * most)
  })

  test('JSON holds settings, answers, shares and the rules with their numbers', async () => {
    const { name, bytes } = await taken('Settings and numbers, JSON')
    expect(name).toBe('regard-faceres-f.json')
    const numbers = JSON.parse(bytes.toString())
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const [map] = numbers.maps
    expect(numbers).toMatchObject({ regard: version, settings: { align: 'own', edited: false } })
    expect(map).toMatchObject({ network: 'faceres', explained: 'f', by: 'epsilon-plus-flat-unbiased' })
    expect(
      map.rules.layers.find((layer: { rule: string }) => layer.rule === 'epsilon').epsilon,
    ).toBeGreaterThan(0)
    const sum = map.parts.reduce(
      (so: number, part: { positive: number; negative: number }) => so + part.positive + part.negative,
      0,
    )
    expect(sum).toBeCloseTo(map.reached, 5)
    expect(map.answers).toHaveLength(2)
  })

  test('SVG has maps as pictures and text as text', async () => {
    const { name, bytes } = await taken('Drawing, SVG')
    expect(name).toBe('regard-faceres-f.svg')
    const text = bytes.toString()
    expect(text).toMatch(/<text [^>]*>faceres<\/text>/)
    expect(text).toMatch(/<text [^>]*>for f<\/text>/)
    expect(text.match(/href="data:image\/png;base64,/g)).toHaveLength(2)
    const { width } = await sharp(bytes).metadata()
    expect(width).toBe(360)
  })

  test('the HTML card opens alone: no request, no script, the face only where that is said', async () => {
    const { page } = studio
    const other = await page.context().browser()!.newContext()
    try {
      for (const [item, pictures] of [
        ['Card, HTML This file contains the photo.', 3],
        ['Card, HTML, without the photo', 2],
      ] as const) {
        const { name, path, bytes } = await taken(item)
        expect(name).toBe('regard-faceres-f.html')
        const alone = await other.newPage()
        const asked: string[] = []
        const faults: string[] = []
        alone.on('request', (request) => asked.push(request.url()))
        alone.on('console', (message) => faults.push(message.text()))
        const url = pathToFileURL(path).href
        await alone.goto(url)
        expect(asked.filter((each) => !each.startsWith('data:'))).toEqual([url])
        expect(faults).toEqual([])
        expect(await alone.getByRole('heading', { name: /^faceres: / }).count()).toBe(1)
        expect(await alone.locator('img').count()).toBe(pictures)
        expect(
          await alone
            .locator('img')
            .evaluateAll((all) => all.every((it) => (it as { naturalWidth?: number }).naturalWidth! > 0)),
        ).toBe(true)
        expect(bytes.toString()).not.toMatch(/<script|javascript:|https?:/)
        expect(bytes.toString().includes('This file contains the photo.')).toBe(pictures === 3)
      }
    } finally {
      await other.close()
    }
    expect(page.isClosed()).toBe(false)
  })

  test('nothing that the file of the photo said is in any of them, and pictures with the face say so', async () => {
    const { page, faults } = studio
    const told = join(folder, 'told.jpg')
    await sharp(photo)
      .withExif({
        IFD0: { Copyright: 'SECRETWORDS', Model: 'SECRETWORDS' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
      })
      .jpeg()
      .toFile(told)
    expect(readFileSync(told).includes('SECRETWORDS')).toBe(true)
    await open(told)
    await page.getByRole('button', { name: 'Overlay' }).click()
    for (const item of [
      'Picture, PNG This file contains the photo.',
      'Picture, PNG, without the photo',
      'Drawing, SVG This file contains the photo.',
      'Relevance of faceres, f, npy',
      'Settings and numbers, JSON',
      'Card, HTML This file contains the photo.',
    ]) {
      const { name, bytes } = await taken(item)
      const inside = [bytes, ...picturesIn(bytes)]
      for (const each of inside) {
        for (const word of ['SECRETWORDS', 'Exif', 'eXIf', 'GPS', 'told.jpg', '<x:xmpmeta'])
          expect(each.includes(word), `${word} in ${name}`).toBe(false)
      }
      if (name.endsWith('.png')) expect((await sharp(bytes).metadata()).exif).toBeUndefined()
    }
    expect(faults).toEqual([])
  })

  test('the map of a JPEG is that of Node but for what the two decoders make of it', async () => {
    const { page } = studio
    const jpeg = join(shared!, 'data/fairface/fairface_0001.jpg')
    await open(jpeg)
    // As text: a list of numbers would take longer to come over than the map to compute.
    const text = await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
      const bitmap = await createImageBitmap(new Blob([bytes]))
      const { width, height } = bitmap
      const context = new OffscreenCanvas(width, height).getContext('2d')!
      context.drawImage(bitmap, 0, 0)
      const { data } = context.getImageData(0, 0, width, height)
      return Array.from(data, (value) => String.fromCharCode(value)).join('')
    }, readFileSync(jpeg).toString('base64'))
    const decoded = Buffer.from(text, 'latin1').filter((_, k) => k % 4 < 3)
    const { data: pixels } = await readPhoto(jpeg)
    expect(decoded.length).toBe(pixels.length)
    const steps = Array.from(decoded, (value, k) => Math.abs(value - pixels[k]!))
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length
    const most = steps.reduce((so, step) => Math.max(so, step), 0)

    const { data } = readNpy((await taken(/^Relevance of faceres, [fm], npy$/)).bytes, 'map')
    const found = await explainFile('faceres', jpeg, { output: 'gender_pred/Sigmoid' })
    const r = correlation(Array.from(data, Number), [...pixelRelevance(found.relevance, 'NHWC').data])
    console.log(
      `decoded pixels differ by ${mean.toFixed(3)} levels in the mean, ${most} at most; maps correlate by ${r.toFixed(5)}`,
    )
    expect(r).toBeGreaterThanOrEqual(0.99)
  })
})

/** The PNG files inside a file of text. */
function picturesIn(bytes: Buffer): Buffer[] {
  return [...bytes.toString('latin1').matchAll(/data:image\/png;base64,([\w+/=]+)/g)].map(([, data]) =>
    Buffer.from(data!, 'base64'),
  )
}

/** Pearson's. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const centred = (some: readonly number[]) => {
    const mean = some.reduce((sum, value) => sum + value, 0) / some.length
    return some.map((value) => value - mean)
  }
  const [x, y] = [centred(a), centred(b)]
  const dot = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, k) => sum + value * q[k]!, 0)
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))
}
