/** The package as a user has it: packed, installed into a folder of hers, and used as docs/library.md says. */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { float32 } from '../../src/graph/types.ts'
import { type ExplainFileOptions, explainFile, writeModel } from '../../src/models/node.ts'
import { readPhoto, writePicture } from '../../src/pictures/node.ts'
import { bundled, Chromium, hasChromium } from '../chromium.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { shared } from '../shared.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const user = mkdtempSync(join(tmpdir(), 'regard-user-'))

/** Run a program in the user's folder, without the environment that `npm test` sets. */
function run(program: string, ...given: string[]): { stdout: string; stderr: string } {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_/i.test(name)))
  const errors = join(user, 'stderr')
  const stdout = execFileSync('sh', ['-c', '"$0" "$@" 2>"$ERRORS"', program, ...given], {
    cwd: user,
    encoding: 'utf8',
    env: { ...env, ERRORS: errors },
  })
  return { stdout, stderr: readFileSync(errors, 'utf8') }
}

/** A block of docs/library.md. */
function block(language: string, having: string): string {
  const page = readFileSync(join(root, 'docs/library.md'), 'utf8')
  const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)]
  return blocks.find(([, kind, text]) => kind === language && text!.includes(having))![2]!
}

const SIZE = 99

beforeAll(async () => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', user], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  writeFileSync(join(user, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  run('npm', 'install', '--no-audit', '--no-fund', `./${packed.filename}`)
  writeModel(join(user, 'model.onnx'), livelyNetwork(SIZE, 2), {
    task: 'gender',
    classes: ['m', 'f'],
    input: { size: SIZE, channels: 'BGR', scale: 1 },
    meanPicture: float32([3], [104, 117, 123]),
  })
  const random = new Random('photo')
  const data = Uint8Array.from({ length: 3 * SIZE * SIZE }, () => random.integer(256))
  await writePicture(join(user, 'face.png'), { width: SIZE, height: SIZE, data })
  writeFileSync(join(user, 'explain.js'), block('js', 'writePicture'))
})

afterAll(() => rmSync(user, { recursive: true, force: true }))

describe('a plain npm install', () => {
  const expected = () =>
    explainFile(join(user, 'model.onnx'), join(user, 'face.png'), { composite: 'epsilon-plus' })

  async function expectExplained(stdout: string): Promise<void> {
    const { name, probability, map } = await expected()
    const [said, how] = stdout.trim().split(' ')
    expect(said).toBe(name)
    expect(Number(how)).toBeCloseTo(probability!, 4)
    expectSameColours((await readPhoto(join(user, 'map.png'))).data, map!.data)
  }

  test('without the native runtime explains by WebAssembly, and says once how to get it', async () => {
    // If npm could not fetch what its install script needs, it is missing from the start.
    rmSync(join(user, 'node_modules/onnxruntime-node'), { recursive: true, force: true })
    const { stdout, stderr } = run('node', 'explain.js')
    await expectExplained(stdout)
    expect(stderr.match(/npm install onnxruntime-node@1\.30\.0 --ignore-scripts/g)).toHaveLength(1)
    expect(stderr).toContain('WebAssembly')
  })

  test('with the runtime, installed as advised, explains by native code without a message', async () => {
    run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', 'onnxruntime-node@1.30.0')
    const { stdout, stderr } = run('node', 'explain.js')
    await expectExplained(stdout)
    expect(stderr).toBe('')
  })

  test('has the command', () => {
    expect(run('npx', 'regard', '--version').stdout).toMatch(/^\d+\.\d+\.\d+/)
  })
})

