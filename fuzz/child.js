/** The process that reads inputs: TypeScript from `src/` and `tests/` as it stands, which Vite makes JavaScript of. */

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
