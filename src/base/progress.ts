import { printable } from './printable.ts'

/**
 * Lines on a terminal that are rewritten in place; on anything else (a log file, CI) plain lines now and then. They go
 * to standard error, so that standard output stays the result.
 */
export class Lines {
  /** When they were last shown, by a clock that nobody sets. */
  private shown = Number.NEGATIVE_INFINITY
  private height = 0

  /** Replace the previous lines by these, unless the previous ones have only just appeared. */
  show(lines: readonly string[]): void {
    const now = performance.now()
    const { isTTY, columns } = process.stderr
    if (now - this.shown < (isTTY ? 100 : 10_000)) return
    this.shown = now
    if (!isTTY) {
      process.stderr.write(lines.map((line) => `${line}\n`).join(''))
      return
    }
    this.clear()
    process.stderr.write(lines.map((line) => line.slice(0, columns - 1)).join('\n'))
    this.height = lines.length
  }

  /** Remove them. */
  clear(): void {
    if (!process.stderr.isTTY) return
    process.stderr.write(`\r\x1b[2K${'\x1b[1A\x1b[2K'.repeat(Math.max(0, this.height - 1))}`)
    this.height = 0
  }

  /** Print a line that stays, above them. */
  note(line: string): void {
    this.clear()
    process.stderr.write(`${line}\n`)
    this.shown = Number.NEGATIVE_INFINITY
  }
}

/** A progress line. */
export class Progress {
  private readonly started = performance.now()
  private readonly lines = new Lines()
  private readonly label: string
  private readonly total: number

  /**
   * @param label what is being done
   * @param total how many units make the whole
   */
  constructor(label: string, total: number) {
    this.label = label
    this.total = total
  }

  /** Report that `done` of the total are finished. `detail` is shown after the bar. */
  update(done: number, detail = ''): void {
    const elapsed = (performance.now() - this.started) / 1000
    const left = done > 0 ? `${duration((elapsed / done) * (this.total - done))} left` : ''
    const percent = `${Math.floor((100 * done) / this.total)} %`
    this.lines.show([[this.label, percent, printable(detail), left].filter(Boolean).join('  ')])
  }

  /** Clear the line and, if given, print a last word instead. */
  finish(word?: string): void {
    this.lines.clear()
    if (word) process.stderr.write(`${word}\n`)
  }
}

/** A number of seconds for people: `8 s`, `3 min 20 s`, `2 h 5 min`, `41 d 3 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`
}
