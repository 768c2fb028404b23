import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { download } from '../../src/base/download.ts'

// Larger than what a socket holds, so that a cut connection leaves a part on either side.
const FILE = randomBytes(3_000_000)
const SHA1 = createHash('sha1').update(FILE).digest('hex')
const CUT = 1_200_000

interface Served {
  file: Buffer
  etag?: string
  modified?: string
  /** Where the connection is cut, once or always. */
  cut?: { at: number; times: number }
  ranges?: boolean
}

let server: Server | undefined
const asked: IncomingHttpHeaders[] = []

/** A server as Apache and nginx are: ranges, If-Range, ETag and date, with the given flaws. */
async function serve(served: Served): Promise<string> {
  return listen((request, response) => {
    asked.push(request.headers)
    const { file, etag, modified, ranges = true } = served
    const { range, 'if-range': same } = request.headers
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? Number.NaN)
    const partial = ranges && from >= 0 && (same === undefined || same === etag || same === modified)
    if (etag) response.setHeader('etag', etag)
    if (modified) response.setHeader('last-modified', modified)
    if (partial && from >= file.length) {
      response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
      return
    }
    const start = partial ? from : 0
    if (partial) response.setHeader('content-range', `bytes ${start}-${file.length - 1}/${file.length}`)
    response.writeHead(partial ? 206 : 200, { 'content-length': file.length - start })
    const { cut } = served
    if (!cut || cut.times === 0) {
      response.end(file.subarray(start))
      return
    }
    cut.times--
    response.flushHeaders()
    response.write(file.subarray(start, Math.max(start, cut.at)), () =>
      setTimeout(() => response.destroy(), 20),
    )
  })
}

