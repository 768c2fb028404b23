import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { Store } from '../../../src/study/execution/store.ts'
import { damageOf } from '../../../src/study/sums.ts'
import { capturePrinted } from '../../cli/capture.ts'
import { TINY_PLAN, writePlan } from '../tinyStudy.ts'

const captured = capturePrinted()
const RUN = 'gender-adiencenet-r-fold1'
const small = TINY_PLAN.replace('[age, gender]', '[gender]').replace('[r, i, m]', '[r]')

// A server of one's own that speaks S3, over a real socket.
const bucket = mkdtempSync(join(tmpdir(), 'regard-s3-'))
const server = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory: bucket,
  configureBuckets: [{ name: 'studies' }],
})

beforeAll(async () => {
  const { port } = await server.run()
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'S3RVER')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S3RVER')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
  rmSync(bucket, { recursive: true })
})

/** The files of the run in the bucket. */
function inBucket(prefix: string): string[] {
  const folder = join(bucket, 'studies', prefix, RUN)
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => name.match(/(.*)\._S3rver_object$/)?.[1] ?? [])
}

describe('a study whose runs are kept in a bucket', () => {
  it('has them there, and takes them from there on a machine that has nothing', async () => {
    const [one, two] = [writePlan(small), writePlan(small)]
    await main(['study', one.plan, '--out', one.out, '--store', 's3://studies/a'])
    expect(process.exitCode).toBe(0)
    expect(inBucket('a')).toEqual(expect.arrayContaining(['SHA256SUMS', 'model.onnx', 'result.json']))
    expect(inBucket('a').filter((name) => name.startsWith('checkpoint'))).toEqual([])

    await main(['study', two.plan, '--out', two.out, '--store', 's3://studies/a'])
    const run = join(two.out, 'runs', RUN)
    expect(damageOf(run)).toBeUndefined()
    // Taken, not made: the times are the same too.
    expect(readFileSync(join(run, 'metrics.jsonl'))).toEqual(
      readFileSync(join(one.out, 'runs', RUN, 'metrics.jsonl')),
    )
  })

  it('makes a run anew whose plan has changed, and leaves nothing of the old one', async () => {
    const before = writePlan(
      `${small.replace('checkpointEvery: 3', 'checkpointEvery: 3\n  snapshotEvery: 3')}crops: true\n`,
    )
    await main(['study', before.plan, '--out', before.out, '--store', 's3://studies/b'])
    expect(inBucket('b')).toContain('crops.parquet')
    const now = writePlan(small)
    await main(['study', now.plan, '--out', now.out, '--store', 's3://studies/b'])
    expect(inBucket('b')).not.toContain('crops.parquet')
  })

  it('goes on from a checkpoint that another machine has left there', async () => {
    const { plan, out } = writePlan(small)
    await main(['study', plan, '--out', out])
    const folder = join(out, 'runs', RUN)
    const { hash } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    // As a machine leaves it that is lost in the middle: all but the sums.
    rmSync(join(folder, 'SHA256SUMS'))
    const store = new Store('s3://studies/c')
    await store.save(RUN, folder)
    expect(inBucket('c')).not.toContain('SHA256SUMS')
    const elsewhere = join(mkdtempSync(join(tmpdir(), 'regard-else-')), RUN)
    await store.fetch(RUN, elsewhere, hash)
    expect(readdirSync(elsewhere).sort()).toEqual(readdirSync(folder).sort())
    await store.fetch(RUN, elsewhere, 'of another plan')
    expect(inBucket('c')).toEqual([])
  })

  it('says where the bucket was looked for that is not there', async () => {
    const { plan, out } = writePlan(small)
    await main(['study', plan, '--out', out, '--store', 's3://nowhere/x'])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(
      /s3:\/\/nowhere\/x\/: could not list gender-adiencenet-r-fold1 \(.*\)\. Check AWS_ENDPOINT_URL/,
    )
  })
})
