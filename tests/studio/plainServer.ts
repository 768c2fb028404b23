import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { typeOf } from '../../src/server/files.ts'

/** A file server that knows nothing of the studio, nor of headers that isolate a page. */
export function plainServer(folder: string, below: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://plain')
    const name = pathname.slice(below.length) || 'index.html'
    const path = join(folder, name)
    if (!pathname.startsWith(below) || !existsSync(path)) return response.writeHead(404).end()
    response.setHeader('Content-Type', typeOf(path))
    response.end(readFileSync(path))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
