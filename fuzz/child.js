/** The process that reads inputs. Vite compiles the TypeScript of `src/` and `tests/` for it. */

import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const vite = await createServer({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
})
const { main } = await vite.ssrLoadModule('/fuzz/child.ts')
await main(process.argv.slice(2))
process.exit()
