import { Progress } from '../base/progress.ts'

/** How far some work is. */
export interface Pace {
  /** The part of the time that is over, 0 to 1. */
  readonly share: number
  /** Seconds that are left. */
  readonly left: number
  /** What is done right now. */
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

  /** @param show is told how far the work is, as often as a stage says so */
  constructor(show: (pace: Pace) => void) {
    this.show = show
  }

  /**
   * Say how much of a kind of work there is still to do; the last word counts.
   *
   * @param kind work that goes at one pace: `training adiencenet`
   * @param guess seconds for one unit, used until some have been measured
   */
  expect(kind: string, units: number, guess: number): void {
    const known = this.kinds.get(kind)
    if (known) known.left = units
    else this.kinds.set(kind, { left: units, done: 0, seconds: 0, guess })
  }

  /** Seconds that all the expected work takes from now on. */
  get left(): number {
    let left = 0
    for (const kind of this.kinds.values()) {
      left += kind.left * (kind.seconds > 1 ? kind.seconds / kind.done : kind.guess)
    }
    return left
  }

  /**
   * Do a piece of the work that is expected.
   *
   * @param units how much of it this piece is; taken off what is left when the piece is done
   * @param work is given a function to say how many of the units are done so far, and with what to show
   */
  async stage<T>(
    kind: string,
    units: number,
    work: (tell: (done: number, detail: string) => void) => Promise<T>,
  ): Promise<T> {
    const state = this.kinds.get(kind)!
    const before = { ...state }
    // The first report sets the starting point: a resumed training starts in its middle, a stage warms up.
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

/** A clock that shows itself as a progress line. `finish` clears the line. */
export function clockLine(label: string): { clock: Clock; finish: () => void } {
  const progress = new Progress(label, 1)
  // Progress takes equal shares for equal times: a share of the time gives it the time left back.
  return {
    clock: new Clock(({ share, detail }) => progress.update(share, detail)),
    finish: () => progress.finish(),
  }
}

interface Kind {
  left: number
  done: number
  seconds: number
  readonly guess: number
}
