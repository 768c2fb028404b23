import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { toLab } from '../../studio/look/colours.ts'
import { seriousFaultsInBoth } from './axe.ts'
import { hasChromium, type Opened, openStudio } from './open.ts'

const sample = fileURLToPath(new URL('../../studio/samples/astronaut.jpg', import.meta.url))
/** Its side, in pixels. */
const SIDE = 400

/** A busy machine takes its time. */
const PATIENT = { timeout: 500_000 }

const NOTHING_WAITS = '.cell:not([data-waits]) .map canvas'

/** What is said and shown, once nothing is underway. */
async function shown(page: Page) {
  await page.waitForFunction(() => document.querySelector('.status p')?.textContent === '')
  await page.locator(NOTHING_WAITS).first().waitFor()
  const answers = await page.locator('.answers strong').allTextContents()
  const map = await page
    .locator('.map canvas')
    .first()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
  return { answers, map }
}

/** Do something with the photo, and wait for the maps to follow. */
async function after(page: Page, act: () => Promise<unknown>) {
  const { map } = await shown(page)
  await act()
  await page.waitForFunction(
    (map) => document.querySelector<HTMLCanvasElement>('.map canvas')!.toDataURL() !== map,
    map,
  )
  return shown(page)
}

/** The colour of the photo as it is painted, at a place in its pixels. */
function paintedAt(page: Page, x: number, y: number) {
  return page
    .locator('.photo-stage canvas[role=img]')
    .evaluate(
      (canvas, [x, y]) =>
        [...(canvas as HTMLCanvasElement).getContext('2d')!.getImageData(x!, y!, 1, 1).data].slice(0, 3),
      [x, y],
    )
}

/** The light colours for and against differ also for eyes that lack a kind of cone; for others they are equally light. */
async function expectLightColoursApart(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  for (const type of ['protanopia', 'deuteranopia', 'tritanopia', 'none'] as const) {
    await session.send('Emulation.setEmulatedVisionDeficiency', { type })
    const { data, info } = await sharp(await page.locator('.legend canvas').screenshot())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    /** A colour of the strip, in OKLab: from −1, the most against, to 1, the most for. */
    const at = (amount: number) => {
      const x = Math.round(((info.width - 5) * (amount + 1)) / 2) + 2
      const from = 3 * (info.width * (info.height >> 1) + x)
      return toLab([data[from]!, data[from + 1]!, data[from + 2]!])
    }
    for (const amount of [0.25, 0.5, 0.75, 1]) {
      const [against, speaksFor] = [at(-amount), at(amount)]
      const apart = Math.hypot(...speaksFor.map((value, c) => value - against[c]!))
      expect(apart, `${type}, ${amount}`).toBeGreaterThan(0.12)
      if (type === 'none') expect(Math.abs(speaksFor[0] - against[0])).toBeLessThan(0.01)
    }
  }
}

