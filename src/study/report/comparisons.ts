import type { Task } from '../../datasets/task.ts'
import type { Interval } from '../../evaluation/interval.ts'
import type { Study } from './cells.ts'

/** Two cells that the paper compares, on the same faces. */
export interface Comparison {
  readonly task: Task
  readonly kind: 'network' | 'preprocessing' | 'start'
  readonly a: string
  readonly b: string
  readonly n: number
  readonly difference: number
  readonly interval: Interval
  readonly onlyA: number
  readonly onlyB: number
  readonly p: number
  readonly pAdjusted: number
}

export function comparisonsOf(_study: Study): Comparison[] {
  return []
}