async function listen(listener: RequestListener): Promise<string> {
  server = createServer(listener)
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.bin`
}

async function stop(): Promise<void> {
  server?.closeAllConnections()
  await new Promise<unknown>((done) => (server ? server.close(done) : done(undefined)))
  server = undefined
}

const newPath = () => join(mkdtempSync(join(tmpdir(), 'regard-download-')), 'cache', 'weights.bin')

/** A partial file on the disk, as a connection that was cut for good leaves it. */
async function interrupted(
  served: Omit<Served, 'cut'>,
): Promise<{ path: string; url: string; served: Served }> {
  const all: Served = { ...served, cut: { at: CUT, times: Number.POSITIVE_INFINITY } }
  const path = newPath()
  const url = await serve(all)
  await expect(download({ url, path })).rejects.toThrow(
    /weights\.bin: could not be downloaded .*what has arrived is kept/,
  )
  expect(readFileSync(`${path}.part`).equals(served.file.subarray(0, CUT))).toBe(true)
  expect(existsSync(path)).toBe(false)
  asked.length = 0
  all.cut = undefined
  return { path, url, served: all }
}

function expectWhole(path: string, file: Buffer): void {
  expect(readFileSync(path).equals(file)).toBe(true)
  expect(readdirSync(join(path, '..'))).toEqual(['weights.bin'])
}

afterEach(async () => {
  await stop()
  asked.length = 0
})

describe('a download', () => {
  it('gets its name once it is complete, and reports progress', async () => {
    const url = await serve({ file: FILE, etag: '"1"' })
    const path = newPath()
    const seen: [number, number][] = []
    await download({ url, path, sha1: SHA1, bytes: FILE.length, progress: (...at) => seen.push(at) })
    expectWhole(path, FILE)
    expect(seen.at(-1)).toEqual([FILE.length, FILE.length])
    expect(seen.every(([done], k) => k === 0 || done > seen[k - 1]![0])).toBe(true)
  })

  it('resumes at once where the connection was cut', async () => {
    const url = await serve({ file: FILE, etag: '"1"', cut: { at: CUT, times: 1 } })
    const path = newPath()
    await download({ url, path, sha1: SHA1 })
    expectWhole(path, FILE)
    expect(asked.map(({ range }) => range)).toEqual([undefined, `bytes=${CUT}-`])
  })

  it.each([
    ['an ETag', { etag: '"1"' }, '"1"'],
    ['a date', { modified: 'Tue, 03 Nov 2015 08:00:00 GMT' }, 'Tue, 03 Nov 2015 08:00:00 GMT'],
    ['a weak ETag', { etag: 'W/"1"' }, undefined],
    ['nothing but its size', {}, undefined],
  ])('resumes next time if the server identifies its file by %s', async (_, names, same) => {
    const { path, url } = await interrupted({ file: FILE, ...names })
    await download({ url, path, sha1: SHA1 })
    expectWhole(path, FILE)
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ range: `bytes=${CUT}-`, ...(same ? { 'if-range': same } : {}) })
  })

  it.each([
    ['an ETag', { etag: '"1"' }, { etag: '"2"' }],
    ['a date', { modified: 'Tue, 03 Nov 2015 08:00:00 GMT' }, { modified: 'Wed, 04 Nov 2015 08:00:00 GMT' }],
    ['a weak ETag', { etag: 'W/"1"' }, { etag: 'W/"2"' }],
  ])('starts over if the server now has another file, by %s', async (_, before, after) => {
    const { path, url, served } = await interrupted({ file: FILE, ...before })
    Object.assign(served, after, { file: randomBytes(FILE.length) })
    await download({ url, path })
    expectWhole(path, served.file)
  })

  it.each([
    ['longer', 3_100_000],
    ['shorter than the part', 1_000_000],
  ])('starts over if the file is %s by now', async (_, size) => {
    const { path, url, served } = await interrupted({ file: FILE })
    served.file = randomBytes(size)
    await download({ url, path })
    expectWhole(path, served.file)
  })

  it('starts over if the server does not support ranges', async () => {
    const { path, url, served } = await interrupted({ file: FILE, etag: '"1"' })
    served.ranges = false
    await download({ url, path, sha1: SHA1 })
    expectWhole(path, FILE)
    expect(asked).toHaveLength(1)
  })

  it('is discarded if its checksum or size differs', async () => {
    const url = await serve({ file: FILE })
    const path = newPath()
    await expect(download({ url, path, sha1: '0'.repeat(40) })).rejects.toThrow(
      `${url}: the server's file is not the published one: it has sha1 ${SHA1} in place of 000`,
    )
    expect(readdirSync(join(path, '..'))).toEqual([])
    await expect(download({ url, path, bytes: 7 })).rejects.toThrow('it has 3000000 bytes in place of 7')
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('names the address, and where to put the file by hand, if nobody answers', async () => {
    const url = await serve({ file: FILE })
    await stop()
    const path = newPath()
    const error = await download({ url, path }).then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect(error?.name).toBe('UserError')
    expect(error?.message).toContain(`${url}: could not be downloaded (connect ECONNREFUSED`)
    expect(error?.message).toContain(`put it here: ${path}`)
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('repeats what the server says if it lacks the file', async () => {
    const url = await listen((_, response) => response.writeHead(404).end('no such file'))
    await expect(download({ url, path: newPath() })).rejects.toThrow(
      `${url}: the server does not provide the file (404 Not Found)`,
    )
  })

  it('does not start if nobody says how large the file is', async () => {
    const url = await listen((_, response) => {
      response.write('a')
      response.end('b')
    })
    await expect(download({ url, path: newPath() })).rejects.toThrow('does not say how large the file is')
  })

  it('stops when told to, and resumes from there', async () => {
    const url = await serve({ file: FILE, etag: '"1"' })
    const path = newPath()
    const stopped = new AbortController()
    const run = download({ url, path, signal: stopped.signal, progress: () => stopped.abort('enough') })
    await expect(run).rejects.toBe('enough')
    expect(readdirSync(join(path, '..')).sort()).toEqual(['weights.bin.part', 'weights.bin.part.json'])
    asked.length = 0
    await download({ url, path, sha1: SHA1 })
    expect(Number(/\d+/.exec(asked[0]!.range!)![0])).toBeGreaterThan(0)
    expectWhole(path, FILE)
  })

  it('does not start while another process downloads the file, unless that process is gone', async () => {
    const url = await serve({ file: FILE })
    const path = newPath()
    await download({ url, path })
    const heldBy = (pid: number) =>
      writeFileSync(`${path}.lock`, JSON.stringify({ pid, host: hostname(), since: 'today' }))
    heldBy(process.ppid)
    await expect(download({ url, path })).rejects.toThrow(
      `${path}: the download is held by process ${process.ppid} on this machine, since today`,
    )
    heldBy(99999999)
    await download({ url, path })
    expectWhole(path, FILE)
  })
})
