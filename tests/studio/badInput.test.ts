import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { float32 } from '../../src/graph/types.ts'
import { listen } from '../../src/server/listen.ts'
import { writeStudio } from '../../src/server/static.ts'
import { WHOLE } from '../chromium.ts'
import { shared } from '../shared.ts'
import { drop, hasChromium, type Opened, openStudio } from './open.ts'
import { plainServer } from './plainServer.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-bad-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sample = fileURLToPath(new URL('../../studio/samples/astronaut.jpg', import.meta.url))
const file = (name: string) => join(folder, name)

/** Let the page come to rest: nothing is under way, and no cell waits. */
async function atRest(page: Page): Promise<void> {
  await page.waitForFunction(
    () => !document.querySelector('.cell[data-waits]') && !document.querySelector('.status p')?.textContent,
  )
}

// What needs no page of its own shares this one.
let studio: Opened
beforeAll(async () => {
  if (!hasChromium) return
  studio = await openStudio()
  await studio.page.getByRole('img', { name: /^faceres, / }).waitFor()
})
afterAll(() => studio?.close())

async function open(page: Page, path: string): Promise<void> {
  await page.getByLabel('Open a photo').setInputFiles(path)
}

describe.skipIf(!hasChromium)('what is dropped', () => {
  test('is opened wherever on Look it is dropped, and says where it belongs if it is no photo', async () => {
    const { page, faults } = studio
    const name = 'beside.jpg'
    writeFileSync(file(name), readFileSync(sample))
    await drop(page, file(name), [1000, 600])
    await page.getByRole('img', { name, exact: true }).waitFor()
    writeFileSync(file('net.onnx'), 'x')
    const alert = page.getByRole('alert')
    await drop(page, file('net.onnx'))
    await alert
      .filter({ hasText: 'net.onnx: is part of a network, not a photo. Open it in Models.' })
      .waitFor()
    await drop(page, folder)
    await alert
      .filter({ hasText: /: is a folder\. Open its photos one by one here, or a study’s / })
      .waitFor()
    await page.getByRole('button', { name: 'Sample' }).click()
    await page.getByRole('img', { name: 'Sample: Eileen Collins, NASA' }).waitFor()
    await atRest(page)
    expect(faults).toEqual([])
  })

  test('is left alone by a view that takes no files, which stays', async () => {
    const { page, faults } = studio
    await page.evaluate(() => {
      location.hash = '#/help'
    })
    await page.getByRole('heading', { name: 'Help', includeHidden: true }).waitFor()
    await drop(page, sample)
    expect(page.url()).toContain('#/help')
    await page.evaluate(() => {
      location.hash = '#/look'
    })
    await page.getByRole('img', { name: 'Sample: Eileen Collins, NASA' }).waitFor()
    expect(faults).toEqual([])
  })
})

