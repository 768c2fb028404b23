/** Requests over the wire that no browser sends. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Folders } from '../../src/server/folders.ts'
import { type Listening, listen } from '../../src/server/listen.ts'
import { answers, writeStudy } from '../report/writtenStudy.ts'
import { asked } from './asked.ts'

let dir: string
let server: Listening
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'regard-http-'))
  mkdirSync(join(dir, 'check'))
  const pairs = [{ check: 'copies', pairs: true, cases: [{ faces: ['a', 'b'], detail: '' }] }]
  const shown = [{ check: 'people', cases: [{ faces: ['a', 'c'], detail: '' }] }]
  writeFileSync(
    join(dir, 'check', 'findings.json'),
    JSON.stringify({ kind: 'csv', root: join(dir, 'none.csv'), findings: [...pairs, ...shown] }),
  )
  server = await listen({ port: 0, folders: new Folders(dir) })
})
afterAll(() => server.close())

/** The status of the answer to raw bytes. */
function sent(text: string): Promise<number> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.on('data', (part) => {
      answer += part
      socket.destroy()
    })
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])))
    socket.on('error', reject)
  })
}

const host = () => new URL(server.url).host
const line = (first: string, more = '') => sent(`${first} HTTP/1.1\r\nHost: ${host()}\r\n${more}\r\n`)

describe('a request that no page makes', () => {
  test.each([
    ['//index.html', 404],
    ['/./index.html', 200],
    ['/assets//../index.html', 404],
    ['/%2e%2e/index.html', 200],
    ['/..%2fpackage.json', 404],
    ['/..%5cpackage.json', 404],
    ['/%5c..%5c..%5cpackage.json', 404],
    ['/..\\..\\package.json', 400],
    ['/index.html%00', 404],
    ['/models/../../package.json', 404],
    ['/%', 404],
    ['/%c0%ae%c0%ae/package.json', 404],
    ['/constructor', 404],
    ['/__proto__', 404],
    ['/api/folders/__proto__/files/study.json', 404],
    ['/api/folders/check/files/__proto__', 404],
    ['/api/folders/check/files/marks.csv/', 404],
  ])('gets a file of the page or nothing: %s', async (path, status) => {
    expect(await line(`GET ${path}`)).toBe(status)
  })

  test('may give the server’s own full address, but no other', async () => {
    expect(await line(`GET http://${host()}/index.html`)).toBe(200)
    expect(await line('GET http://evil.example/../../package.json')).not.toBe(200)
    expect(await sent('GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n')).toBe(421)
    expect(await sent(`GET http://${host()}/ HTTP/1.1\r\nHost: evil.example\r\n\r\n`)).toBe(421)
    expect(await sent('GET / HTTP/1.1\r\n\r\n')).toBe(400)
    expect(await sent('GET / HTTP/1.0\r\n\r\n')).toBe(400)
  })

  test('is refused if it is longer than any of ours, or not HTTP', async () => {
    expect(await line(`GET /${'a'.repeat(20_000)}`)).toBe(431)
    expect(await line(`GET /api/folders/${'b'.repeat(15_000)}/files/study.json`)).toBe(404)
    expect(await sent('GARBAGE\r\n\r\n')).toBe(400)
    expect(await sent(`GET /\0index.html HTTP/1.1\r\nHost: ${host()}\r\n\r\n`)).toBe(400)
  })

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'POST'])('changes nothing by %s', async (method) => {
    const before = readdirSync(join(dir, 'check'))
    for (const path of ['/index.html', '/api/folders', '/api/folders/check/files/marks.csv', '/api/news']) {
      const { status, headers } = await asked(server.url, path, {
        method,
        headers: { 'Content-Length': '0' },
      })
      expect(status).toBe(404)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
    expect(readdirSync(join(dir, 'check'))).toEqual(before)
  })

  test('gets GET’s headers by HEAD', async () => {
    const { status, headers, body } = await asked(server.url, '/index.html', { method: 'HEAD' })
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toContain("default-src 'self'")
    expect(body.length).toBe(0)
  })
})

test.each([
  '/',
  '/index.html',
  '/models/index.json',
  '/api/folders',
  '/api/folders/check/files/findings.json',
  '/no',
])('everything is isolated and may only load from here: %s', async (path) => {
  const { headers } = await asked(server.url, path)
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; worker-src 'self' blob:; form-action 'none'/,
  )
  expect(headers['cross-origin-opener-policy']).toBe('same-origin')
  expect(headers['cross-origin-embedder-policy']).toBe('require-corp')
  expect(headers['x-content-type-options']).toBe('nosniff')
})

