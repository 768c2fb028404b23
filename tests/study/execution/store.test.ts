import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import S3rver from 's3rver'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { Bucket } from '../../../src/study/execution/bucket.ts'
import { Store } from '../../../src/study/execution/store.ts'
import { damageOf } from '../../../src/study/sums.ts'
import { capturePrinted } from '../../cli/capture.ts'
import { type Fault, FaultyLine } from '../../faultyLine.ts'
import { TINY_PLAN, writePlan } from '../tinyStudy.ts'

const captured = capturePrinted()
const { signal } = new AbortController()
const RUN = 'gender-adiencenet-r-fold1'
const small = TINY_PLAN.replace('[age, gender]', '[gender]').replace('[r, i, m]', '[r]')

// A local S3 server, over a real socket.
const bucket = mkdtempSync(join(tmpdir(), 'regard-s3-'))
const server = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory: bucket,
  configureBuckets: [{ name: 'studies' }],
})

let line: FaultyLine
beforeAll(async () => {
  const { port } = await server.run()
  line = new FaultyLine(port)
  await line.begin()
  vi.stubEnv('AWS_ENDPOINT_URL', line.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await line.stop()
  await server.close()
  rmSync(bucket, { recursive: true })
})

/** The files of the run in the bucket. */
function inBucket(prefix: string): string[] {
  const folder = join(bucket, 'studies', prefix, RUN)
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => name.match(/(.*)\._S3rver_object$/)?.[1] ?? [])
}

/** An undisturbed study. */
const one = writePlan(small)

describe('a study whose runs are kept in a bucket', () => {
  it('stores them there, and fetches them from there on an empty machine', async () => {
    const two = writePlan(small)
    await main(['study', one.plan, '--out', one.out, '--store', 's3://studies/a'])
    expect(process.exitCode).toBe(0)
    expect(inBucket('a')).toEqual(expect.arrayContaining(['SHA256SUMS', 'model.onnx', 'result.json']))
    expect(inBucket('a').filter((name) => name.startsWith('checkpoint'))).toEqual([])

    await main(['study', two.plan, '--out', two.out, '--store', 's3://studies/a'])
    expect(process.exitCode, captured.printed).toBe(0)
    const run = join(two.out, 'runs', RUN)
    expect(damageOf(run)).toBeUndefined()
    // Fetched, not made: the times are the same too.
    expect(readFileSync(join(run, 'metrics.jsonl'))).toEqual(
      readFileSync(join(one.out, 'runs', RUN, 'metrics.jsonl')),
    )
  })

  it('makes a run again if its plan has changed, and leaves nothing of the old one', async () => {
    const before = writePlan(
      `${small.replace('checkpointEvery: 3', 'checkpointEvery: 3\n  snapshotEvery: 3')}crops: true\n`,
    )
    await main(['study', before.plan, '--out', before.out, '--store', 's3://studies/b'])
    expect(inBucket('b')).toContain('crops.parquet')
    const now = writePlan(small)
    await main(['study', now.plan, '--out', now.out, '--store', 's3://studies/b'])
    expect(inBucket('b')).not.toContain('crops.parquet')
  })

  it('resumes from a checkpoint that another machine left there', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'regard-lost-')), RUN)
    cpSync(join(one.out, 'runs', RUN), folder, { recursive: true })
    const { hash } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    // As a machine leaves it that disappears in the middle: all but the checksums.
    rmSync(join(folder, 'SHA256SUMS'))
    const store = new Store('s3://studies/c', { signal })
    await store.save(RUN, folder)
    expect(inBucket('c')).not.toContain('SHA256SUMS')
    const elsewhere = join(mkdtempSync(join(tmpdir(), 'regard-else-')), RUN)
    await store.fetch(RUN, elsewhere, hash)
    expect(readdirSync(elsewhere).sort()).toEqual(readdirSync(folder).sort())
    await store.fetch(RUN, elsewhere, 'of another plan')
    expect(inBucket('c')).toEqual([])
  })

  it('names the address of a missing bucket', async () => {
    const { plan, out } = writePlan(small)
    await main(['study', plan, '--out', out, '--store', 's3://nowhere/x'])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(
      /^regard: s3:\/\/nowhere\/x\/: could not list its files \(.*\)\. Check AWS_ENDPOINT_URL/m,
    )
  })
})

