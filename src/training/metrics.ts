/**
 * The metrics of a training: `metrics.jsonl`, with a JSON object on each line, and the same numbers as an event file
 * for TensorBoard. The event file is derived from the lines, and rewritten from them whenever a run continues.
 */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { append, writeAtomic } from '../base/files.ts'
import { eventFileStart, eventRecord } from './events.ts'

/** An iteration. */
export interface StepMetrics {
  /** Counted from 1. */
  readonly iteration: number
  /** The loss of its batch, before the weights were changed. */
  readonly loss: number
  /** The fraction of the batch that was classified correctly. */
  readonly accuracy: number
  /** The Euclidean norm of the gradient with respect to all weights, before decay and rates. */
  readonly norm: number
  readonly rate: number
  /** Seconds of training so far, without the time between an interruption and its resumption. */
  readonly seconds: number
  /** When it was done, in seconds since 1970. */
  readonly time: number
}

/** A validation. */
interface ValidationMetrics {
  readonly iteration: number
  /** The fraction of the n validation pictures that was classified correctly, by their centre crops. */
  readonly validation: { readonly accuracy: number; readonly n: number }
  readonly time: number
}

/** One line. */
export type Metric = StepMetrics | ValidationMetrics

/** Read the lines of a `metrics.jsonl`, up to one that was cut short; an empty list where there is no such file. */
export function readMetrics(path: string): Metric[] {
  const metrics: Metric[] = []
  if (!existsSync(path)) return metrics
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    try {
      metrics.push(JSON.parse(line))
    } catch {
      break
    }
  }
  return metrics
}

/**
 * The accuracy at each validation of a `metrics.jsonl`, in the order of the iterations. Only these lines are parsed,
 * because those of a long training fill many megabytes.
 */
export function readValidations(path: string): { iteration: number; accuracy: number }[] {
  if (!existsSync(path)) return []
  const bytes = readFileSync(path)
  const found: { iteration: number; accuracy: number }[] = []
  for (let at = bytes.indexOf(VALIDATION); at >= 0; at = bytes.indexOf(VALIDATION, at)) {
    const start = bytes.lastIndexOf('\n', at) + 1
    const end = bytes.indexOf('\n', at)
    // The last line may have been cut short when the process was killed.
    if (end < 0) break
    const { iteration, validation } = JSON.parse(bytes.toString('utf8', start, end)) as ValidationMetrics
    found.push({ iteration, accuracy: validation.accuracy })
    at = end
  }
  return found
}

/** Occurs only in the lines of validations. */
const VALIDATION = '"validation":'
const EVENTS = 'events.out.tfevents.'

/** The two files of a run that continues from an iteration: entries of later iterations are dropped. */
export class Metrics {
  private readonly lines: string
  private readonly events: string
  private seconds = 0

  /**
   * Where entries are missing, which a crash of the machine can do, standard error says so: the curves have a gap.
   *
   * @param folder of the run
   * @param iteration that the run continues from
   */
  constructor(folder: string, iteration: number) {
    this.lines = join(folder, 'metrics.jsonl')
    const kept = readMetrics(this.lines).filter((metric) => metric.iteration <= iteration)
    const steps = kept.filter((metric) => 'loss' in metric)
    const missing = iteration - steps.length
    if (missing > 0) {
      console.error(
        `${this.lines}: ${missing} of the ${iteration} iterations before the checkpoint are missing, so that the curves have a gap. The training itself goes on unchanged`,
      )
    }
    this.seconds = steps.at(-1)?.seconds ?? 0
    writeAtomic(this.lines, kept.map(lineOf).join(''))

    const now = Date.now() / 1000
    // Programs that watch a file do not notice that it was replaced; they find one under a new name.
    const name = `${EVENTS}${Math.floor(now)}.regard`
    this.events = join(folder, name)
    writeAtomic(this.events, eventFileStart(kept[0]?.time ?? now), ...kept.map(eventOf))
    for (const old of readdirSync(folder)) {
      if (old.startsWith(EVENTS) && old !== name) rmSync(join(folder, old))
    }
  }

  /**
   * Add iterations that were done together.
   *
   * @param seconds that they took together
   */
  steps(steps: readonly Omit<StepMetrics, 'seconds' | 'time'>[], seconds: number): void {
    const before = this.seconds
    this.add(
      steps.map((step, k) => ({
        ...step,
        seconds: rounded(before + (seconds * (k + 1)) / steps.length),
        time: rounded(Date.now() / 1000),
      })),
    )
    this.seconds = rounded(before + seconds)
  }

  /** Add a validation. */
  validation(iteration: number, accuracy: number, n: number): void {
    this.add([{ iteration, validation: { accuracy, n }, time: rounded(Date.now() / 1000) }])
  }

  private add(metrics: readonly Metric[]): void {
    append(this.lines, metrics.map(lineOf).join(''))
    append(this.events, Buffer.concat(metrics.map(eventOf)))
  }
}

function lineOf(metric: Metric): string {
  return `${JSON.stringify(metric)}\n`
}

function eventOf(metric: Metric): Uint8Array {
  const { iteration: step, time } = metric
  if ('validation' in metric) {
    return eventRecord({ time, step, scalars: { 'validation/accuracy': metric.validation.accuracy } })
  }
  const { loss, accuracy, norm, rate } = metric
  const scalars = {
    'training/loss': loss,
    'training/accuracy': accuracy,
    'training/gradient_norm': norm,
    'training/rate': rate,
  }
  return eventRecord({ time, step, scalars })
}

/** Rounded to milliseconds. */
function rounded(seconds: number): number {
  return Number(seconds.toFixed(3))
}
