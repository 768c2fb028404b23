import { printable } from '../base/printable.ts'
import { duration, Lines } from '../base/progress.ts'

/** The progress of some work. */
export interface Pace {
  /** The share of the time that has passed, 0 to 1. */
  readonly share: number
  /** Seconds left. */
  readonly left: number
  /** What is being done now. */
  readonly detail: string
}

/**
 * The time of several kinds of work: every stage's work is announced beforehand, each stage's pace is measured where it
 * runs, and what is left is the sum over all stages, each at its own pace. It goes by a clock that nobody sets: the time
 * of day may jump.
 */
export class Clock {
  private readonly show: (pace: Pace) => void
  private readonly started = performance.now()
  private readonly kinds = new Map<string, Kind>()

  /** @param show called with the progress, as often as a stage reports it */
  constructor(show: (pace: Pace) => void) {
    this.show = show
  }

  /**
   * Announce how much of a kind of work is still to do; the last call counts.
   *
   * @param kind work that goes at one pace: `training adiencenet`
   * @param guess seconds for one unit, used until some have been measured
   */
  expect(kind: string, units: number, guess: number): void {
    const known = this.kinds.get(kind)
    if (known) known.left = units
    else this.kinds.set(kind, { left: units, done: 0, seconds: 0, guess })
  }

  /** Seconds that all the announced work takes from now on. */
  get left(): number {
    let left = 0
    for (const kind of this.kinds.values()) {
      left += kind.left * (kind.seconds > 1 ? kind.seconds / kind.done : kind.guess)
    }
    return left
  }

  /**
   * Do a piece of the announced work.
   *
   * @param units how much of it this piece is; subtracted when the piece is done
   * @param work gets a function to report how many of the units are done so far, and what to show
   */
  async stage<T>(
    kind: string,
    units: number,
    work: (tell: (done: number, detail: string) => void) => Promise<T>,
  ): Promise<T> {
    const state = this.kinds.get(kind)!
    const before = { ...state }
    // The first report sets the starting point: a resumed training starts in the middle, and a stage warms up.
    let first: { done: number; time: number } | undefined
    const tell = (done: number, detail: string) => {
      first ??= { done, time: performance.now() }
      state.left = before.left - done
      state.done = before.done + done - first.done
      state.seconds = before.seconds + (performance.now() - first.time) / 1000
      const [elapsed, left] = [(performance.now() - this.started) / 1000, this.left]
      this.show({ share: elapsed / (elapsed + left || 1), left, detail })
    }
    const result = await work(tell)
    state.left = before.left - units
    return result
  }
}

/** A clock that shows itself as a progress line. */
export interface ClockLine {
  readonly clock: Clock
  /** The most percent shown so far: what is left is an estimate, and what is done stays done. */
  percent(): number
  /** Clear the line. */
  finish(): void
}

export function clockLine(label: string): ClockLine {
  const lines = new Lines()
  let furthest = 0
  const clock = new Clock(({ share, left, detail }) => {
    furthest = Math.max(furthest, Math.floor(100 * share))
    lines.show([[label, `${furthest} %`, printable(detail), `${duration(left)} left`].join('  ')])
  })
  return { clock, percent: () => furthest, finish: () => lines.clear() }
}

interface Kind {
  left: number
  done: number
  seconds: number
  readonly guess: number
}
