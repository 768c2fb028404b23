import { afterEach, expect, test, vi } from 'vitest'
import { StudyProgress } from '../../../src/study/execution/studyProgress.ts'

afterEach(() => vi.restoreAllMocks())

/** The first line that is shown last for a study of eight runs, six of them finished before; it tells its pace each minute. */
function line(...paces: { share: number; left: number }[]): string {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  const runs = ['a', 'b'].map((name) => ({ name, rough: 1 }))
  const progress = new StudyProgress('tiny', runs, { several: true, kept: 6, started: 0 })
  progress.begin('a')
  for (const [k, pace] of paces.entries()) {
    clock.mockReturnValue(60_000 * (k + 1))
    progress.pace('a', { ...pace, detail: 'training 3/6' })
  }
  return String(write.mock.calls.at(-1)![0]).split('\n')[0]!
}

test('it counts the runs that were finished before, and the time since the study was started', () => {
  // Half a run takes 30 s, so that this one and the other take 90 s more.
  expect(line({ share: 0.5, left: 30 })).toBe('tiny  40 %  6 of 8 runs done, 1 underway  1 min 30 s left')
})

test('its percentage never falls', () => {
  expect(line({ share: 0.5, left: 30 }, { share: 0.5, left: 180 })).toBe(
    'tiny  40 %  6 of 8 runs done, 1 underway  9 min 0 s left',
  )
})

test('it goes on from the percent that were shown while photos were prepared', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  vi.spyOn(performance, 'now').mockReturnValue(10_000)
  const progress = new StudyProgress('tiny', [{ name: 'a', rough: 1 }], {
    several: false,
    started: 0,
    percent: 20,
  })
  progress.begin('a')
  progress.pace('a', { share: 0.5, left: 90, detail: 'training 3/6' })
  expect(String(write.mock.calls.at(-1)![0])).toContain('tiny  20 %  training 3/6  1 min 30 s left')
})

test('it tells neither percent nor time before a run has told its pace', () => {
  expect(line({ share: 0, left: 30 })).toBe('tiny  6 of 8 runs done, 1 underway')
})
