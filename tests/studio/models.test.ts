import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { heatMap, pixelRelevance } from '../../src/explanation/heatMap.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { float32, int64, type TensorOf } from '../../src/graph/types.ts'
import { inputOf } from '../../src/models/input.ts'
import { requirePreprocessing } from '../../src/models/model.ts'
import { builtInPath, openModelFile } from '../../src/models/node.ts'
import { readPhoto } from '../../src/pictures/node.ts'
import { shared } from '../shared.ts'
import { seriousFaults } from './axe.ts'
import { drop, hasChromium, type Opened, openStudio } from './open.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-models-'))
afterAll(() => rmSync(folder, { recursive: true }))

const example = fileURLToPath(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url))
const caffe = join(shared ?? '', 'models/caffe')
const weights = join(caffe, 'bvlc_googlenet.caffemodel')
const definition = join(caffe, 'bvlc_googlenet_deploy.prototxt')
const astronaut = join(shared ?? '', 'data/photos/astronaut.png')

describe.skipIf(!hasChromium)('Models', () => {
  let studio: Opened
  let page: Page
  beforeAll(async () => {
    studio = await openStudio({ hash: '#/models' })
    page = studio.page
  })
  // All share one page, and each begins at the network that comes with it.
  beforeEach(async () => {
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    await page.getByRole('img', { name: 'What faceres is shown' }).waitFor()
  })
  afterEach(() => expect(studio.faults).toEqual([]))
  afterAll(() => studio?.close())

  test('says of a built-in network what it is, what it is shown, and for whom it is right', async () => {
    const network = page.getByRole('region', { name: 'faceres', exact: true })
    const text = await network.textContent()
    expect(text).toMatch(/VGGFace2/)
    expect(text).toMatch(/age off by 5\.7 years; gender label right for 85\.5 %/)
    expect(await network.getByRole('row', { name: 'age 60+ 119 13.5 [11.7, 15.2]' }).count()).toBe(1)
    expect(await network.locator('.preview').textContent()).toMatch(/Age in years: \d+ years/)
    await page.goto(`${studio.url}#/models/my-model`)
    await page.getByText('my-model is not on this device. Drop its file.').waitFor()
  })

  test('has no serious fault of access, light and dark, at the width of a phone', async () => {
    const wide = page.viewportSize()!
    await page.setViewportSize({ width: 390, height: 844 })
    await pick(page, example)
    await page.getByText('needed').first().waitFor()
    for (const [theme, other] of [
      ['light', 'Dark'],
      ['dark', 'Light'],
    ] as const) {
      expect(await page.locator('html').getAttribute('data-theme')).toBe(theme)
      expect(await seriousFaults(page)).toEqual([])
      const [width, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
      expect(width).toBeLessThanOrEqual(room!)
      await page.getByRole('button', { name: other, exact: true }).click()
    }
    await page.setViewportSize(wide)
  })

  test('says in one sentence what is wrong with a file', async () => {
    const whole = readFileSync(example)
    const files: [string, Buffer, string | RegExp][] = [
      [
        'cut.onnx',
        whole.subarray(0, whole.length / 2),
        /^cut\.onnx: is not a complete ONNX model\. .*download it again/,
      ],
      [
        'page.onnx',
        Buffer.from('<!doctype html><html></html>'),
        /^page\.onnx: is an HTML page, .*went wrong/,
      ],
      [
        'pointer.onnx',
        Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'),
        /^pointer\.onnx: is a Git LFS pointer, .*git lfs pull/,
      ],
      ['net.pt', Buffer.from('PK'), /^net\.pt is not a model that regard reads\. Export it as \.onnx/],
      ['net.prototxt', Buffer.from(''), 'This .prototxt needs its .caffemodel: drop both.'],
    ]
    for (const [name, buffer, sentence] of files) {
      await page.getByLabel('Open a model').setInputFiles({ name, mimeType: '', buffer })
      await page
        .getByRole('alert')
        .getByText(name.endsWith('.prototxt') ? '.prototxt' : name)
        .waitFor()
      const said = await page.getByRole('alert').textContent()
      if (typeof sentence === 'string') expect(said).toBe(sentence)
      else expect(said).toMatch(sentence)
    }
    // The .prototxt waits no longer.
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  test('refuses what does not fit in a page, and says what to do', async () => {
    const large = join(folder, 'VGG-16.onnx')
    writeFileSync(large, '')
    truncateSync(large, 550e6)
    await pick(page, large)
    await page.getByText('VGG-16 does not fit in this browser. Use `npx regard explain`').waitFor()
  })

  test('shows what a network without a rule answers, and says that it has no map', async () => {
    const g = new GraphBuilder('sums')
    const x = g.input('x', 'float32', ['batch', 3, 4, 4])
    const sums = g.op('CumSum', [g.op('Flatten', [x]), g.constant(int64([], [1]))])
    g.output(
      'y',
      g.op('Gemm', [
        sums,
        g.constant(float32([48, 2], new Array(96).fill(0.001))),
        g.constant(float32([2], [0, 1])),
      ]),
    )
    const card = 'input: { channels: RGB, scale: 0.01, mean: 0 }\nclasses: [no, yes]\n'
    await page.getByLabel('Open a model').setInputFiles([
      { name: 'sums.onnx', mimeType: '', buffer: Buffer.from(writeGraph(g.graph())) },
      { name: 'sums.card.yaml', mimeType: '', buffer: Buffer.from(card) },
    ])
    await page.getByText('CumSum cannot be explained. Answers work, maps do not.').waitFor()
    await page.locator('.preview').getByText('yes 73 %').first().waitFor()
    expect(await page.getByRole('button', { name: 'Save as self-explaining ONNX' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Use in Look' }).click()
    const column = page.getByRole('region', { name: 'sums' })
    await column.getByText('yes 73 %').waitFor()
    await column.getByText('CumSum cannot be explained. Answers work, maps do not.').waitFor()
    expect(await column.getByRole('img').count()).toBe(0)
    await page.getByRole('button', { name: 'Take sums away' }).click()
  })

  test('says at its field what is wrong with a card', async () => {
    await pick(page, example)
    await page.getByLabel('Channels').selectOption('BGR')
    await text(page, 'Mean').fill('104, 117')
    await text(page, 'Scale').fill('one')
    await page.getByText('input.scale must be one number or one for each channel, none of them 0').waitFor()
    expect(await text(page, 'Scale').getAttribute('aria-invalid')).toBe('true')
    await text(page, 'Scale').fill('1')
    await page.getByText('Mean has 2 numbers for 3 channels.').waitFor()
    expect(await text(page, 'Mean').getAttribute('aria-invalid')).toBe('true')
    await text(page, 'Mean').fill('104, 117, 123')
    await text(page, 'Classes').fill('a\nb')
    await page.getByText(/^The network has \d+ classes, and 2 are named\.$/).waitFor()
    await text(page, 'Classes').fill('')
    await page.getByRole('button', { name: 'Swap RGB and BGR' }).click()
    await page.getByText('RGB, as its card says').waitFor()
    expect(await text(page, 'Mean').inputValue()).toBe('123, 117, 104')
  })

  test('reads a network of TensorFlow.js once its weights are there, and asks which output is meant', async () => {
    const [json, bin] = ['faceres.json', 'faceres.bin'].map((name) =>
      join(dirname(builtInPath('faceres')), name),
    )
    await pick(page, json!)
    await page.getByText('This faceres.json needs faceres.bin: drop them together.').waitFor()
    await pick(page, bin!)
    await page.getByText(/^The network has several outputs: /).waitFor()
    await page.getByLabel('Start from').selectOption('Caffe: BGR, 104, 117, 123')
    await page.getByLabel('Output').selectOption('gender_pred/Sigmoid')
    await page.getByLabel('Faces').selectOption('box')
    await page.getByLabel('Task').fill('gender')
    await text(page, 'Classes').fill('f\nm')
    await page
      .getByText(/^Gender label: f \d+ %$/)
      .first()
      .waitFor()
  })

  test('reads a folder that is dropped', async () => {
    const dropped = join(folder, 'network')
    mkdirSync(dropped)
    copyFileSync(example, join(dropped, 'mine.onnx'))
    await drop(page, dropped)
    await page.getByRole('link', { name: /^mine/ }).waitFor()
  })

  test('says that there is no room, and goes on', async () => {
    await pick(page, example)
    const session = await page.context().newCDPSession(page)
    const { origin } = new URL(studio.url)
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 })
    await page.getByRole('button', { name: 'Keep on this device' }).click()
    await page.getByText(/^No room \([\d.]+ MB\)\. It works until you close the page\.$/).waitFor()
    await session.send('Storage.overrideQuotaForOrigin', { origin })
  })

  describe.skipIf(!shared)('a network of Caffe', () => {
    test('takes the mean picture that is dropped with it', async () => {
      await pick(page, weights, definition, join(caffe, 'adience_r_fold0_mean.binaryproto'))
      await page.getByText('channels and scale are missing').waitFor()
      expect(await text(page, 'Mean').inputValue()).toBe('adience_r_fold0_mean.binaryproto')
      await page.getByLabel('Channels').selectOption('BGR')
      await text(page, 'Scale').fill('1')
      await page.getByText(/^The mean must have the shape /).waitFor()
      await text(page, 'Picture').fill('256')
      await page.getByRole('img', { name: 'What bvlc_googlenet is shown' }).waitFor()
    })

    test('asks for its card, explains, is saved with its explanation, and is kept until all is deleted', async () => {
      await page.getByLabel('Open a photo').setInputFiles(astronaut)
      await pick(page, weights)
      await page.getByText('This .caffemodel needs its .prototxt: drop both.').waitFor()
      await pick(page, definition)
      await page.getByText('channels, scale and mean are missing').waitFor()
      expect(await page.getByRole('button', { name: 'Use in Look' }).isDisabled()).toBe(true)
      await page.getByLabel('Start from').selectOption('Caffe: BGR, 104, 117, 123')
      await page.getByText('BGR, as its card says').waitFor()

      await page.getByRole('button', { name: 'Use in Look' }).click()
      await page.getByLabel('Explain').selectOption('Answer')
      await page.getByRole('img', { name: /^bvlc_googlenet, / }).waitFor()
      expect(await page.locator('.question datalist').first().locator('option').count()).toBe(1000)
      const likeliest = await page.locator('.question datalist option').first().getAttribute('label')
      expect(likeliest).toMatch(/, \d+(\.\d)? %$/)
      const shown = await page
        .locator('.column[aria-label=bvlc_googlenet] canvas')
        .first()
        .evaluate((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement
          const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
          return [...data]
        })

      await page.getByRole('link', { name: 'Models', exact: true }).click()
      await page.getByRole('link', { name: /^bvlc_googlenet/ }).click()
      const saved: string[] = []
      page.on('download', async (download) => {
        const path = join(folder, download.suggestedFilename())
        await download.saveAs(path)
        saved.push(path)
      })
      await page.getByRole('button', { name: 'Save as self-explaining ONNX' }).click()
      await expect.poll(() => saved.length, { timeout: 500_000 }).toBe(2)

      // The saved file alone gives the map that the page shows.
      const model = await openModelFile(join(folder, 'bvlc_googlenet-explained.onnx'))
      const program = await (await nodeEngine()).load(model.network)
      const input = inputOf(await readPhoto(astronaut), requirePreprocessing(model))
      const { relevance } = await program.run({ [model.input.name]: input })
      await program.release()
      const map = heatMap(pixelRelevance(relevance as TensorOf<'float32'>))
      expect(shown.length / 4).toBe(map.data.length / 3)
      const differences = Array.from(map.data, (value, k) =>
        Math.abs(value - shown[4 * Math.floor(k / 3) + (k % 3)]!),
      )
      expect(differences.filter((each) => each > 4).length).toBeLessThan(map.data.length / 1000)

      await page.getByRole('button', { name: 'Keep on this device' }).click()
      await page.getByText('One network is kept here (27 MB)').waitFor()
      await page.reload()
      await page.getByText('BGR, as its card says').waitFor()
      await page.getByRole('link', { name: 'Look', exact: true }).click()
      await page.getByLabel('+ Network').selectOption('bvlc_googlenet')
      await page.getByRole('img', { name: /^bvlc_googlenet, / }).waitFor()

      await page.getByRole('link', { name: 'Models', exact: true }).click()
      await page.evaluate(() => localStorage.setItem('regard theme', 'dark'))
      await page.getByRole('button', { name: /^Delete everything stored \(\d+ MB\)$/ }).click()
      await page.getByRole('button', { name: 'Delete', exact: true }).click()
      await page.getByText('Deleted. What is open stays until you close the page.').waitFor()
      expect(await page.evaluate(() => localStorage.length)).toBe(0)
      await page.reload()
      await page.getByText('None yet.').waitFor()
    })
  })
})

async function pick(page: Page, ...files: string[]): Promise<void> {
  await page.getByLabel('Open a model').setInputFiles(files)
}

function text(page: Page, label: string) {
  return page.getByRole('textbox', { name: new RegExp(`^${label}`) })
}
