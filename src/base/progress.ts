/**
 * A progress line on a terminal, rewritten in place; on anything else (a log file, CI) a plain line now and
 * then. Goes to standard error, so that standard output stays the result.
 */
export class Progress {
  private readonly started = Date.now()
  private shown = 0
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

  /** Say that `done` of the total are finished. `detail` is shown behind the bar. */
  update(done: number, detail = ''): void {
    const now = Date.now()
    const interval = process.stderr.isTTY ? 100 : 10_000
    if (now - this.shown < interval) return
    this.shown = now
    const elapsed = (now - this.started) / 1000
    const left = done > 0 ? duration((elapsed / done) * (this.total - done)) : '…'
    const percent = Math.floor((100 * done) / this.total)
    const line = `${this.label}  ${percent} %  ${detail ? `${detail}  ` : ''}${left} left`
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line.slice(0, process.stderr.columns - 1)}`)
    else process.stderr.write(`${line}\n`)
  }

  /** Clear the line and, where given, leave a last word in its place. */
  finish(word?: string): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
    if (word) process.stderr.write(`${word}\n`)
  }
}

/** A number of seconds as people say it: `8 s`, `3 min 20 s`, `2 h 5 min`, `41 d 3 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`
}
