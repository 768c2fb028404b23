import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const human = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/human')), '../models')

/** The networks that find faces, and the one that is included. */
const MODELS = ['blazeface', 'facemesh', 'faceres'].flatMap((name) => [`${name}.json`, `${name}.bin`])

/** In development, networks come from their npm package, as with the server. */
function modelsOfPackage(): Plugin {
  return {
    name: 'models-of-package',
    configureServer({ middlewares }) {
      middlewares.use('/models/index.json', (_, response) => {
        response.end('["faceres"]')
      })
      middlewares.use('/models', (request, response, next) => {
        const name = (request.url ?? '').slice(1)
        if (!MODELS.includes(name)) return next()
        response.setHeader(
          'Content-Type',
          extname(name) === '.json' ? 'application/json' : 'application/octet-stream',
        )
        response.end(readFileSync(join(human, name)))
      })
    },
  }
}

/** The service worker, with a name for what this build keeps. */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    generateBundle(_, bundle) {
      const build = createHash('sha256').update(Object.keys(bundle).sort().join()).digest('hex').slice(0, 12)
      const source = readFileSync(new URL('offline/offline.js', import.meta.url), 'utf8')
      this.emitFile({ type: 'asset', fileName: 'offline.js', source: source.replace('BUILD', build) })
    },
  }
}

/** The runtime keeps its name: a server can take it from the package that has it. */
const output = {
  assetFileNames: ({ names }: { readonly names: readonly string[] }) =>
    names.some((name) => name.endsWith('.wasm'))
      ? 'runtime/[name][extname]'
      : 'assets/[name]-[hash][extname]',
}

export default defineConfig({
  // It runs from any folder of any server.
  base: './',
  plugins: [react(), modelsOfPackage(), serviceWorker()],
  worker: { format: 'es', rollupOptions: { output } },
  build: {
    outDir: '../dist/studio',
    emptyOutDir: true,
    target: 'es2023',
    // Otherwise the bundler puts its own helpers into the largest chunk that uses them, and every page loads that.
    rollupOptions: {
      output: {
        ...output,
        codeSplitting: { groups: [{ name: 'react', test: /node_modules.(react|react-dom|scheduler)./ }] },
      },
    },
  },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
})
