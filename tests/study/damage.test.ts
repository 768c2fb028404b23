import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { readConfig } from '../../src/study/config.ts'
import { stateOf } from '../../src/study/state.ts'
import { damageOf } from '../../src/study/sums.ts'
import { capturePrinted } from '../cli/capture.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

const captured = capturePrinted()
const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))

const { plan, out } = writePlan(TINY_PLAN.replace('[r, i, m]', '[r]'))
const [age, gender] = ['age', 'gender'].map((task) => join(out, 'runs', `${task}-adiencenet-r-fold1`))

describe('a run whose files were damaged', () => {
  beforeAll(() => main(['study', plan, '--out', out]))

  it('is found by the checksums in its folder, as sha256sum checks them', () => {
    expect(damageOf(age!)).toBeUndefined()
    const lines = readFileSync(join(age!, 'SHA256SUMS'), 'utf8').split('\n')
    expect(lines.some((line) => /^[0-9a-f]{64} {2}maps\/.*\.png$/.test(line))).toBe(true)
    expect(lines.some((line) => line.endsWith('  result.json'))).toBe(true)
  })

  it.each<[string, (run: string) => void, RegExp]>([
    ['a model cut short', (run) => truncateSync(join(run, 'model.onnx'), 1000), /^model\.onnx has changed/],
    ['a figure changed in its result', (run) => changeDigit(join(run, 'result.json')), /^result\.json has/],
    [
      'a heat map that is gone',
      (run) => rmSync(join(run, 'maps'), { recursive: true }),
      /^maps\/.* is missing/,
    ],
    [
      'a configuration that is no JSON',
      (run) => writeFileSync(join(run, 'config.json'), '{"hash"'),
      /config\.json.*could not be read/,
    ],
    ['a configuration that is gone', (run) => rmSync(join(run, 'config.json')), /^config\.json is missing/],
    ['sums that are empty', (run) => writeFileSync(join(run, 'SHA256SUMS'), ''), /^SHA256SUMS is empty/],
  ])('is damaged: %s', (_, damage, reason) => {
    const run = join(mkdtempSync(join(tmpdir(), 'regard-damaged-')), 'run')
    cpSync(age!, run, { recursive: true })
    const config = readConfig(run)!
    expect(stateOf(run, config)).toEqual({ kind: 'finished' })
    damage(run)
    expect(stateOf(run, config)).toEqual({ kind: 'damaged', reason: expect.stringMatching(reason) })
  })

  it('is no part of a report, whose figures would contradict each other', async () => {
    const copy = join(mkdtempSync(join(tmpdir(), 'regard-damaged-')), 'out')
    cpSync(out, copy, { recursive: true })
    const predictions = join(copy, 'runs', 'gender-adiencenet-r-fold1', 'predictions.csv')
    writeFileSync(predictions, readFileSync(predictions, 'utf8').replaceAll('f,', 'm,'))
    await main(['report', copy])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(
      /predictions\.csv has changed since it was written\. The command that made/,
    )
  })

  it('is named and made again, and no other run is', async () => {
    const before = readFileSync(join(age!, 'predictions.csv'), 'utf8')
    const other = statSync(join(gender!, 'result.json')).mtimeMs
    truncateSync(join(age!, 'model.onnx'), 1000)
    await main(['study', plan, '--out', out])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toMatch(
      /age-adiencenet-r-fold1: model\.onnx has changed.*; the run starts again/,
    )
    expect(captured.printed).toContain('1 run completed, 1 kept')
    expect(readFileSync(join(age!, 'predictions.csv'), 'utf8')).toBe(before)
    expect(statSync(join(gender!, 'result.json')).mtimeMs).toBe(other)
    expect(damageOf(age!)).toBeUndefined()
  })
})

function changeDigit(path: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace('"iterations": 6', '"iterations": 7'))
}

describe('two studies in one folder', () => {
  it('do not harm each other: the second says who holds the folder', async () => {
    const first = writePlan(TINY_PLAN.replace('iterations: 6', 'iterations: 2000'))
    const study = spawn(process.execPath, [program, 'study', first.plan, '--out', first.out], {
      stdio: 'ignore',
    })
    const lock = join(first.out, 'study.lock')
    while (!existsSync(lock)) await sleep(10)
    await main(['study', first.plan, '--out', first.out])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(
      new RegExp(
        `^regard: .*: the study is held by process ${study.pid} on this machine, since .* Wait until it has ended`,
        'm',
      ),
    )
    study.kill('SIGKILL')
    await once(study, 'exit')
    // What a killed study held is free.
    process.exitCode = 0
    captured.printed = ''
    writeFileSync(first.plan, TINY_PLAN.replace('[r, i, m]', '[r]'))
    await main(['study', first.plan, '--out', first.out])
    expect(captured.printed).toContain('2 runs completed')
    expect(process.exitCode).toBe(0)
    expect(existsSync(lock)).toBe(false)
  })
})
