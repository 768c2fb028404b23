/**
 * Maps in a page compared with Node's, on the same cores: GoogLeNet and faceres by `paper`, WebAssembly with two
 * threads in Debian's Chromium (apt-get install chromium). Both sides do the whole of `explain`: photo, network, map,
 * picture.
 *
 *   npm run bench -- page
 */

import { cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build, preview } from 'vite'
import { nodeEngine } from '../dist/engine/node.js'
import { explainBy, loadModelExplainer } from '../dist/models/explain.js'
import { openModelFile } from '../dist/models/node.js'
import { describeMachine, median } from './measure.js'

const THREADS = 2
const ROUNDS = 15
const PROGRAM = '/usr/bin/chromium'
const root = fileURLToPath(new URL('..', import.meta.url))
const pixels = (channels, mean) => ({ card: { input: { channels, scale: 1, mean } } })
const human = join(dirname(fileURLToPath(import.meta.resolve('@vladmandic/human'))), '..', 'models')
const caffe = join(root, '../shared/models/caffe')
const models = [
  {
    name: 'faceres',
    files: ['faceres.json', 'faceres.bin'].map((file) => join(human, file)),
    said: { ...pixels('RGB', 0), output: 'gender_pred/Sigmoid' },
  },
  {
    name: 'GoogLeNet',
    files: ['bvlc_googlenet.caffemodel', 'bvlc_googlenet_deploy.prototxt'].map((file) => join(caffe, file)),
    said: pixels('BGR', [104, 117, 123]),
  },
].filter(({ name, files }) => {
  if (files.every((file) => existsSync(file))) return true
  console.log(`${name} is not here`)
  return false
})

describeMachine()
if (existsSync(PROGRAM)) await measure()
else console.log('Chromium is not here (apt-get install chromium): nothing is measured in a page')

async function measure() {
  const page = await openPage()
  const { compile, threads } = await page.evaluate((threads) => globalThis.speed.compile(threads), THREADS)
  console.log(`Chromium, WebAssembly, ${threads} threads: the runtime compiled in ${compile.toFixed(0)} ms`)
  const engine = await nodeEngine({ threads: THREADS })
  console.log(`Node, native code, ${engine.threads} threads`)
  const photo = {
    width: 224,
    height: 224,
    data: Array.from({ length: 3 * 224 * 224 }, (_, k) => (k * 7919) % 256),
  }
  const image = { ...photo, data: Uint8Array.from(photo.data) }
  for (const { name, files, said } of models) {
    const names = files.map((file) => basename(file))
    const first = await page.evaluate(
      ([names, said, photo]) => globalThis.speed.first(names, said, photo),
      [names, said, photo],
    )
    const parts = Object.entries(first).map(([part, ms]) => `${part} ${ms.toFixed(0)} ms`)
    console.log(`${name}, the first map from bytes: ${parts.join(', ')}`)
    const model = await openModelFile(files[0], said)
    const explainer = await loadModelExplainer(model, { engine, composite: 'paper' })
    await explainBy(explainer, model, image)
    const [inPage, inNode] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      inPage.push(await page.evaluate(() => globalThis.speed.map()))
      const start = performance.now()
      await explainBy(explainer, model, image)
      inNode.push(performance.now() - start)
    }
    await explainer.release()
    await page.evaluate(() => globalThis.speed.release())
    const [a, b] = [median(inPage), median(inNode)]
    console.log(`${name}: page ${a.toFixed(0)} ms, Node ${b.toFixed(0)} ms, ${(a / b).toFixed(2)} times`)
  }
  await page.context().browser().close()
  process.exit(0)
}

/** The bundled page, in a browser of its own. */
async function openPage() {
  const folder = mkdtempSync(join(tmpdir(), 'regard-bench-'))
  const publicDir = join(folder, 'public')
  mkdirSync(publicDir)
  for (const file of models.flatMap(({ files }) => files)) cpSync(file, join(publicDir, basename(file)))
  cpSync(join(root, 'examples/adiencenet-synthetic.onnx'), join(publicDir, 'tiny.onnx'))
  const outDir = join(folder, 'built')
  const options = {
    root: join(root, 'bench/page'),
    configFile: false,
    logLevel: 'error',
    publicDir,
    build: { outDir },
  }
  await build(options)
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  }
  const server = await preview({ ...options, preview: { headers, host: '127.0.0.1', port: 0 } })
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  })
  const page = await browser.newPage()
  await page.goto(server.resolvedUrls.local[0])
  return page
}
