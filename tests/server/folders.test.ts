import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { Folders } from '../../src/server/folders.ts'
import { type Listening, listen } from '../../src/server/listen.ts'
import { capturePrinted } from '../cli/capture.ts'
import { answers, writeStudy } from '../report/writtenStudy.ts'
import { asked } from './asked.ts'

capturePrinted()

const RUN = 'gender-adiencenet-r-fold0'

/** A folder with a study, a check of drawn faces, and many ways out of it. */
async function written(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'regard-folders-'))
  const outside = mkdtempSync(join(tmpdir(), 'regard-outside-'))
  const { out } = writeStudy([
    { task: 'gender', network: 'adiencenet', setting: 'r', right: { r: answers([true, 3], [false, 1]) } },
  ])
  cpSync(out, join(dir, 'one'), { recursive: true })
  cpSync(out, join(outside, 'study'), { recursive: true })
  writeFileSync(join(outside, 'secret.json'), '{"secret":true}')
  writeFileSync(join(dir, 'one', 'private.json'), '{}')
  symlinkSync(join(outside, 'study'), join(dir, 'linked'))
  mkdirSync(join(dir, 'deep', 'er', 'too'), { recursive: true })
  cpSync(out, join(dir, 'deep', 'er', 'two'), { recursive: true })
  cpSync(out, join(dir, 'deep', 'two'), { recursive: true })
  // Files of a study that are links to other places.
  const trap = join(dir, 'trap')
  cpSync(out, trap, { recursive: true })
  mkdirSync(join(trap, 'report', 'tables'), { recursive: true })
  symlinkSync(join(outside, 'secret.json'), join(trap, 'report', 'tables', 'secret.csv'))
  symlinkSync(join(outside, 'secret.json'), join(trap, 'report', 'index.html'))
  await main(['dataset', 'synthesize', join(dir, 'faces'), '--count', '12', '--seed', '5'])
  writeFileSync(
    join(trap, 'study.json'),
    readFileSync(join(trap, 'study.json'), 'utf8').replace(
      '"kind": "written"',
      '"kind": "synthetic", "root": "../faces"',
    ),
  )
  mkdirSync(join(dir, 'check'))
  writeFileSync(
    join(dir, 'check', 'findings.json'),
    JSON.stringify({
      kind: 'synthetic',
      root: join(dir, 'faces'),
      findings: [{ check: 'copies', pairs: true, cases: [{ faces: ['a', 'b'], detail: '' }] }],
    }),
  )
  return dir
}

