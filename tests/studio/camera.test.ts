import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shared } from '../shared.ts'
import { seriousFaultsInBoth } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

const [WIDTH, HEIGHT, FRAMES] = [640, 480, 24]

/** A film of a face that moves to the right and back, as Chromium's camera of files plays it: YUV4MPEG2. */
async function film(photo: string): Promise<Buffer> {
  const parts: Buffer[] = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F12:1 Ip A1:1 C420jpeg\n`)]
  for (let k = 0; k < FRAMES; k++) {
    const left = Math.round(80 * Math.sin((2 * Math.PI * k) / FRAMES)) + 80
    const rgb = await sharp(photo)
      .removeAlpha()
      .resize(HEIGHT, HEIGHT)
      .extend({ left, right: WIDTH - HEIGHT - left, extendWith: 'copy' })
      .raw()
      .toBuffer()
    parts.push(Buffer.from('FRAME\n'), planes(rgb))
  }
  return Buffer.concat(parts)
}

/** Full-range BT.601; of colour the first pixel of each four. */
function planes(rgb: Uint8Array): Buffer {
  const yuv = Buffer.alloc((WIDTH * HEIGHT * 3) / 2)
  for (let k = 0; k < WIDTH * HEIGHT; k++) {
    const [r, g, b] = [rgb[3 * k]!, rgb[3 * k + 1]!, rgb[3 * k + 2]!]
    const [x, y] = [k % WIDTH, Math.floor(k / WIDTH)]
    yuv[k] = Math.round(0.299 * r + 0.587 * g + 0.114 * b)
    if (x % 2 || y % 2) continue
    const at = WIDTH * HEIGHT + (y / 2) * (WIDTH / 2) + x / 2
    yuv[at] = Math.min(255, Math.round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b))
    yuv[at + (WIDTH * HEIGHT) / 4] = Math.min(255, Math.round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b))
  }
  return yuv
}

/** A sum over the first column's map, and where the face is. */
const shown = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.column canvas')!
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    const left = Number(document.querySelector('.camera-frame .chosen rect')?.getAttribute('x'))
    return { map: data.reduce((sum, value, k) => (sum + value * (k % 1009)) % 1e9, 0), left }
  })

/** The states of all cameras that the page was given. */
const cameras = (page: Page) =>
  page.evaluate(() =>
    (window as unknown as { given: MediaStream[] }).given.map((stream) => stream.getTracks()[0]!.readyState),
  )

/** Remember the streams that the page is given. */
async function remember(page: Page): Promise<void> {
  await page.evaluate(() => {
    const given: MediaStream[] = []
    Object.assign(window, { given })
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await real(wanted)
      given.push(stream)
      return stream
    }
  })
}

describe.skipIf(!hasChromium || !shared)('the camera in Look', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-film-'))
  let studio: Opened
  beforeAll(async () => {
    const file = join(folder, 'face.y4m')
    writeFileSync(file, await film(join(shared!, 'data/photos/astronaut.png')))
    studio = await openStudio({
      args: [
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        `--use-file-for-fake-video-capture=${file}`,
      ],
    })
    await studio.page.getByRole('img', { name: /^faceres, / }).waitFor()
    await remember(studio.page)
  })
  afterAll(async () => {
    await studio?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('gives moving faces and moving maps, in silence', async () => {
    const { page, faults } = studio
    await page.getByRole('button', { name: 'Camera', exact: true }).click()
    await page.getByText(/maps a second/).waitFor()
    const [maps, lefts] = [new Set<number>(), new Set<number>()]
    const look = async () => {
      const { map, left } = await shown(page)
      maps.add(map)
      lefts.add(left)
      // The film begins again, so that earlier frames may return.
      return Math.min(maps.size - 4, Math.max(...lefts) - Math.min(...lefts) - 5)
    }
    await expect.poll(look, { timeout: 500_000, interval: 200 }).toBeGreaterThan(0)
    expect(await page.locator('[aria-live=polite]').allTextContents()).toEqual([''])
    console.log(await page.locator('.pace').textContent())
    expect(await seriousFaultsInBoth(page)).toEqual([])
    expect(faults).toEqual([])
  })

  test('Freeze takes the frame as the photo of all columns, and turns the camera off', async () => {
    const { page, faults } = studio
    await page.getByRole('button', { name: 'Freeze' }).click()
    await page.getByRole('img', { name: /^Camera, \d\d:\d\d/ }).waitFor()
    expect(await cameras(page)).toEqual(['ended'])
    expect(await page.getByRole('button', { name: 'Face 1' }).getAttribute('aria-pressed')).toBe('true')
    await expect.poll(() => page.locator('.cell[data-waits]').count(), { timeout: 500_000 }).toBe(0)
    expect(faults).toEqual([])
  })

  test('a file that is no photo turns the camera off, and the photo comes back', async () => {
    const { page, faults } = studio
    await page.getByRole('button', { name: 'Camera', exact: true }).click()
    await page.getByText(/maps a second/).waitFor()
    await page
      .getByLabel('Open a photo')
      .setInputFiles({ name: 'words.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('No photo.') })
    await page.getByRole('alert').filter({ hasText: 'words.jpg' }).waitFor()
    await page.getByRole('img', { name: /^Camera, \d\d:\d\d/ }).waitFor()
    expect(await cameras(page)).not.toContain('live')
    expect(faults).toEqual([])
  })

  test('Stop, or another view, turns the camera off and brings the photo back', async () => {
    const { page, faults } = studio
    for (const leave of [
      () => page.getByRole('button', { name: 'Stop' }).click(),
      () => page.getByRole('link', { name: 'Models', exact: true }).click(),
    ]) {
      await page.getByRole('link', { name: 'Look', exact: true }).click()
      await page.getByRole('button', { name: 'Camera', exact: true }).click()
      await page.getByText(/maps a second/).waitFor()
      await leave()
      await expect.poll(() => cameras(page)).not.toContain('live')
      await page
        .getByRole('img', { name: /^Camera, \d\d/, includeHidden: true })
        .waitFor({ state: 'attached' })
    }
    expect(faults).toEqual([])
  })
})

describe.skipIf(!hasChromium)('a camera that cannot be had', () => {
  test('is told with what to do: blocked, none, taken, and a page without a secure context', async () => {
    const { page, close } = await openStudio({
      args: ['--use-fake-device-for-media-stream', '--deny-permission-prompts'],
    })
    const says = async (said: string) => {
      await page.getByRole('button', { name: 'Camera', exact: true }).click()
      await page.getByRole('alert').filter({ hasText: said }).waitFor()
    }
    const fail = (name: string) =>
      page.evaluate((name) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name))
      }, name)
    try {
      await says('Camera blocked. Allow it in the address bar, or open a photo.')
      await fail('NotFoundError')
      await says('No camera found. Plug one in, or open a photo.')
      await fail('NotReadableError')
      await says('Another program uses the camera. Close that one, or open a photo.')
      await page.evaluate(() => {
        Object.defineProperty(navigator, 'mediaDevices', { value: undefined })
      })
      await says('A page can use a camera only over https or on localhost. Open it there, or open a photo.')
    } finally {
      await close()
    }
  })
})
