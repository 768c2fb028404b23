/** Measurements, face by face, in a file that grows: a stopped command continues where it was. */

import { existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { append } from '../base/files.ts'
import { Lock } from '../base/lock.ts'
import type { Curves } from '../explanation/measures/perturbation.ts'

/** What the measures say about the map of one face by one method. */
export interface MeasuredValue {
  /** Its name. */
  readonly method: string
  readonly face: string
  readonly subject: string
  /** By the name from `takenName`; null where the measure gives no value for this map. */
  readonly values: Readonly<Record<string, number | null>>
  /** For measures that remove pixels and have a value here, by the same name: how the score changed. */
  readonly curves: Readonly<Record<string, Curves>>
  /** Why a measure gives no value, where it refuses the map. */
  readonly refused?: Readonly<Record<string, string>>
}

/** Measured rows, in a file that grows. */
export class RowStore {
  private readonly path: string
  private readonly lock: Lock
  private readonly rows = new Map<string, MeasuredValue>()

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.path = join(folder, 'measured.jsonl')
    this.lock = Lock.take(join(folder, 'lock'), 'the measuring of these faces')
    if (!existsSync(this.path)) return
    const text = readFileSync(this.path, 'utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    // The last line may have been cut short when the process was killed.
    if (whole.length < text.length) truncateSync(this.path, Buffer.byteLength(whole))
    for (const line of whole.split('\n')) if (line !== '') this.keep(JSON.parse(line))
  }

  /** The measurements of a face's map; undefined where there are none yet. */
  get(method: string, face: string): MeasuredValue | undefined {
    return this.rows.get(`${method} ${face}`)
  }

  add(row: MeasuredValue): void {
    append(this.path, `${JSON.stringify(row)}\n`)
    this.keep(row)
  }

  private keep(row: MeasuredValue): void {
    this.rows.set(`${row.method} ${row.face}`, row)
  }

  close(): void {
    this.lock.release()
  }
}
