import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { CROPS } from '../../src/evaluation/tenCrop.ts'
import { readPlan } from '../../src/study/plan.ts'
import { type RunRecord, readRecord } from '../../src/study/record.ts'
import { runStudy } from '../../src/study/run.ts'
import { capturePrinted } from '../cli/capture.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

const captured = capturePrinted()
const RUNS = ['gender-adiencenet-i-fold1', 'gender-adiencenet-r-fold1']
const small = TINY_PLAN.replace('[age, gender]', '[gender]').replace('[r, i, m]', '[r, i]')

/** A study whose runs were made one after another. */
let whole = ''

function expectSameBits(out: string): void {
  for (const run of RUNS) {
    for (const file of ['model.onnx', 'predictions.csv', 'result.json']) {
      const [a, b] = [whole, out].map((folder) => readFileSync(join(folder, 'runs', run, file)))
      expect(a!.equals(b!), `${run}/${file}`).toBe(true)
    }
  }
}

describe('a study with several runs at a time', () => {
  it('gives the same bits as one after another', async () => {
    const [one, two] = [writePlan(small), writePlan(small)]
    await main(['study', one.plan, '--out', one.out])
    whole = one.out
    await main(['study', two.plan, '--out', two.out, '--jobs', '2'])
    expect(process.exitCode).toBe(0)
    expectSameBits(two.out)
  })

  it('reports runs with too little memory clearly, without V8’s dump, and makes them once they have more', async () => {
    const { plan, out } = writePlan(small)
    // Only for the processes of runs: this one already has its memory.
    vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=8')
    await main(['study', plan, '--out', out, '--jobs', '2'])
    vi.unstubAllEnvs()
    expect(process.exitCode).toBe(1)
    for (const run of RUNS) {
      expect(captured.printed).toMatch(
        new RegExp(
          `^ {2}${run}: (its process ran out of memory|memory ran out \\(.*\\))\\. Make fewer runs at a time`,
          'm',
        ),
      )
    }
    expect(captured.printed).not.toMatch(/Last few GCs|stack trace|^ +at /m)
    process.exitCode = 0
    await main(['study', plan, '--out', out, '--jobs', '2'])
    expect(process.exitCode, captured.printed).toBe(0)
    expectSameBits(out)
  })

  it('resumes a run with its original threads and device, since its bits depend on them', async () => {
    const { plan, out } = writePlan(
      small.replace('[r, i]', '[r]').replace('iterations: 6', 'iterations: 600'),
    )
    const run = join(out, 'runs', RUNS[1]!)
    const control = new AbortController()
    const watch = setInterval(() => {
      if (existsSync(join(run, 'checkpoint.safetensors'))) control.abort()
    }, 5)
    const begun = runStudy(readPlan(plan), out, { threads: 1, signal: control.signal })
    await expect(begun).rejects.toMatchObject({ name: 'AbortError' })
    clearInterval(watch)
    const config = join(run, 'config.json')
    const recorded = readFileSync(config, 'utf8')
    expect(JSON.parse(recorded)).toMatchObject({ threads: 1, device: 'cpu' })
    writeFileSync(config, recorded.replace('"cpu"', '"wasm"'))
    await main(['study', plan, '--out', out])
    expect(captured.printed).toContain('was begun on the device wasm, but this machine has cpu')
    writeFileSync(config, recorded)
    await main(['study', plan, '--out', out, '--threads', '2'])
    expect(captured.printed).toContain('1 run completed')
    expect(JSON.parse(readFileSync(config, 'utf8'))).toMatchObject({ threads: 1, device: 'cpu' })
  })

  it('sets aside a failing run, makes the others, and says so at the end', async () => {
    // At such a rate, the loss becomes NaN.
    const { plan, out } = writePlan(
      small.replace(/networks: .*/, (line) => line.replace(/\[(.*)}\]/, '[$1, rate: 1.0e+30 }]')),
    )
    await main(['study', plan, '--out', out, '--jobs', '2'])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain('regard: 2 runs failed:')
    expect(captured.printed).toMatch(
      / {2}gender-adiencenet-r-fold1: training: .* became NaN or infinite after iteration \d+/,
    )
    expect(captured.printed).toContain('0 runs completed, 0 kept')
  })
})

describe('what a run keeps if asked to', () => {
  it('is its test answers at every snapshot, and the probabilities of every crop', async () => {
    const { plan, out } = writePlan(
      `${small.replace('[r, i]', '[r]').replace('checkpointEvery: 3', 'checkpointEvery: 3\n  snapshotEvery: 2')}crops: true\n`,
    )
    await main(['study', plan, '--out', out])
    const run = join(out, 'runs', RUNS[1]!)
    const { snapshots, tests, pictures } = readRecord<RunRecord>(join(run, 'result.json'))
    expect(snapshots!.map(({ iteration }) => iteration)).toEqual([2, 4, 6])
    expect(snapshots!.map(({ tests }) => Object.keys(tests))).toEqual([['r'], ['r'], ['r']])
    expect(snapshots![2]!.tests.r).toEqual(tests.r)
    expect(snapshots![0]!.tests.r!.confusion.flat().reduce((sum, n) => sum + n)).toBe(pictures.test)

    const bytes = readFileSync(join(run, 'crops.parquet'))
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    })
    expect(rows).toHaveLength(2 * 10 * pictures.test)
    expect(rows.slice(0, 10).map(({ crop }) => crop)).toEqual(CROPS)
    // Their mean is the score.
    const [, first] = readFileSync(join(run, 'predictions.csv'), 'utf8').split('\r\n')
    const [face, , , on, , , p] = first!.split(',')
    const own = rows.filter((row) => row.face === face && row.tested_on === on)
    const mean = own.reduce((sum, row) => sum + row['p m'], 0) / own.length
    expect(mean).toBeCloseTo(Number(p), 5)
  })

  it('is its snapshots up to its end, where it ran out of patience', async () => {
    const { plan, out } = writePlan(
      small
        .replace('[r, i]', '[r]')
        .replace('rate: 0.01', 'rate: 1.0e-9')
        .replace('validateEvery: 3', 'validateEvery: 1\n  patience: 3\n  snapshotEvery: 2'),
    )
    await main(['study', plan, '--out', out])
    expect(process.exitCode, captured.printed).toBe(0)
    const result = join(out, 'runs', RUNS[1]!, 'result.json')
    const { iterations, snapshots, tests } = readRecord<RunRecord>(result)
    expect(iterations).toBe(4)
    expect(snapshots!.map(({ iteration }) => iteration)).toEqual([2, 4])
    expect(snapshots![1]!.tests.r).toEqual(tests.r)
  })
})