describe.skipIf(!hasChromium)('in Chromium, from the installed package', () => {
  test('the documentation’s page explains a picture, in a worker, without configuration', async () => {
    const folder = join(user, 'page')
    mkdirSync(join(folder, 'public'), { recursive: true })
    writeFileSync(
      join(folder, 'index.html'),
      `<!doctype html><meta charset="utf-8">\n${block('html', 'startWorker')}`,
    )
    for (const name of ['model.onnx', 'model.card.yaml', 'model.mean.npy'])
      cpSync(join(user, name), join(folder, 'public', name))
    const chromium = await Chromium.start(await bundled(folder))
    try {
      const page = await chromium.open()
      await page.setInputFiles('#photo', join(user, 'face.png'))
      await page.waitForFunction(() => document.querySelector('#answer')!.textContent)
      const { name, probability, map } = await explainFile(join(user, 'model.onnx'), join(user, 'face.png'))
      expect(await page.textContent('#answer')).toBe(`${name} ${(100 * probability!).toFixed(1)} %`)
      const drawn = await page.locator('#map').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
      const png = Buffer.from(drawn.split(',')[1]!, 'base64')
      expectSameColours(await sharp(png).removeAlpha().raw().toBuffer(), map!.data)
    } finally {
      await chromium.stop()
    }
  })

  test('a worker hears a stop amid thousands of runs, explains the next photo, and fails once closed', async () => {
    const folder = join(user, 'stopping')
    mkdirSync(join(folder, 'public'), { recursive: true })
    writeFileSync(join(folder, 'index.html'), stopping)
    for (const name of ['model.onnx', 'model.card.yaml', 'model.mean.npy'])
      cpSync(join(user, name), join(folder, 'public', name))
    const chromium = await Chromium.start(await bundled(folder))
    try {
      const page = await chromium.open()
      const found = await page.evaluate((size) => stopped(size), SIZE)
      const { reason, done, total, map } = found
      expect(reason).toBe('AbortError')
      expect(total).toBeGreaterThan(5000)
      expect(done).toBeLessThan(total)
      expect(map).toEqual([SIZE, SIZE])
      expect(found).toMatchObject({ unsent: 'DataCloneError', closed: 'the worker was closed' })
    } finally {
      await chromium.stop()
    }
  })

  test('an import map is enough without a bundler, on one thread where the page is not isolated', async () => {
    const map = block('html', 'importmap')
    writeFileSync(join(user, 'index.html'), `<!doctype html><meta charset="utf-8">\n${map}\n${script}`)
    cpSync(join(root, 'tests/package/page/page.js'), join(user, 'page.js'))
    const chromium = await Chromium.start(user, false)
    try {
      const page = await chromium.open()
      const files = ['model.onnx', 'model.card.yaml', 'model.mean.npy']
      const { threads, relevance } = await explainedIn(page, files, 'face.png', { how: {} })
      expect(threads).toBe(1)
      const { relevance: own } = await explainFile(join(user, 'model.onnx'), join(user, 'face.png'))
      // Noise in a random network: on some CPUs numbers nearly tie in a max pooling (see below).
      expect(apart(relevance, own.data)).toBeLessThan(1e-3)
    } finally {
      await chromium.stop()
    }
  })

  describe('models from bytes, explained as in Node', () => {
    const folder = join(user, 'models')
    const human = join(user, 'node_modules/@vladmandic/human/models')
    const pixels = (channels: 'BGR' | 'RGB', mean: number[] | number) => ({
      input: { channels, scale: 1, mean },
    })
    let chromium: Chromium
    let page: Page

    beforeAll(async () => {
      mkdirSync(join(folder, 'public'), { recursive: true })
      for (const name of ['index.html', 'page.js'])
        cpSync(join(root, 'tests/package/page', name), join(folder, name))
      for (const { files, photo } of models) {
        for (const path of files) cpSync(path, join(folder, 'public', basename(path)))
        // As PNG: two decoders give slightly different pixels for JPEG.
        await writePicture(join(folder, 'public', `${basename(photo)}.png`), await readPhoto(photo))
      }
      const built = await bundled(folder)
      tellSizes(join(built, 'assets'))
      chromium = await Chromium.start(built)
      page = await chromium.open()
    })
    afterAll(() => chromium?.stop())

    // Where two numbers nearly tie, rounding decides what a max pooling takes, and a map differs by up to 1e-3, as it
    // does between the optimisation levels of one runtime. On these photos nothing nearly ties.
    const models = [
      {
        name: 'an ONNX model (AdienceNet)',
        files: [join(root, 'examples/adiencenet-synthetic.onnx')],
        said: { card: pixels('BGR', [104, 117, 123]) },
        photo: join(root, 'docs/pictures/face-parts.png'),
      },
      {
        name: 'a TensorFlow.js model (faceres)',
        files: [join(human, 'faceres.json'), join(human, 'faceres.bin')],
        said: { card: pixels('RGB', 0), output: 'gender_pred/Sigmoid' },
        photo: join(root, 'docs/pictures/face-parts.png'),
      },
      ...(shared
        ? [
            {
              name: 'a Caffe model (GoogLeNet)',
              files: ['bvlc_googlenet.caffemodel', 'bvlc_googlenet_deploy.prototxt'].map((file) =>
                join(shared!, 'models/caffe', file),
              ),
              said: { card: pixels('BGR', [104, 117, 123]) },
              photo: join(shared, 'reference/googlenet/cat.jpg'),
            },
          ]
        : []),
    ]

    describe.each(models)('$name', ({ files, said, photo }) => {
      test.each(['paper', 'epsilon-plus-flat'] as const)('by %s, by WebAssembly', async (composite) => {
        const own = await explainFile(files[0]!, photo, { ...said, composite } as ExplainFileOptions)
        const { device, threads, name, relevance, pixels } = await explainedIn(
          page,
          files.map((file) => basename(file)),
          `${basename(photo)}.png`,
          { model: said, engine: { threads: 2 }, how: { composite } },
        )
        expect({ device, threads, name }).toEqual({ device: 'wasm', threads: 2, name: own.name })
        expect(pixels.equals((await readPhoto(photo)).data)).toBe(true)
        expect(apart(relevance, own.relevance.data)).toBeLessThan(1e-4)
      })
    })

    test('AdienceNet by WebGPU', async () => {
      const [{ files, said, photo }] = models as [(typeof models)[0]]
      const own = await explainFile(files[0]!, photo, said as ExplainFileOptions)
      const { device, relevance } = await explainedIn(
        page,
        files.map((file) => basename(file)),
        `${basename(photo)}.png`,
        {
          model: said,
          engine: { device: 'webgpu' },
          how: {},
        },
      )
      expect(device).toBe('webgpu')
      expect(apart(relevance, own.relevance.data)).toBeLessThan(1e-3)
    })
  })
})

