/**
 * Bundle the command, and what its threads and processes run, into `dist/program`: a command starts in half the time if
 * it loads a few files and not hundreds. Nothing is done if the bundle is newer than everything that it is made from.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isBundle, isNewer, newest } from './newer.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

const built = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => !isBundle(name))
/** What `bin/regard.js` loads, and what `workerModule` names. */
const starts = [
  ...['base/workers', 'base/childStart', 'cli/signal', 'cli/main'],
  ...built
    .filter((name) => /(\.worker|\w+[\\/]\w+[\\/]child)\.js$/.test(name))
    .map((name) => name.slice(0, -3)),
]

/** Packages with files of their own beside their code, and large ones that few commands need. */
const PACKAGES =
  /^(sharp|onnxruntime-\w+|h5wasm|@vladmandic\/human|bullmq|ioredis|@aws-sdk\/.*|heic-decode)($|\/)/

/** What a module finds by its own place, it still finds: `import.meta.url` stays what it was before. */
const places = {
  name: 'places',
  transform(code, id) {
    if (!id.startsWith(dist) || !code.includes('import.meta.url')) return
    const place = JSON.stringify(relative(dist, id).replaceAll('\\', '/'))
    return code.replaceAll('import.meta.url', `new URL(${place}, __dist).href`)
  },
  renderChunk(code, { fileName }) {
    if (!code.includes('__dist')) return
    const up = '../'.repeat(fileName.split('/').length)
    return `const __dist = new URL('${up}', import.meta.url)\n${code}`
  },
}

/** The licences of the packages whose code is in the bundle. */
const licences = {
  name: 'licences',
  generateBundle(_, bundle) {
    const folders = new Set()
    for (const { moduleIds = [] } of Object.values(bundle)) {
      for (const id of moduleIds) {
        const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/')) ?? []
        if (folder) folders.add(folder)
      }
    }
    const texts = [...folders].sort().map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
      return `${name} ${version}: ${license}\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`
    })
    this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: texts.join('\n\n') })
  },
}

const times = [
  newest(dist, isBundle),
  newest(join(root, 'package.json')),
  newest(fileURLToPath(import.meta.url)),
]
if (!isNewer(join(dist, 'program/LICENSES.txt'), times)) {
  const { build } = await import('vite')
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [places, licences],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: join(dist, 'program'),
      emptyOutDir: true,
      minify: false,
      target: 'node20',
      rollupOptions: {
        input: Object.fromEntries(
          starts.map((name) => [name.replaceAll('\\', '/'), join(dist, `${name}.js`)]),
        ),
        external: (id) => id.startsWith('node:') || PACKAGES.test(id),
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  })
}
