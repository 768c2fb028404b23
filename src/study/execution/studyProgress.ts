import { duration, Lines } from '../../base/progress.ts'
import type { Pace } from '../clock.ts'

/** A run that is waited for. */
export interface AwaitedRun {
  readonly name: string
  /** Roughly how many seconds it takes; only the ratio between runs matters. */
  readonly rough: number
}

/** What the progress of a study counts from. */
export interface Beginning {
  /** Whether several runs are made at a time. */
  readonly several: boolean
  /** How many runs were finished before. */
  readonly kept?: number
  /** When the study was started, as `performance.now()` gives it; by default now. */
  readonly started?: number
  /** The percent that were shown before, while photos were prepared. */
  readonly percent?: number
}

/**
 * The progress of a study's runs, as lines on the terminal: one for the study and, where several are underway, one for
 * each.
 */
export class StudyProgress {
  private readonly lines = new Lines()
  private readonly label: string
  private readonly waiting: Map<string, number>
  private readonly underway = new Map<string, { rough: number; pace?: Pace }>()
  /** For finished runs: the seconds that they took, and the seconds expected. */
  private readonly over = { runs: 0, seconds: 0, rough: 0 }
  private readonly several: boolean
  private readonly kept: number
  private readonly total: number
  private readonly started: number
  /** The most percent shown so far: what is left is an estimate, and what is done stays done. */
  private furthest: number

  constructor(
    label: string,
    runs: readonly AwaitedRun[],
    { several, kept = 0, started, percent = 0 }: Beginning,
  ) {
    this.furthest = percent
    this.label = label
    this.waiting = new Map(runs.map(({ name, rough }) => [name, rough]))
    this.several = several
    this.kept = kept
    this.total = kept + runs.length
    this.started = started ?? performance.now()
  }

  /** A run begins, or begins again. */
  begin(name: string): void {
    const rough = this.waiting.get(name)
    if (rough === undefined) return
    this.waiting.delete(name)
    this.underway.set(name, { rough })
  }

  pace(name: string, pace: Pace): void {
    const run = this.underway.get(name)
    if (!run) return
    run.pace = pace
    this.show()
  }

  /** A run goes back to waiting. */
  postpone(name: string): void {
    const run = this.underway.get(name)
    if (run) this.waiting.set(name, run.rough)
    this.underway.delete(name)
  }

  /**
   * A run is over.
   * @param seconds that it took, where that predicts what others take
   */
  end(name: string, seconds?: number): void {
    const rough = this.underway.get(name)?.rough ?? this.waiting.get(name)
    this.waiting.delete(name)
    this.underway.delete(name)
    this.over.runs++
    if (seconds === undefined || rough === undefined) return
    this.over.seconds += seconds
    this.over.rough += rough
  }

  /** Print a line that stays. */
  note(line: string): void {
    this.lines.note(line)
  }

  finish(): void {
    this.lines.clear()
  }

  /** Seconds until all runs are over; undefined while nothing is known. */
  private left(): number | undefined {
    let { seconds, rough } = this.over
    let left = 0
    for (const { pace, rough: own } of this.underway.values()) {
      if (!pace) continue
      left += pace.left
      if (pace.share <= 0) continue
      seconds += pace.left / (1 - Math.min(pace.share, 0.999))
      rough += own
    }
    if (rough === 0) return undefined
    const unpaced = [...this.underway.values()].filter(({ pace }) => !pace).map((run) => run.rough)
    for (const own of [...this.waiting.values(), ...unpaced]) left += own * (seconds / rough)
    // As many runs as are underway now will run at a time.
    return left / Math.max(1, this.underway.size)
  }

  private show(): void {
    // By time, as while the photos were prepared. Until a run has told its pace, nothing is known.
    const left = this.left()
    const passed = (performance.now() - this.started) / 1000
    if (left !== undefined)
      this.furthest = Math.max(this.furthest, Math.floor((100 * passed) / (passed + left || 1)))
    const percent = left === undefined ? '' : `${this.furthest} %`
    const time = left === undefined ? '' : `${duration(left)} left`
    const show = (what: string) => [this.label, percent, what, time].filter(Boolean).join('  ')
    const details = [...this.underway].map(([name, { pace }]) => ({ name, pace }))
    if (!this.several) {
      this.lines.show([show(details[0]?.pace?.detail ?? '')])
      return
    }
    const done = `${this.kept + this.over.runs} of ${this.total} runs done`
    this.lines.show([
      show(`${done}, ${details.length} underway`),
      ...details.map(({ name, pace }) =>
        pace ? `  ${pace.detail}  ${duration(pace.left)} left` : `  ${name}: beginning`,
      ),
    ])
  }
}
