import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import type { Overview } from '../../src/study/estimate/overview.ts'
import { TINY_PLAN, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const small = TINY_PLAN.replace('[age, gender]', '[gender]').replace('[r, i, m]', '[r, m]')

function trialFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('regard-trial-'))
}

describe('regard study plan', () => {
  it('shows the runs, and writes nothing', async () => {
    const { plan, out } = writePlan(small)
    await main(['study', 'plan', plan, '--out', out, '--no-measure'])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toBe(`tiny: 2 runs, 0 done, in ${out}
120 faces, 120 with a label for gender

  run                        network     setting  fold  state
  gender-adiencenet-r-fold1  AdienceNet  [r]      1     to do
  gender-adiencenet-m-fold1  AdienceNet  [m]      1     to do

  each run of   runs  trains on       scores
  gender A [r]  1     6 × 8 pictures  80 faces
  gender A [m]  1     6 × 8 pictures  80 faces
`)
    expect(existsSync(out)).toBe(false)
  })

  it('measures what the runs take, in a process that leaves nothing behind', async () => {
    const before = trialFolders()
    const { plan, out } = writePlan(small)
    await main(['study', 'plan', plan, '--out', out, '--json'])
    expect(process.exitCode).toBe(0)
    // After what it prints while it measures.
    const json = captured.printed.slice(captured.printed.indexOf('{'))
    const { runs, prepared } = JSON.parse(json) as Overview
    expect(prepared).toBe(2 * 120 * 3 * 58 ** 2)
    for (const { cost, left } of runs) {
      expect(cost!.seconds).toBeGreaterThan(0)
      expect(left).toBe(cost!.seconds)
      // More than Node's default, and less than any machine has.
      expect(cost!.memory).toBeGreaterThan(5e7)
      expect(cost!.memory).toBeLessThan(2e9)
      // The model alone is larger.
      expect(cost!.kept).toBeGreaterThan(20_000)
      expect(cost!.meanwhile).toBeGreaterThan(3 * 2 * 20_000)
    }
    expect(runs[1]!.cost!.seconds).toBeGreaterThan(runs[0]!.cost!.seconds)
    expect(trialFolders()).toEqual(before)
    expect(existsSync(out)).toBe(false)
  })

  it('says in words what was measured, and what is already done', async () => {
    const { plan, out } = writePlan(small.replace('[r, m]', '[r]'))
    await main(['study', plan, '--out', out])
    captured.printed = ''
    await main(['study', 'plan', plan, '--out', out])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain('tiny: 1 run, 1 done')
    expect(captured.printed).toMatch(/gender-adiencenet-r-fold1 +AdienceNet +\[r\] +1 +done\n/)
    // Nothing is left to measure.
    expect(captured.printed).not.toContain('Measur')

    writeFileSync(plan, small)
    captured.printed = ''
    await main(['study', 'plan', plan, '--out', out])
    expect(captured.printed).toContain('tiny: 2 runs, 1 done')
    expect(captured.printed).toMatch(
      /gender A \[m\] +1 +6 × 8 pictures +80 faces +\d+ (s|min .*) +\d+\.\d MB +\d+\.\d MB\n/,
    )
    expect(captured.printed).toMatch(/\nMeasured here, on \d+ threads of .+:\n/)
    expect(captured.printed).toMatch(/\n {2}time +\d.*; left \d.*\n {2}memory +up to .* a run .*\n {2}disk +/)
  })

  it('refuses what a study refuses', async () => {
    const { plan } = writePlan(small.replace('seed: 1', 'sead: 1'))
    await main(['study', 'plan', plan])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(/plan\.yaml:\d+:\d+: sead is not a known field/)
  })

  it('names a missing data set', async () => {
    const { folder, plan } = writePlan(
      small.replace(/dataset: .*/, 'dataset: { kind: utkface, root: faces }'),
    )
    await main(['study', 'plan', plan, '--no-measure'])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain(join(folder, 'faces'))
  })
})
