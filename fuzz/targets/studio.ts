/** HTTP requests to the studio's server, as bytes on a socket. */

import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Folders } from '../../src/server/folders.ts'
import { listen } from '../../src/server/listen.ts'
import { newFolder } from '../folder.ts'
import { mutateText } from '../mutations.ts'
import { changing, ensure, type Input, onlyFile, type Target } from '../target.ts'

/** What must never be in an answer. */
const SECRET = 'secret-that-lies-outside'

/** Where the server's own name stands in a request. */
const HOST = '127.0.0.1:4080'

/** What it may answer with. */
const STATUSES = new Set([
  200, 206, 304, 400, 401, 403, 404, 405, 408, 409, 411, 413, 415, 417, 421, 426, 431, 501, 505,
])

/** Milliseconds that the server may take; a request that is cut off is given up by its sender before. */
const PATIENCE = 10_000

async function studio(): Promise<Target> {
  const top = newFolder()
  const dir = join(top, 'out')
  mkdirSync(join(dir, 'check'), { recursive: true })
  writeFileSync(join(top, 'secret.txt'), SECRET)
  symlinkSync(join(top, 'secret.txt'), join(dir, 'check', 'link.json'))
  const pairs = [{ check: 'copies', pairs: true, cases: [{ faces: ['a', 'b'], detail: '' }] }]
  const findings = JSON.stringify({ kind: 'csv', root: join(dir, 'none.csv'), findings: pairs })
  writeFileSync(join(dir, 'check', 'findings.json'), findings)
  const { url } = await listen({ port: 0, folders: new Folders(dir) })
  const { host, port } = new URL(url)
  const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${more}\r\n`
  const mark = '{"a":"a","b":"b","mark":"same"}'
  const requests = [
    get('/'),
    get('/index.html', 'Accept-Encoding: gzip\r\nRange: bytes=0-10\r\n'),
    get('/models/index.json'),
    get('/api/folders'),
    get('/api/news?study=check', 'Accept: text/event-stream\r\n'),
    get('/api/folders/check/files/findings.json'),
    get('/api/folders/check/files/report/../../../../secret.txt'),
    get('/api/folders/check/files/link.json'),
    get('/api/folders/check/files/%2e%2e%2f%2e%2e%2fsecret.txt'),
    get('/api/folders/check/photos/a', 'If-None-Match: "x"\r\n'),
    get('/api/folders/check/faces/0'),
    `POST /api/folders/check/marks HTTP/1.1\r\nHost: ${HOST}\r\nOrigin: http://${HOST}\r\nContent-Type: application/json\r\nContent-Length: ${mark.length}\r\n\r\n${mark}`,
  ]
  const listed = () =>
    readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('marks.csv'))
  const before = String(listed())
  let asked = 0
  return {
    seeds: requests.map((text): Input => new Map([['request.http', new TextEncoder().encode(text)]])),
    mutate: changing(/./, mutateText),
    async read(input) {
      const bytes = Buffer.from(onlyFile(input)[1]).toString('latin1').replaceAll(HOST, host)
      const answer = await answerTo(Buffer.from(bytes, 'latin1'), Number(port))
      ensure(!answer.includes(SECRET), 'a file outside the folder is given away')
      // Without an answer, the server has closed the connection, or waits for the rest of the request.
      for (const [, status] of answer.matchAll(/^HTTP\/1\.1 (\d+)/gm))
        ensure(STATUSES.has(Number(status)), `the answer has the status ${status}: ${answer.slice(0, 500)}`)
      if (++asked % 100 > 0) return
      ensure(String(listed()) === before, `the server has written ${listed()}`)
      ensure(
        readFileSync(join(dir, 'check', 'findings.json'), 'utf8') === findings,
        'the server has changed a file',
      )
    },
  }
}

/** What comes back; the sender's side is closed behind the request. */
function answerTo(request: Buffer, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(request))
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error(`no answer within ${PATIENCE} ms`)))
    socket.on('data', (part) => {
      answer += part.toString('latin1')
      // News have no end.
      if (/text\/event-stream/.test(answer)) socket.destroy()
    })
    socket.on('close', () => resolve(answer))
    // The server may close first, whatever is still on the way.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? resolve(answer) : reject(error),
    )
  })
}

export const server = { studio }
