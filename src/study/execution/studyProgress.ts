import { duration, Lines } from '../../base/progress.ts'
import type { Pace } from '../clock.ts'

/** A run that is waited for. */
export interface AwaitedRun {
  readonly name: string
  /** Roughly how many seconds it takes; only the ratio between runs matters. */
  readonly rough: number
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
  private readonly total: number

  /** @param several whether several runs are made at a time */
  constructor(label: string, runs: readonly AwaitedRun[], several: boolean) {
    this.label = label
    this.waiting = new Map(runs.map(({ name, rough }) => [name, rough]))
    this.total = runs.length
    this.several = several
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
    const left = this.left()
    const rough = (runs: Iterable<number>) => [...runs].reduce((sum, own) => sum + own, 0)
    const begun = [...this.underway.values()]
    const all = this.over.rough + rough(this.waiting.values()) + rough(begun.map((run) => run.rough))
    const done = this.over.rough + rough(begun.map((run) => run.rough * (run.pace?.share ?? 0)))
    const percent = Math.floor((100 * done) / (all || 1))
    const time = left === undefined ? '…' : duration(left)
    const details = [...this.underway].map(([name, { pace }]) => ({ name, pace }))
    if (!this.several) {
      const detail = details[0]?.pace?.detail ?? ''
      this.lines.show([`${this.label}  ${percent} %  ${detail}  ${time} left`])
      return
    }
    this.lines.show([
      `${this.label}  ${percent} %  ${this.over.runs} of ${this.total} runs done, ${begun.length} underway  ${time} left`,
      ...details.map(({ name, pace }) =>
        pace ? `  ${pace.detail}  ${duration(pace.left)} left` : `  ${name}: beginning`,
      ),
    ])
  }
}