describe('a mark', () => {
  const mark = (body: string, headers: Record<string, string> = {}) =>
    asked(server.url, '/api/folders/check/marks', {
      method: 'POST',
      body,
      headers: {
        'Content-Length': String(Buffer.byteLength(body)),
        'Content-Type': 'application/json',
        ...headers,
      },
    })
  const marks = join('check', 'marks.csv')

  test('is one of the markable pairs, as JSON', async () => {
    expect((await mark('{"a":"a","b":"b","mark":"same"}')).status).toBe(200)
    const kept = readFileSync(join(dir, marks), 'utf8')
    for (const [body, status] of [
      ['{"a":"a","b":"b","mark":"same","__proto__":{"mark":"same"}}', 400],
      ['{"__proto__":{"a":"a"},"b":"b"}', 400],
      ['{"a":"a","b":"b","constructor":{"prototype":{"mark":"same"}}}', 400],
      ['{"a":["a"],"b":"b","mark":"same"}', 400],
      ['{"a":"a","b":"c","mark":"same"}', 404],
      ['{"a":"a","b":"__proto__","mark":"same"}', 404],
      [`{"a":"a","b":"${'b'.repeat(501)}"}`, 400],
      [JSON.stringify(Array.from({ length: 3000 }, () => ({ a: 'a', b: 'b' }))), 400],
      [JSON.stringify(Array.from({ length: 100_000 }, () => ({ a: 'a', b: 'b' }))), 413],
      ['[', 400],
      ['null', 400],
      ['', 400],
    ] as const) {
      expect([body.slice(0, 60), (await mark(body)).status]).toEqual([body.slice(0, 60), status])
    }
    expect(({} as { mark?: string }).mark).toBeUndefined()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'image/png', 'application/jsonx'])
      expect((await mark('{"a":"a","b":"b"}', { 'Content-Type': type })).status).toBe(415)
    expect(readFileSync(join(dir, marks), 'utf8')).toBe(kept)
  })

  test('does not overwrite a file that is not a list of marks', async () => {
    writeFileSync(join(dir, marks), 'my notes\r\n')
    expect((await mark('{"a":"a","b":"b","mark":"same"}')).status).toBe(409)
    expect(readFileSync(join(dir, marks), 'utf8')).toBe('my notes\r\n')
  })
})

test('a server that listens for others gives nothing without the token', async () => {
  const open = await listen({ host: '0.0.0.0', port: 0, folders: new Folders(dir) })
  try {
    const { port, searchParams } = new URL(open.url)
    const token = searchParams.get('token')!
    const from = (path: string, headers: Record<string, string> = {}) =>
      asked(`http://127.0.0.1:${port}/`, path, { headers })
    for (const path of ['/', '/api/folders', '/api/news', '/models/index.json', '/?token=', '/?token=other'])
      expect((await from(path)).status).toBe(401)
    const { status, headers } = await from(`/?token=${token}`)
    expect(status).toBe(200)
    expect(headers['set-cookie']?.[0]).toMatch(/HttpOnly; SameSite=Strict/)
    const [Cookie] = headers['set-cookie']![0]!.split(';') as [string]
    expect((await from('/api/folders', { Cookie })).status).toBe(200)
    expect((await from('/api/folders', { Cookie: `${Cookie}x` })).status).toBe(401)
    expect((await from('/api/folders', { Cookie, Origin: 'http://evil.example' })).status).toBe(403)
    expect((await from('/api/folders', { Cookie, Host: `evil.example:${port}` })).status).toBe(421)
  } finally {
    await open.close()
  }
})

test.each(['0.0.0.0', '::'])(
  'the address that a server on %s tells others is one that it answers',
  async (host) => {
    const open = await listen({ host, port: 0, folders: new Folders(dir) })
    try {
      const url = new URL(open.url)
      expect(['0.0.0.0', '[::]']).not.toContain(url.hostname)
      expect((await fetch(url, { redirect: 'manual' })).status).toBe(200)
      // A browser on another machine gives the name that its user typed.
      for (const name of [url.hostname, hostname().toLowerCase()]) {
        const headers = { Host: `${name}:${url.port}` }
        expect((await asked(`http://127.0.0.1:${url.port}/`, '/api/folders', { headers })).status).toBe(401)
      }
    } finally {
      await open.close()
    }
  },
)

test('pages that listened and left leave nothing behind', async () => {
  const { out } = writeStudy([
    { task: 'gender', network: 'adiencenet', setting: 'r', right: { r: answers([true, 3], [false, 1]) } },
  ])
  const watched = await listen({ port: 0, folders: new Folders(out) })
  const { hostname, port, host } = new URL(watched.url)
  const name = out.split('/').at(-1)!
  const held = () => {
    const count = (kind: string) => process.getActiveResourcesInfo().filter((each) => each === kind).length
    return { sockets: count('TCPSocketWrap'), timers: count('Timeout'), watchers: count('FSEventWrap') }
  }
  const before = held()
  const listener = () =>
    new Promise<ReturnType<typeof connect>>((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`GET /api/news?study=${name} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
      )
      socket.once('data', () => resolve(socket))
    })
  for (let round = 0; round < 3; round++) {
    const sockets = await Promise.all(Array.from({ length: 60 }, listener))
    expect(held().sockets).toBeGreaterThanOrEqual(120)
    // Some end properly, others are cut off.
    for (const [k, socket] of sockets.entries()) k % 2 === 0 ? socket.end() : socket.resetAndDestroy()
    // If one remained, this would not end.
    const isOver = (now: ReturnType<typeof held>) =>
      now.sockets <= before.sockets && now.timers <= before.timers && now.watchers <= before.watchers
    while (!isOver(held())) await sleep(50)
    for (const socket of sockets) socket.destroy()
  }
  await watched.close()
})
