/** What runs will take, for the clock that says how much time is left. */

import { networks } from '../networks/index.ts'
import type { Schedule } from '../training/schedule.ts'
import type { Clock } from './clock.ts'
import type { Run } from './record.ts'

/** How much work a run is. */
export interface ExpectedRun {
  readonly run: Run
  readonly schedule: Schedule
  /** Photos that are scored by ten crops; one that is aligned both ways counts twice. */
  readonly scored: number
  /** Photos that are explained. */
  readonly explained: number
}

/** Seconds in which a photo is aligned, until they are measured. */
export const PREPARING = 0.01

/** Tell the clock how many photos the runs will train on, score and explain: these and no others. */
export function expectRuns(clock: Clock, runs: readonly ExpectedRun[]): void {
  for (const name of Object.keys(networks)) {
    // Of any start: they go at one pace.
    const mine = runs.filter(({ run }) => run.network === name)
    const { input, width } = mine[0]?.run ?? { input: 0, width: 0 }
    // Seconds a photo on two cores, until they are measured: 200 a second at 112 pixels and full width.
    const guess = ((input / 112) ** 2 * width) / 200
    const expect = (kind: string, photos: (run: ExpectedRun) => number, seconds: number) =>
      clock.expect(
        `${kind} ${name}`,
        mine.reduce((sum, run) => sum + photos(run), 0),
        seconds,
      )
    expect('training', ({ schedule: { iterations, batch } }) => iterations * batch, guess)
    expect('scoring', ({ scored }) => 10 * scored, guess / 3)
    expect('explaining', ({ explained }) => explained, guess * 20)
  }
}
