import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { clockLine } from '../../src/study/clock.ts'

let line = ''

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    line = String(text)
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('the time that a study has left', () => {
  it('is the sum over its kinds of work, each at its measured pace or, until then, at its guess', async () => {
    const clock = clockLine('study').clock
    clock.expect('drawing', 100, 0.1)
    clock.expect('training', 50, 1)
    await clock.stage('drawing', 100, async (tell) => {
      tell(0, 'drawing')
      vi.advanceTimersByTime(20_000)
      tell(50, 'drawing 50/100')
    })
    // 50 drawings at 0.4 s as measured, 50 trainings at 1 s as guessed.
    expect(line).toBe('study  22 %  drawing 50/100  1 min 10 s left\n')
  })

  it('measures the pace of resumed work only by what was done since', async () => {
    const clock = clockLine('study').clock
    clock.expect('training', 1000, 5)
    await clock.stage('training', 1000, async (tell) => {
      tell(800, 'training 800/1000')
      vi.advanceTimersByTime(10_000)
      tell(900, 'training 900/1000')
    })
    expect(line).toContain('10 s left')
  })

  it('ignores the time of day, which may jump', async () => {
    const clock = clockLine('study').clock
    clock.expect('training', 100, 5)
    await clock.stage('training', 100, async (tell) => {
      tell(0, 'training')
      for (const years of [-1, 1]) {
        vi.setSystemTime(Date.now() + years * 365 * 24 * 3600_000)
        vi.advanceTimersByTime(10_000)
        tell(25 * (years + 2), 'training')
        expect(line).toMatch(years < 0 ? /25 % {2}training {2}30 s left/ : /75 % {2}training {2}7 s left/)
      }
    })
  })

  it('forgets finished work, and keeps its pace for the next of its kind', async () => {
    const clock = clockLine('study').clock
    clock.expect('training', 200, 5)
    const piece = async (tell: (done: number, detail: string) => void) => {
      tell(0, '')
      vi.advanceTimersByTime(10_000)
      tell(50, '')
    }
    await clock.stage('training', 100, piece)
    await clock.stage('training', 100, piece)
    // 50 left of the second piece, at 0.2 s each.
    expect(line).toContain('10 s left')
  })
})