describe.skipIf(!hasChromium)('a photo that Look cannot use', () => {
  test('says what it is and what to do, and the last one stays', async () => {
    const { page, faults } = studio
    const jpeg = readFileSync(sample)
    const png = await sharp(sample).png().toBuffer()
    // The header of a HEIC file, as telephones write it.
    const heic = Buffer.alloc(4096)
    heic.writeUInt32BE(24, 0)
    heic.write('ftypheic\0\0\0\0mif1heic', 4, 'latin1')
    await sharp({ create: { width: 10_000, height: 6_600, channels: 3, background: '#987' } })
      .jpeg()
      .toFile(file('large.jpg'))
    const cases: [name: string, bytes: Buffer | undefined, said: string | RegExp][] = [
      ['large.jpg', undefined, 'large.jpg: 66 megapixels; the limit is 65. Make it smaller'],
      ['telephone.heic', heic, 'telephone.heic: this browser cannot read HEIC. Save it as JPEG'],
      [
        'scan.tiff',
        await sharp(sample).tiff().toBuffer(),
        'scan.tiff: this browser cannot read TIFF. Save it as JPEG',
      ],
      [
        'drawing.svg',
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
        'drawing.svg: this browser cannot read SVG. Save it as JPEG',
      ],
      [
        'empty.jpg',
        Buffer.from(''),
        /^empty\.jpg: the photo cannot be read \(the file is empty\)\. Copy it again/,
      ],
      ['words.jpg', Buffer.from('No photo.'), /^words\.jpg: the photo cannot be read \(.+\)\. Open it in /],
      [
        'cut.jpg',
        jpeg.subarray(0, jpeg.length / 2),
        /^cut\.jpg: the photo cannot be read \(.+\)\. Open it in /,
      ],
      [
        'cut.png',
        png.subarray(0, png.length / 2),
        /^cut\.png: the photo cannot be read \(.+\)\. Open it in /,
      ],
      ['page.jpg', Buffer.from('<!doctype html><html></html>'), /^page\.jpg: is an HTML page, /],
    ]
    for (const [name, bytes, said] of cases) {
      if (bytes) writeFileSync(file(name), bytes)
      await open(page, file(name))
      const alert = page.getByRole('alert').filter({ hasText: name })
      await alert.waitFor()
      const text = await alert.textContent()
      if (typeof said === 'string') expect(text).toBe(said)
      else expect(text).toMatch(said)
      await page.getByRole('img', { name: 'Sample: Eileen Collins, NASA' }).waitFor()
    }
    expect(faults).toEqual([])
  })

  test('is none where the browser reads it: 50 MB, AVIF, WebP, GIF, BMP', async () => {
    const { page, faults } = studio
    // Grain makes it large, as it does a camera's.
    const side = 4200
    const { data } = await sharp(sample)
      .resize(side, side)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    data.forEach((value, k) => {
      data[k] = Math.max(0, Math.min(255, value + ((Math.imul(k, 0x9e3779b1) >>> 28) - 8)))
    })
    await sharp(data, { raw: { width: side, height: side, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toFile(file('50-MB.png'))
    expect(statSync(file('50-MB.png')).size).toBeGreaterThan(50e6)
    for (const format of ['avif', 'webp', 'gif'] as const)
      await sharp(sample)
        .toFormat(format)
        .toFile(file(`photo.${format}`))
    writeFileSync(file('photo.bmp'), await bmp())
    for (const name of ['50-MB.png', 'photo.avif', 'photo.webp', 'photo.gif', 'photo.bmp']) {
      await (name === 'photo.webp' ? drop(page, file(name)) : open(page, file(name)))
      await page.getByRole('img', { name, exact: true }).waitFor()
      await page.getByRole('button', { name: 'Face 1' }).waitFor()
      await atRest(page)
      expect(await page.getByRole('img', { name: /^faceres, / }).count()).toBe(1)
    }
    expect(faults).toEqual([])
  })

  test('takes long to read: a smaller one that is opened after it is the one that is explained', async () => {
    const { page, faults } = studio
    await sharp({ create: { width: 7_000, height: 7_000, channels: 3, background: '#7a9' } })
      .png()
      .toFile(file('slow.png'))
    writeFileSync(file('quick.jpg'), readFileSync(sample))
    writeFileSync(file('words.jpg'), 'No photo.')
    const answer = async () => {
      await atRest(page)
      return page.locator('.answers').textContent()
    }
    await open(page, file('quick.jpg'))
    await page.getByRole('img', { name: 'quick.jpg' }).waitFor()
    await page.getByRole('button', { name: 'Whole photo' }).click()
    const expected = await answer()
    await open(page, file('slow.png'))
    await open(page, file('quick.jpg'))
    // The first face is chosen where another photo is shown.
    await page.locator('[aria-pressed=true]').getByText('Face 1').waitFor()
    // By now the worker has both.
    await atRest(page)
    await page.getByRole('button', { name: 'Whole photo' }).click()
    expect(await answer()).toBe(expected)
    // One that cannot be opened does not keep the one before it away.
    await open(page, file('slow.png'))
    await open(page, file('words.jpg'))
    await page.getByRole('alert').filter({ hasText: 'words.jpg' }).waitFor()
    await page.getByRole('img', { name: 'slow.png' }).waitFor()
    await page.getByRole('button', { name: 'Use whole photo' }).click()
    expect(await answer()).not.toBe(expected)
    expect(faults).toEqual([])
  })

  test('shows no face: nothing is said of it until the whole photo is to stand for one', async () => {
    const { page, faults } = studio
    await sharp({ create: { width: 640, height: 480, channels: 3, background: '#7a9' } })
      .png()
      .toFile(file('meadow.png'))
    await open(page, file('meadow.png'))
    await page.getByText('No face found. Try a photo that shows it larger.').waitFor()
    await page.getByText('No face to look at.').waitFor()
    expect(await page.getByRole('img', { name: /^faceres, / }).count()).toBe(0)
    expect(await page.locator('.answers li').count()).toBe(0)
    await page.getByRole('button', { name: 'Use whole photo' }).click()
    await page.getByRole('img', { name: /^faceres, / }).waitFor()
    await page.getByRole('button', { name: 'Sample' }).click()
    await page.getByRole('button', { name: 'Face 1' }).waitFor()
    expect(faults).toEqual([])
  })

  test.skipIf(!shared)('shows forty faces: the largest are to be chosen from, then all', async () => {
    const { page, faults } = studio
    const photos = join(shared!, 'data/fairface')
    const names = readdirSync(photos).filter((name) => name.endsWith('.jpg'))
    // Of eight a row, each row somewhat smaller than the one above.
    const sizes = [240, 228, 216, 204, 192]
    const cells = await Promise.all(
      names.slice(0, 40).map(async (name, k) => ({
        input: await sharp(join(photos, name))
          .resize(sizes[Math.floor(k / 8)]!)
          .toBuffer(),
        left: 240 * (k % 8),
        top: 240 * Math.floor(k / 8),
      })),
    )
    await sharp({ create: { width: 1920, height: 1920, channels: 3, background: 'white' } })
      .composite(cells)
      .jpeg({ quality: 95 })
      .toFile(file('class.jpg'))
    await open(page, file('class.jpg'))
    await page.getByRole('img', { name: 'class.jpg' }).waitFor()
    const words = page.getByText(/^\d+ faces; the 12 largest are shown\./)
    await words.waitFor()
    const count = Number.parseInt((await words.textContent())!, 10)
    console.log(`${count} of 40 faces are found in a photo of forty`)
    const faces = page.getByRole('button', { name: /^Face \d+$/ })
    expect(await faces.count()).toBe(12)
    await page.getByRole('button', { name: 'Show all' }).click()
    expect(await faces.count()).toBe(count)
    const areas = await page
      .locator('.photo-stage svg rect')
      .evaluateAll((rects) =>
        rects.map((rect) => Number(rect.getAttribute('width')) * Number(rect.getAttribute('height'))),
      )
    expect(areas).toEqual([...areas].sort((a, b) => b - a))
    expect(faults).toEqual([])
  })
})

describe.skipIf(!hasChromium)('a network', () => {
  test('whose card does not fit it says so at the field', async () => {
    const g = new GraphBuilder('grey')
    const x = g.input('x', 'float32', ['batch', 1, 4, 4])
    g.output(
      'y',
      g.op('Gemm', [g.op('Flatten', [x]), g.constant(float32([16, 2])), g.constant(float32([2]))]),
    )
    const { page, faults } = studio
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByLabel('Open a model').setInputFiles([
      { name: 'grey.onnx', mimeType: '', buffer: Buffer.from(writeGraph(g.graph())) },
      {
        name: 'grey.card.yaml',
        mimeType: '',
        buffer: Buffer.from('input: { channels: RGB, scale: 1, mean: 0 }\nclasses: [no, yes]\n'),
      },
    ])
    await page.getByText(/^The card has 3 channels \(RGB\), but the model has 1 by the layout NCHW/).waitFor()
    expect(await page.getByLabel('Channels').getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByRole('button', { name: 'Use in Look' }).isDisabled()).toBe(true)
    await page.getByLabel('Channels').selectOption('gray')
    await page.getByRole('img', { name: 'What grey is shown' }).waitFor()
    expect(faults).toEqual([])
  })
})

describe.skipIf(!hasChromium)('a browser that allows less', () => {
  test('without a camera says that there is none', async () => {
    const { page } = studio
    await page.getByRole('link', { name: 'Look', exact: true }).click()
    await page.getByRole('button', { name: 'Camera', exact: true }).click()
    await page.getByText('No camera found. Plug one in, or open a photo.').waitFor()
  })

  test('by plain http from another machine explains all the same, and says what is not there', async () => {
    const site = join(folder, 'site')
    writeStudio(site)
    const server = await plainServer(site, '/')
    const url = `http://studio.test:${(server.address() as AddressInfo).port}/`
    const { page, faults, close } = await openStudio({
      url,
      args: ['--host-resolver-rules=MAP studio.test 127.0.0.1'],
    })
    try {
      await page.getByRole('img', { name: /^faceres, / }).waitFor()
      expect(
        await page.evaluate(() => [
          isSecureContext,
          crossOriginIsolated,
          'gpu' in navigator,
          'serviceWorker' in navigator,
          'mediaDevices' in navigator,
        ]),
      ).toEqual([false, false, false, false, false])
      await page.getByText('WebAssembly, 1 thread', { exact: true }).waitFor()
      await page
        .getByText(
          'Over plain http from another machine, a page gets one thread, no GPU and no camera, and does not work offline. Open it over https or on localhost.',
        )
        .waitFor()
      await page.getByRole('button', { name: 'Camera', exact: true }).click()
      await page
        .getByText('A page can use a camera only over https or on localhost. Open it there, or open a photo.')
        .waitFor()
      await page.getByRole('button', { name: 'Copy link' }).click()
      await page.getByText(/^Copy this link: http:\/\/studio\.test:\d+\/#\/look$/).waitFor()
      await page.getByLabel('Networks run on').selectOption('webgpu')
      await page.getByRole('button', { name: 'Whole photo' }).click()
      await page.getByText(/^WebGPU cannot be used here: /).waitFor()
      expect(faults).toEqual([])
    } finally {
      await close()
      server.close()
    }
  })

  test('that lets a page keep nothing works until it is closed, and says so', async () => {
    const profile = join(folder, 'profile')
    const server = await listen({ port: 0 })
    const context = await chromium.launchPersistentContext(withoutStorage(profile), {
      executablePath: WHOLE,
      args: ['--no-sandbox'],
    })
    try {
      const page = await context.newPage()
      page.setDefaultTimeout(0)
      const faults: string[] = []
      page.on('pageerror', ({ message }) => faults.push(message))
      await page.goto(`${server.url}#/models`)
      await page.getByRole('img', { name: 'What faceres is shown' }).waitFor()
      expect(
        await page.evaluate(() => {
          try {
            return typeof localStorage
          } catch (error) {
            return (error as Error).name
          }
        }),
      ).toBe('SecurityError')
      await page.getByRole('button', { name: 'Dark' }).click()
      await page
        .getByLabel('Open a model')
        .setInputFiles(fileURLToPath(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url)))
      await page.getByRole('button', { name: 'Keep on this device' }).click()
      await page.getByText('This browser keeps nothing here. It works until you close the page.').waitFor()
      expect(faults).toEqual([])
    } finally {
      await context.close()
      await server.close()
    }
  })
})

/** A profile of Chromium whose user has blocked all that pages may store. */
function withoutStorage(profile: string): string {
  mkdirSync(join(profile, 'Default'), { recursive: true })
  writeFileSync(
    join(profile, 'Default/Preferences'),
    JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }),
  )
  return profile
}

/** The sample as a BMP file of 24 bits, whose rows go from the bottom up. */
async function bmp(): Promise<Buffer> {
  const { data, info } = await sharp(sample)
    .resize(512, 512)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const row = 3 * info.width
  const bytes = Buffer.alloc(54 + row * info.height)
  bytes.write('BM')
  bytes.writeUInt32LE(bytes.length, 2)
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(info.width, 18)
  bytes.writeInt32LE(info.height, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  for (let y = 0; y < info.height; y++)
    for (let k = 0; k < row; k++)
      bytes[54 + (info.height - 1 - y) * row + k] = data[y * row + k - (k % 3) + 2 - (k % 3)]!
  return bytes
}
