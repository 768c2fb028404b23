import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { TINY_PLAN, writePlan } from './tinyStudy.ts'

// The program as a user runs it, in a process of its own, so that a kill is a real one. `npm test` builds it first.
const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))

const plan = TINY_PLAN.replace('[age, gender]', '[gender]')
  .replace('[r, i, m]', '[r]')
  .replace('iterations: 6', 'iterations: 300')
  .replace('validateEvery: 3', 'validateEvery: 100')
  .replace('checkpointEvery: 3', 'checkpointEvery: 7')

/** Run the study; kill it with SIGKILL after so many milliseconds. */
function study(plan: string, out: string, killAfter?: number): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [program, 'study', plan, '--out', out], { stdio: 'ignore' })
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
  return new Promise((resolve) => {
    child.on('exit', (_, signal) => {
      clearTimeout(timer)
      resolve(signal)
    })
  })
}

test('a study killed with SIGKILL again and again ends with the same bits as one that was not', async () => {
  const whole = writePlan(plan)
  const started = performance.now()
  expect(await study(whole.plan, whole.out)).toBe(null)
  const taken = performance.now() - started

  const interrupted = writePlan(plan)
  const random = new Random('kill')
  let kills = 0
  for (let attempt = 0; attempt < 5; attempt++) {
    // So early, however fast the machine is, that three of them come before the study can have ended.
    const moment = random.uniform(0.1, 0.3) * taken
    if ((await study(interrupted.plan, interrupted.out, moment)) === 'SIGKILL') kills++
  }
  expect(kills).toBeGreaterThan(2)
  expect(await study(interrupted.plan, interrupted.out)).toBe(null)

  for (const file of ['model.onnx', 'model.mean.npy', 'predictions.csv', 'result.json']) {
    const [a, b] = [whole, interrupted].map(({ out }) =>
      readFileSync(join(out, 'runs', 'gender-adiencenet-r-fold1', file)),
    )
    expect(a!.equals(b!), file).toBe(true)
  }
})
