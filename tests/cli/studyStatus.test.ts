import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { TINY_PLAN, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

describe('regard study status', () => {
  it('reports the progress of each run in a folder', async () => {
    const { plan, out } = writePlan(
      TINY_PLAN.replace('[age, gender]', '[gender]').replace('[r, i, m]', '[r, m]'),
    )
    await main(['study', plan, '--out', out])
    captured.printed = ''
    await main(['study', 'status', out])
    expect(captured.printed).toMatch(/^.*: 2 of 2 runs finished\n/)
    expect(captured.printed).toMatch(/gender-adiencenet-r-fold1 +finished +\d.* % after 6 iterations\n/)

    // As if it had not started.
    rmSync(join(out, 'runs', 'gender-adiencenet-m-fold1'), { recursive: true })
    captured.printed = ''
    await main(['study', 'status', out, '--json'])
    const runs = JSON.parse(captured.printed) as { state: string }[]
    expect(runs.map(({ state }) => state)).toEqual(['finished', 'waiting'])
    expect(process.exitCode).toBe(0)
  })

  it('says that a folder holds no study', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'regard-none-'))
    await main(['study', 'status', folder])
    expect(captured.printed).toMatch(/: this folder holds no study: it lacks study\.json\. /)
    expect(process.exitCode).toBe(1)
  })

  it('asks for a folder or a queue', async () => {
    await main(['study', 'status'])
    expect(captured.printed).toBe(
      'regard: give the folder of a study or, with --queue, the address of a queue\n',
    )
    expect(process.exitCode).toBe(2)
  })
})

describe('the address of a queue or a store', () => {
  it('is checked before a study begins', async () => {
    const { plan, out } = writePlan()
    for (const [flag, url, said] of [
      ['--store', 'bucket', 'regard: bucket: must be s3://bucket/prefix\n'],
      ['--queue', 'localhost', 'regard: localhost: must be redis://[user:password@]host[:port]\n'],
    ] as const) {
      captured.printed = ''
      await main(['study', plan, '--out', out, flag, url])
      expect(captured.printed).toBe(said)
      expect(process.exitCode).toBe(1)
    }
  })

  it('does not keep a study waiting if nobody answers', async () => {
    await main(['study', 'status', '--queue', 'redis://me:secret@127.0.0.1:1'])
    expect(captured.printed).toMatch(
      /^regard: redis:\/\/127\.0\.0\.1:1: Redis cannot be reached \(.*ECONNREFUSED/,
    )
    expect(process.exitCode).toBe(1)
  })
})