describe('a store', () => {
  it('says so if the server takes a connection and then stays silent, unless it is stopped before', async () => {
    line.faults.push('silence', 'silence')
    await expect(new Store('s3://studies/silent', { signal, silence: 300 }).mustAnswer()).rejects.toThrow(
      's3://studies/silent/: did not answer within 0 s. Check AWS_ENDPOINT_URL, and whether S3 is running',
    )
    const reason = new Error('stopped by its user')
    const stopped = new Store('s3://studies/silent', { signal: AbortSignal.abort(reason) })
    await expect(stopped.mustAnswer()).rejects.toThrow(reason)
    line.faults.length = 0
  })

  /** A run's folder with some files, like one underway. */
  function begun(): string {
    const folder = join(mkdtempSync(join(tmpdir(), 'regard-begun-')), RUN)
    mkdirSync(folder)
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ hash: 'mine' }))
    writeFileSync(join(folder, 'metrics.jsonl'), '')
    writeFileSync(join(folder, 'checkpoint.safetensors'), Buffer.alloc(100_000, 'weights'))
    return folder
  }
  /** The files of a folder, by name. */
  const filesOf = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]))
  const elsewhere = () => join(mkdtempSync(join(tmpdir(), 'regard-else-')), RUN)

  it.each<[Fault, string]>([
    [503, 'SlowDown'],
    [500, 'InternalError'],
    ['silence', 'it does not answer'],
    ['cut', 'ECONNRESET|socket hang up'],
    ['cut answer', 'aborted'],
    ['damaged put', 'BadDigest'],
  ])('asks again if the server fails for a while (%s), and says so once', async (fault, words) => {
    const url = `s3://studies/faults-${String(fault).replace(' ', '-')}`
    const from = begun()
    const to = elsewhere()
    const store = new Store(url, { signal, silence: fault === 'silence' ? 500 : undefined })
    // The client itself asks three times.
    if (fault !== 'cut answer') line.faults.push(...Array<Fault>(4).fill(fault))
    await store.save(RUN, from)
    // The listing and the first file.
    if (fault !== 'damaged put') line.faults.push(...Array<Fault>(8).fill(fault))
    await store.fetch(RUN, to, 'mine')
    expect(line.faults).toEqual([])
    expect(filesOf(to)).toEqual(filesOf(from))
    expect(captured.printed).toMatch(
      new RegExp(`^${url}/: could not .* \\(.*(${words}).*\\); trying again$`, 'm'),
    )
  })

  it('fetches again files that arrive damaged', async () => {
    const from = begun()
    const to = elsewhere()
    const store = new Store('s3://studies/flipped', { signal })
    await store.save(RUN, from)
    const list = line.asked.length
    line.faults.push('damaged get', 'damaged get')
    await store.fetch(RUN, to, 'mine')
    expect(line.asked.length).toBeGreaterThan(list)
    expect(filesOf(to)).toEqual(filesOf(from))
  })

  it('names a run that is damaged there, and removes it so that it is made again', async () => {
    const to = elsewhere()
    const store = new Store('s3://studies/damaged', { signal })
    await store.save(RUN, begun())
    const kept = join(bucket, 'studies', 'damaged', RUN, 'checkpoint.safetensors._S3rver_object')
    const bytes = readFileSync(kept)
    bytes[5000]! ^= 1
    writeFileSync(kept, bytes)
    await store.fetch(RUN, to, 'mine')
    expect(captured.printed).toMatch(
      /damaged\/gender-adiencenet-r-fold1: \S*checkpoint\.safetensors arrived with bytes other than those that were sent\. Removing it there, and making the run again/,
    )
    expect(existsSync(to)).toBe(false)
    expect(inBucket('damaged')).toEqual([])
  })

  it('reports a refusal at once', async () => {
    line.asked.length = 0
    line.faults.push(403)
    const store = new Store('s3://studies/forbidden', { signal })
    await expect(store.save(RUN, begun())).rejects.toThrow(
      /^s3:\/\/studies\/forbidden\/: could not upload \S* \(AccessDenied is what it says\)\. Check AWS_ENDPOINT_URL/,
    )
    expect(line.asked).toHaveLength(1)
  })

  it('asks again if the server keeps a file that is to be removed, and reports a refusal', async () => {
    const store = new Bucket('s3://studies/kept', { signal })
    await store.put('run/a', join(begun(), 'config.json'))
    line.faults.push({ kept: 'kept/run/a', code: 'InternalError' })
    await store.remove('run', ['a'])
    expect(await store.list('run')).toEqual([])
    expect(captured.printed).toContain(
      's3://studies/kept/: could not remove files of run (kept/run/a: it says InternalError); trying again\n',
    )
    line.faults.push({ kept: 'kept/run/a', code: 'AccessDenied' })
    await expect(store.remove('run', ['a'])).rejects.toThrow(
      's3://studies/kept/: could not remove files of run (kept/run/a: it says AccessDenied). Check AWS_ENDPOINT_URL',
    )
  })

  it('waits for a server that is gone, until it is back, time is up, or a signal comes', async () => {
    const from = begun()
    await line.stop()
    const stop = new AbortController()
    const short = new Store('s3://studies/gone', { signal, patience: 0 })
    await expect(short.save(RUN, from)).rejects.toThrow(
      /could not upload \S* \(.*ECONNREFUSED.*\)\. Once S3 answers again, run the same command to continue/,
    )
    const stopped = new Store('s3://studies/gone', { signal: stop.signal }).save(RUN, begun())
    const waiting = new Store('s3://studies/gone', { signal }).save(RUN, from)
    while (captured.printed.split('trying again').length < 3) await sleep(10)
    stop.abort()
    await expect(stopped).rejects.toThrow('Once S3 answers again')
    await line.begin()
    await waiting
    expect(inBucket('gone').sort()).toEqual(readdirSync(from).sort())
  })

  it('changes no bit of a study by going away and coming back', async () => {
    const two = writePlan(small)
    line.asked.length = 0
    const ended = main(['study', two.plan, '--out', two.out, '--store', 's3://studies/weak'])
    // Cut again and again, while files are written.
    for (let cuts = 0; cuts < 3; cuts++) {
      const seen = line.asked.length
      const puts = () => line.asked.slice(seen).filter((each) => each.startsWith('PUT')).length
      while (puts() < 3) await sleep(5)
      await line.stop()
      await sleep(300)
      await line.begin()
    }
    await ended
    expect(process.exitCode, captured.printed).toBe(0)
    expect(captured.printed).toMatch(/s3:\/\/studies\/weak\/: could not .*; trying again/)
    expect(inBucket('weak')).toEqual(expect.arrayContaining(['SHA256SUMS', 'model.onnx', 'result.json']))
    for (const file of ['model.onnx', 'predictions.csv', 'result.json']) {
      const [a, b] = [one, two].map(({ out }) => readFileSync(join(out, 'runs', RUN, file)))
      expect(a!.equals(b!), file).toBe(true)
    }
    // And an empty machine fetches it from there, complete.
    const three = writePlan(small)
    await main(['study', three.plan, '--out', three.out, '--store', 's3://studies/weak'])
    expect(damageOf(join(three.out, 'runs', RUN))).toBeUndefined()
  })
})