const stopping = `<!doctype html><meta charset="utf-8">
<script type="module">
  import { startWorker } from 'regard/worker'

  window.stopped = async (size) => {
    const photo = { width: size, height: size, data: new Uint8Array(3 * size * size) }
    const regard = startWorker()
    const model = await regard.loadModel('model.onnx')
    const stop = new AbortController()
    let far
    const method = { method: 'occlusion', window: 8, stride: 1 }
    const progress = (done, total) => {
      far = { done, total }
      stop.abort()
    }
    const reason = await regard.explain(model, photo, { method, signal: stop.signal, progress }).catch(({ name }) => name)
    const { map } = await regard.explain(model, photo)
    // A function cannot be sent.
    const unsent = await regard.explain(model, photo, { minus: () => {} }).catch(({ name }) => name)
    regard.close()
    const closed = await regard.explain(model, photo).catch(({ message }) => message)
    return { reason, ...far, map: [map.width, map.height], unsent, closed }
  }
</script>
`

declare function stopped(
  size: number,
): Promise<{ reason: string; done: number; total: number; map: number[]; unsent: string; closed: string }>

const script = '<script type="module" src="./page.js"></script>'

interface Explained {
  readonly device: string
  readonly threads: number
  readonly name: string
  readonly relevance: Float32Array
  readonly pixels: Buffer
}

/** What page.js offers. */
declare const page: {
  explain(files: string[], photo: string, options: object): Promise<Record<keyof Explained, string>>
}

async function explainedIn(at: Page, files: string[], photo: string, options: object): Promise<Explained> {
  const { device, threads, name, relevance, pixels } = await at.evaluate(
    ([files, photo, options]) => page.explain(files, photo, options),
    [files, photo, options] as const,
  )
  const numbers = new Uint8Array(Buffer.from(relevance, 'base64')).buffer
  return {
    device,
    threads: Number(threads),
    name,
    relevance: new Float32Array(numbers),
    pixels: Buffer.from(pixels, 'base64'),
  }
}

/** ‖a − b‖ / ‖b‖. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let [difference, norm] = [0, 0]
  for (let k = 0; k < b.length; k++) {
    difference += (a[k]! - b[k]!) ** 2
    norm += b[k]! ** 2
  }
  return Math.sqrt(difference / norm)
}

/** Colours from the same relevance, computed elsewhere. */
function expectSameColours(a: ArrayLike<number>, b: ArrayLike<number>): void {
  expect(a.length).toBe(b.length)
  const most = Array.from(b, (value, k) => Math.abs(value - a[k]!)).reduce((x, y) => Math.max(x, y), 0)
  expect(most).toBeLessThanOrEqual(2)
}

/** Print what a page loads, and check that none of it belongs to Node. */
function tellSizes(assets: string): void {
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'))
  const sizes = scripts.map((name) => {
    const text = readFileSync(join(assets, name), 'utf8')
    expect(text, name).not.toMatch(/__vite-browser-external|["']node:/)
    return { name, size: gzipSync(text).length }
  })
  const total = sizes.reduce((sum, { size }) => sum + size, 0)
  const kilobytes = (size: number) => `${(size / 1000).toFixed(1)} kB`
  console.log(
    `the browser side, gzip: ${kilobytes(total)} (${sizes.map(({ name, size }) => `${name.replace(/-[^-]+\.js$/, '')} ${kilobytes(size)}`).join(', ')})`,
  )
}