describe.skipIf(!hasChromium)('Edit', () => {
  let studio: Opened
  let page: Page
  beforeAll(async () => {
    studio = await openStudio()
    page = studio.page
    await shown(page)
  })
  beforeEach(async () => {
    // Every test begins with the plain settings, with nothing that the browser remembers, and with the whole photo as it
    // was opened.
    await page.evaluate(() => localStorage.clear())
    await page.goto(`${studio.url}#/look?n=faceres`)
    await page.waitForURL(/#\/look$/)
    await page.getByLabel('Open a photo').setInputFiles(sample)
    await page.keyboard.press('Escape')
    await shown(page)
  })
  afterAll(async () => {
    expect(studio.faults).toEqual([])
    await studio.close()
  })

  test('of a part by keyboard changes answer and map, and undo brings back the same numbers', async () => {
    const plain = await shown(page)
    await page.keyboard.press('b')
    await page.getByRole('button', { name: 'Cover brows' }).focus()
    const one = await after(page, () => page.keyboard.press('Enter'))
    expect(one.answers.join(' ')).toMatch(/→/)
    await page.getByText(/^Face 1 of 1\. faceres: .*[fm] \d+ % → .*\. Map ready\.$/).waitFor()
    await page.getByRole('button', { name: 'Cover mouth' }).focus()
    const two = await after(page, () => page.keyboard.press('Enter'))
    expect(two.answers).not.toEqual(one.answers)
    expect(await after(page, () => page.keyboard.press('Control+z'))).toEqual(one)
    expect(await after(page, () => page.keyboard.press('Control+z'))).toEqual(plain)
    expect(await after(page, () => page.keyboard.press('Control+Shift+Z'))).toEqual(one)
    const before = await after(page, async () => {
      await page.getByRole('button', { name: 'Before' }).focus()
      await page.keyboard.press('Space')
    })
    expect(before).toEqual(plain)
    expect(await after(page, () => page.keyboard.press('Space'))).toEqual(one)
    expect(await after(page, () => page.getByRole('button', { name: 'Clear' }).click())).toEqual(plain)
    expect(await page.locator('.edited .warn').count()).toBe(0)
  })

  test('by mouse paints where the mouse goes, and nowhere else', async () => {
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    const size = page.getByLabel(/^Size/)
    const before = await size.inputValue()
    await size.fill('30')
    const canvas = page.locator('canvas.brush')
    const box = (await canvas.boundingBox())!
    const to = (x: number, y: number) =>
      page.mouse.move(box.x + (x * box.width) / SIDE, box.y + (y * box.height) / SIDE)
    const result = await after(page, async () => {
      await to(190, 200)
      await page.mouse.down()
      await to(230, 200)
      await to(280, 200)
      await page.mouse.up()
    })
    expect(result.answers.join(' ')).toMatch(/→/)
    await page.locator('.photo-stage canvas[role=img]').waitFor()
    for (const x of [190, 210, 240, 275]) expect(await paintedAt(page, x, 200)).toEqual([118, 118, 118])
    for (const y of [180, 220]) expect(await paintedAt(page, 230, y)).not.toEqual([118, 118, 118])
    expect(await page.locator('.edited .warn').textContent()).toBe(
      'An edited photo is unlike those the network learned from.',
    )
    await size.fill(before)
  })

  test('by finger paints as by mouse', async () => {
    await page.keyboard.press('b')
    const box = (await page.locator('canvas.brush').boundingBox())!
    const touch = await page.context().newCDPSession(page)
    const to = (type: 'touchStart' | 'touchMove', x: number, y: number) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: [{ x: box.x + (x * box.width) / SIDE, y: box.y + (y * box.height) / SIDE }],
      })
    await after(page, async () => {
      await to('touchStart', 190, 200)
      await to('touchMove', 230, 200)
      await to('touchMove', 250, 200)
      await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    })
    for (const x of [190, 220, 248]) expect(await paintedAt(page, x, 200)).toEqual([118, 118, 118])
  })

  test('lets eyes be moved, and puts them back', async () => {
    const plain = await shown(page)
    await page.getByRole('button', { name: 'Fix eyes' }).click()
    const left = page.getByRole('button', { name: /left eye/ })
    await left.focus()
    const moved = await after(page, () => page.keyboard.press('Shift+ArrowUp'))
    expect(moved.map).not.toBe(plain.map)
    const box = (await left.boundingBox())!
    await after(page, async () => {
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width / 2 + 10, box.y + box.height / 2 + 20, { steps: 4 })
      await page.mouse.up()
    })
    expect(await after(page, () => page.getByRole('button', { name: 'Undo fix' }).click())).toEqual(plain)
    await page.getByRole('button', { name: 'Whole photo' }).click()
    expect(await page.getByRole('button', { name: 'Fix eyes' }).isDisabled()).toBe(true)
  })

  test('a map is read by arrow keys and by finger as by mouse, and all maps are zoomed together', async () => {
    await shown(page)
    const map = page.getByRole('listbox', { name: 'Parts in the map of faceres' })
    const readout = page.locator('.readout')
    const said = () => readout.textContent()
    const list = await page.locator('.parts button').allTextContents()
    await map.focus()
    await page.keyboard.press('ArrowDown')
    await expect
      .poll(said, PATIENT)
      .toMatch(/^(.*): (\S+ %) of what speaks for [fm], \S+ % of what speaks against; \S+ × its area$/)
    const first = (await said())!
    expect(list[0]).toBe(first.replace(/: (\S+ %) .*/, ' $1'))
    expect(await map.getByRole('option', { selected: true }).textContent()).toBe(first)
    await page.keyboard.press('ArrowRight')
    await expect.poll(said, PATIENT).not.toBe(first)
    await page.keyboard.press('ArrowUp')
    await expect.poll(said, PATIENT).toBe(first)

    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Shift+ArrowDown')
    await expect.poll(said, PATIENT).toMatch(/ · pixel [+−]\d/)
    expect(await readout.getAttribute('aria-live')).toBe('polite')
    const pixel = (await said())!
    const { x, y, width, height } = (await map.boundingBox())!
    const side = Number(await page.locator('.map canvas').getAttribute('width'))
    await page.mouse.move(x + (width * (side / 2 + 1.5)) / side, y + (height * (side / 2 + 1.5)) / side)
    await expect.poll(() => readout.getAttribute('aria-live'), PATIENT).toBe('off')
    await expect.poll(said, PATIENT).toBe(pixel)
    expect(
      await page.locator('.map:has(:focus-visible)').evaluate((it) => getComputedStyle(it).outlineWidth),
    ).toBe('2px')

    await page.getByRole('button', { name: '+ Question' }).click()
    await page.locator(NOTHING_WAITS).nth(1).waitFor()
    await page.waitForFunction(() => document.querySelector('.status p')?.textContent === '')
    const box = (await page.locator('.map-parts').first().boundingBox())!
    const touch = await page.context().newCDPSession(page)
    const to = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...places: [x: number, y: number][]) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: places.map(([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height })),
      })
    const picture = () =>
      page
        .locator('.map canvas')
        .first()
        .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
    const drawn = await picture()
    await to('touchStart', [0.5, 0.6])
    await expect.poll(picture, PATIENT).not.toBe(drawn)
    await to('touchEnd')
    await expect.poll(picture, PATIENT).toBe(drawn)
    await expect
      .poll(() => page.locator('.readout').first().textContent(), PATIENT)
      .toMatch(/ × its area · pixel [+−]\d/)

    await to('touchStart', [0.4, 0.5], [0.6, 0.5])
    await to('touchMove', [0.3, 0.5], [0.7, 0.5])
    await to('touchMove', [0.2, 0.5], [0.8, 0.5])
    await to('touchEnd')
    const zoom = page.getByRole('slider', { name: /^Zoom/ })
    await expect.poll(() => zoom.inputValue(), PATIENT).toBe('3')
    const places = () =>
      page.locator('.map-picture').evaluateAll((all) => all.map((it) => getComputedStyle(it).transform))
    await expect.poll(async () => (await places())[1], PATIENT).toMatch(/^matrix\(3, 0, 0, 3, /)
    const [one, two] = await places()
    expect(two).toBe(one)
    await to('touchStart', [0.5, 0.5])
    await to('touchMove', [0.6, 0.5])
    await to('touchMove', [0.7, 0.5])
    await to('touchEnd')
    await expect.poll(async () => (await places())[1], PATIENT).not.toBe(one)
    await zoom.press('Home')
    await expect.poll(places, PATIENT).toEqual(['none', 'none'])
    // A list that is no field leaves single keys alone.
    await map.first().press('v')
    await page.getByRole('button', { name: 'Overlay', pressed: true }).waitFor()
  })

  test('keys work but where one types, and can be turned off', async () => {
    const { page } = studio
    const show = () => page.locator('.choices button[aria-pressed=true]').first().textContent()
    await page.keyboard.press('v')
    expect(await show()).toBe('Overlay')
    await page.getByLabel('Explain').focus()
    await page.keyboard.press('v')
    expect(await show()).toBe('Overlay')
    await page.getByLabel('Explain').blur()
    await page.keyboard.press('f')
    await page.keyboard.press(']')
    expect(await page.evaluate(() => document.activeElement!.getAttribute('aria-label'))).toBe('faceres')
    await page.keyboard.press('b')
    await page.keyboard.press('b')
    const pressed = page.locator('.adjust .choices button[aria-pressed=true]')
    expect(await pressed.textContent()).toBe('Blur')
    await page.keyboard.press('+')
    await page.getByText('Size 22 px').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('tab', { name: 'Rules', selected: true }).waitFor()
    await page.keyboard.press('x')
    expect(await page.getByLabel('Explain').evaluate((it) => it === document.activeElement)).toBe(true)
    await page.getByLabel('Explain').blur()
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('o')])
    expect(chooser.isMultiple()).toBe(false)
    await page.keyboard.press('e')
    await page
      .getByRole('menuitem', { name: /^Picture, PNG/ })
      .first()
      .waitFor()
    await page.keyboard.press('Escape')
    // A menu that is closing still has the keys.
    await page.locator('#export:focus').waitFor()
    await page.keyboard.press('2')
    await page.waitForURL(/#\/models$/)
    await page.keyboard.press('?')
    await page.getByLabel('Use single-key shortcuts').uncheck()
    await page.reload()
    expect(await page.getByLabel('Use single-key shortcuts').isChecked()).toBe(false)
    await page.keyboard.press('1')
    expect(page.url()).toMatch(/#\/help$/)
    await page.getByLabel('Use single-key shortcuts').check()
    await page.keyboard.press('1')
    // How maps are drawn is remembered too.
    await page.waitForURL(/#\/look\?show=overlay$/)
  })

  test('of settings goes into the address, and a link restores the view', async () => {
    const { page, url } = studio
    await page.getByLabel('Colours').selectOption('light')
    await page.getByLabel('Align').selectOption('i')
    await page.getByLabel('Explain').selectOption('years')
    await page.waitForURL(/#\/look\?q=years:years&al=i&col=light$/)
    const link = page.url()
    const left = await shown(page)
    await expectLightColoursApart(page)
    await page.goto('about:blank')
    await page.goto(link)
    expect(await shown(page)).toEqual(left)
    expect(await page.getByLabel('Align').inputValue()).toBe('i')
    // Another view and back: the settings stay, and so does the address.
    await page.getByRole('link', { name: 'Study' }).click()
    await page.getByRole('link', { name: 'Look' }).click()
    await page.waitForURL(link)
    expect(page.url()).toBe(link)
    await page.goto(`${url}#/look?n=nosuch,faceres&show=overlay&o=300`)
    await page.getByText('nosuch is not on this device. Drop its file in Models.').waitFor()
    await page.getByText('The link says o=300: it is not a number from 0 to 100.').waitFor()
    await page.waitForURL(/#\/look\?show=overlay$/)
  })

  test('puts the link where it can be pasted, or shows it', async () => {
    const { page, url } = studio
    await page
      .context()
      .grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin })
    await page.keyboard.press('v')
    await page.keyboard.press('l')
    await page.getByText('Link copied.').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${url}#/look?show=overlay`)
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))
    })
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByText(`Copy this link: ${url}#/look?show=overlay`).waitFor()
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(64, 64)
      canvas.getContext('2d')!.fillRect(0, 0, 64, 64)
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })])
    })
    await page.keyboard.press('Control+v')
    await page.getByText('No face found. Try a photo that shows it larger.').waitFor()
  })

  test('works where the browser keeps nothing', async () => {
    const denied = await studio.page.context().newPage()
    const wrong: string[] = []
    denied.on('pageerror', ({ message }) => wrong.push(message))
    await denied.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    })
    await denied.goto(`${studio.url}#/help`)
    await denied.getByLabel('Use single-key shortcuts').uncheck()
    await denied.getByRole('button', { name: 'Dark' }).click()
    expect(await denied.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
    await denied.close()
    expect(wrong).toEqual([])
  })

  test('has no serious fault that axe finds, in light and dark', async () => {
    await page.keyboard.press('b')
    await after(page, () => page.getByRole('button', { name: 'Cover mouth' }).click())
    await page.getByRole('button', { name: 'Fix eyes' }).click()
    await page.getByRole('button', { name: /left eye/ }).waitFor()
    expect(await seriousFaultsInBoth(page)).toEqual([])
  })
})
