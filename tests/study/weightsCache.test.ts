import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cacheFolder } from '../../src/base/cache.ts'
import { Random } from '../../src/base/random.ts'
import { main } from '../../src/cli/main.ts'
import { networks } from '../../src/networks/index.ts'
import { startFrom } from '../../src/networks/start.ts'
import { type PublishedWeights, zoo } from '../../src/networks/zoo.ts'
import { readPlan } from '../../src/study/plan.ts'
import { fetchStarts, readStart } from '../../src/study/startingWeights.ts'
import { cachedPath, fetchWeights } from '../../src/study/weightsCache.ts'
import { capturePrinted } from '../cli/capture.ts'
import { shared } from '../shared.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

const FILE = Buffer.from('these are weights')
let server: Server | undefined
let cache: string
const captured = capturePrinted()

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'regard-cache-'))
  vi.stubEnv('REGARD_CACHE', cache)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  server?.closeAllConnections()
  await new Promise<unknown>((done) => (server ? server.close(done) : done(undefined)))
  server = undefined
})

/** An entry whose file a local server has. */
async function published(file = FILE): Promise<PublishedWeights & { asked: () => number }> {
  let asked = 0
  server = createServer((_, response) => {
    asked++
    response.writeHead(200, { 'content-length': file.length }).end(file)
  })
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/faces.caffemodel`
  const sha1 = createHash('sha1').update(file).digest('hex')
  return { ...zoo[0]!, url, file: 'faces.caffemodel', sha1, asked: () => asked }
}

describe('the registry of published weights', () => {
  it('has one file per network and kind, under its own name, with what is known about it', () => {
    expect(new Set(zoo.map(({ network, kind }) => `${network} ${kind}`)).size).toBe(zoo.length)
    expect(new Set(zoo.map(({ file }) => file)).size).toBe(zoo.length)
    for (const { name, network, kind, url, file, sha1, bytes, licence, citation } of zoo) {
      expect(name).toBe(`${network}-${kind}`)
      expect(networks[network]).toBeDefined()
      expect(new URL(url).pathname.split('/').at(-1)).toBe(file)
      if (sha1 !== undefined) expect(sha1).toMatch(/^[0-9a-f]{40}$/)
      if (bytes !== undefined) expect(bytes).toBeGreaterThan(1e7)
      expect(licence.length * citation.length).toBeGreaterThan(0)
    }
  })
})

describe('the cache', () => {
  it('is where the environment says, or in the user’s cache folder', () => {
    expect(cacheFolder()).toBe(cache)
    vi.stubEnv('REGARD_CACHE', '')
    vi.stubEnv('XDG_CACHE_HOME', '/elsewhere')
    expect(cacheFolder()).toBe('/elsewhere/regard')
    vi.stubEnv('XDG_CACHE_HOME', '')
    vi.stubEnv('HOME', '/home/ada')
    expect(cacheFolder()).toBe('/home/ada/.cache/regard')
  })

  it('is filled once, and works offline afterwards', async () => {
    const weights = await published()
    expect(await fetchWeights(weights)).toBe(cachedPath(weights))
    expect(readFileSync(cachedPath(weights)).equals(FILE)).toBe(true)
    await fetchWeights(weights)
    expect(weights.asked()).toBe(1)
  })

  it('takes a file that was put there by hand, unless it is the wrong one', async () => {
    const weights = await published()
    mkdirSync(join(cache, 'weights'))
    writeFileSync(cachedPath(weights), FILE)
    expect(await fetchWeights(weights)).toBe(cachedPath(weights))
    writeFileSync(cachedPath(weights), 'others')
    await expect(fetchWeights(weights)).rejects.toThrow(
      new RegExp(`${cachedPath(weights)}: is not the published file: sha1 .*Remove it`),
    )
    await expect(fetchWeights({ ...weights, bytes: 17 })).rejects.toThrow(
      'has 6 bytes; the published file has 17',
    )
    expect(weights.asked()).toBe(0)
  })
})

describe('a plan whose networks start from published weights', () => {
  const NETWORK = '{ name: adiencenet, input: 51, width: 0.05 }'
  const starting = (network: string) => writePlan(TINY_PLAN.replace(NETWORK, network))

  it.each([
    ['start: imagenet', 'vgg16-imagenet', 10],
    ['start: { kind: imdb-wiki, freshRate: 3 }', 'vgg16-imdb-wiki', 3],
  ])('means the cached file by %s', (start, name, freshRate) => {
    const plan = readPlan(starting(`{ name: vgg16, ${start} }`).plan)
    const weights = zoo.find((one) => one.name === name)!
    expect(plan.networks[0]!.start).toEqual({
      kind: weights.kind,
      freshRate,
      weights: join(cache, 'weights', weights.file),
      published: weights,
    })
  })

  it('fetches them before anything else, and reports it if nobody answers', async () => {
    const plan = readPlan(starting('{ name: googlenet, start: imagenet }').plan)
    const weights = await published()
    const start = plan.networks[0]!.start!
    await fetchStarts([{ ...start, published: weights }], new AbortController().signal)
    expect(existsSync(cachedPath(weights))).toBe(true)

    const nowhere = { ...weights, file: 'others.caffemodel', url: 'http://127.0.0.1:9/others.caffemodel' }
    const gone = fetchStarts([{ ...start, published: nowhere }], new AbortController().signal)
    await expect(gone).rejects.toThrow(
      new RegExp(`others\\.caffemodel: could not be downloaded .* put it here: ${cachedPath(nowhere)}`),
    )
  })

  it.skipIf(!shared)('starts from what it fetched: GoogLeNet, all but its classifier', async () => {
    const plan = readPlan(starting('{ name: googlenet, start: imagenet }').plan)
    const weights = await published(readFileSync(join(shared!, 'models/caffe/bvlc_googlenet.caffemodel')))
    const start = { ...plan.networks[0]!.start!, weights: cachedPath(weights), published: weights }
    await fetchStarts([start], new AbortController().signal)
    const random = new Random(1)
    const network = networks.googlenet.build({ input: 224, classes: 101, batch: 1, width: 1, random })
    const { taken, fresh } = startFrom(network, await readStart(start))
    expect(taken).toHaveLength(57)
    expect(taken).toContain('inception_5b/pool_proj')
    expect(fresh).toContain('loss3/classifier')
  })

  it.each([
    [
      '{ name: adiencenet, start: imagenet }',
      /start names no file, and there are no published weights of adiencenet trained on imagenet/,
    ],
    [
      '{ name: vgg16, width: 0.5, start: imagenet }',
      /width must be 1 to start from published weights, not 0.5/,
    ],
    ['{ name: vgg16, start: { freshRate: 2 } }', /start\.weights is missing/],
  ])('is refused as %s', (network, message) => {
    expect(() => readPlan(starting(network).plan)).toThrow(message)
  })
})

describe('regard weights', () => {
  it('lists what is known and what is downloaded', async () => {
    mkdirSync(join(cache, 'weights'))
    const path = cachedPath(zoo[1]!)
    writeFileSync(path, FILE)
    writeFileSync(`${cachedPath(zoo[2]!)}.part`, new Uint8Array(1_500_000))
    await main(['weights'])
    expect(process.exitCode).toBe(0)
    for (const { name, url } of zoo) {
      expect(captured.printed).toContain(name)
      expect(captured.printed).toContain(url)
    }
    expect(captured.printed).toContain(path)
    expect(captured.printed).toMatch(/vgg16-imagenet .* 1\.5 MB of it/)
    expect(captured.printed).toMatch(/vgg16-imdb-wiki .* nothing published +not downloaded/)
  })

  it('reports a wrong name, and a local file that is not the published one', async () => {
    await main(['weights', 'vgg16-imagnet'])
    expect(process.exitCode).toBe(2)
    expect(captured.printed).toContain(
      "no published weights called 'vgg16-imagnet'. Did you mean vgg16-imagenet?",
    )
    mkdirSync(join(cache, 'weights'))
    writeFileSync(cachedPath(zoo[2]!), FILE)
    await main(['weights', 'vgg16-imagenet'])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain('has 17 bytes; the published file has 553432081')
  })
})