describe('the folder of studies', () => {
  let dir: string
  let server: Listening
  const from = (path: string, asking = {}) => asked(server.url, path, asking)
  beforeAll(async () => {
    dir = await written()
    server = await listen({ port: 0, folders: new Folders(dir) })
  })
  afterAll(() => server.close())

  test('shows studies and checks in it and two levels below, but none through a link', async () => {
    const { status, body } = await from('/api/folders')
    expect(status).toBe(200)
    const folders = JSON.parse(body.toString())
    expect(folders.map(({ name, kinds }: { name: string; kinds: string[] }) => [name, ...kinds])).toEqual([
      ['check', 'check'],
      ['deep/two', 'study'],
      ['one', 'study'],
      ['trap', 'study'],
    ])
    expect(folders.find(({ name }: { name: string }) => name === 'one').study).toEqual({
      title: 'written',
      runs: 1,
      finished: 0,
      underway: 0,
    })
    // The check covers the data of one of the studies.
    expect(folders.find(({ name }: { name: string }) => name === 'check').of).toBe('trap')
  })

  test('may be a study itself', () => {
    const own = new Folders(join(dir, 'one'))
    expect([...own.all().keys()]).toEqual(['one'])
    expect(() => new Folders(join(dir, 'nowhere'))).toThrow(/nowhere: is not a folder/)
  })

  test('gives the files that the page needs', async () => {
    const result = await from(`/api/folders/one/files/runs/${RUN}/result.json`)
    expect(result.status).toBe(200)
    expect(result.headers['content-type']).toBe('application/json')
    expect(JSON.parse(result.body.toString()).tests.r.confusion).toEqual([
      [3, 1],
      [0, 0],
    ])
    expect((await from('/api/folders/deep%2Ftwo/files/study.json')).status).toBe(200)
  })

  test.each([
    '/api/folders/one/files/private.json',
    '/api/folders/one/files/../one/private.json',
    '/api/folders/one/files/%2e%2e/one/study.json',
    '/api/folders/one/files/..%2fone%2fstudy.json',
    '/api/folders/one/files/runs/..%2f..%2fstudy.json/result.json',
    '/api/folders/one/files/runs/../../study.json',
    '/api/folders/one/files/runs/%2e%2e%2fx/result.json',
    '/api/folders/one/files/%00study.json',
    '/api/folders/one/files/study.json%00.csv',
    '/api/folders/one/files//etc/passwd',
    '/api/folders/..%2Fone/files/study.json',
    '/api/folders/linked/files/study.json',
    '/api/folders/%2e%2e/files/study.json',
    '/api/folders/trap/files/report/index.html',
    '/api/folders/trap/files/report/tables/secret.csv',
    '/api/folders/one/files/%E0%A4%A',
    '/api/folders/check/photos/..%2F..%2Fsecret',
    '/api/folders/one/photos/f0.1',
    '/api/folders/check/faces/a',
    '/api/nothing',
    '/one/study.json',
    '/../one/study.json',
  ])('gives nothing for %s', async (path) => {
    const { status, body } = await from(path)
    expect([400, 404]).toContain(status)
    expect(body.toString()).not.toMatch(/secret"|"runs"/)
  })

  test('shows a photo that the data set lists, as a thumbnail', async () => {
    const line = readFileSync(join(dir, 'faces', 'truth', 'faces.jsonl'), 'utf8').split('\n')[0]!
    const face = JSON.parse(line).face ?? JSON.parse(line).id
    for (const folder of ['check', 'trap']) {
      const { status, headers, body } = await from(`/api/folders/${folder}/photos/${face}`)
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('image/jpeg')
      expect(headers['cache-control']).toBe('no-store')
      expect(body.length).toBeLessThan(20_000)
    }
  })

  test('accepts only marks of pairs that the check found', async () => {
    const mark = (sent: unknown, headers = {}) => {
      const body = JSON.stringify(sent)
      return from('/api/folders/check/marks', {
        method: 'POST',
        body,
        headers: { 'Content-Length': String(body.length), 'Content-Type': 'application/json', ...headers },
      })
    }
    const kept = () => readFileSync(join(dir, 'check', 'marks.csv'), 'utf8')
    expect((await mark({ a: 'a', b: 'b', mark: 'same' })).status).toBe(200)
    expect(kept()).toBe('a,b,mark\r\na,b,same\r\n')
    expect((await mark({ a: 'a', b: 'b', mark: 'different' })).status).toBe(200)
    expect(kept()).toBe('a,b,mark\r\na,b,different\r\n')
    expect((await mark({ a: 'a', b: 'b' })).status).toBe(200)
    expect(kept()).toBe('a,b,mark\r\n')
    expect((await mark({ a: 'a', b: 'c', mark: 'same' })).status).toBe(404)
    expect((await mark({ a: 'a', b: 'b', mark: 'other' })).status).toBe(400)
    expect((await mark('x'.repeat(70_000))).status).toBe(413)
    expect((await mark({ a: 'a', b: 'b' }, { Origin: 'http://evil.example' })).status).toBe(403)
    expect((await mark({}, { 'Transfer-Encoding': 'chunked' })).status).not.toBe(200)
  })

  test('is only open to its own page', async () => {
    expect((await from('/api/folders', { headers: { Host: 'evil.example' } })).status).toBe(421)
    expect((await from('/api/folders', { headers: { Origin: 'http://evil.example' } })).status).toBe(403)
    const { headers } = await from('/api/folders')
    expect(headers['content-security-policy']).toContain("default-src 'self'")
    expect(headers['cross-origin-resource-policy']).toBe('same-origin')
  })

  test('shows a report without scripts, only in the studio', async () => {
    mkdirSync(join(dir, 'one', 'report'), { recursive: true })
    writeFileSync(join(dir, 'one', 'report', 'index.html'), '<p>A report')
    const { headers } = await from('/api/folders/one/files/report/index.html')
    expect(headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/)
    expect(headers['content-security-policy']).toContain("frame-ancestors 'self'")
  })
})
