import type { Study } from './cells.ts'

/** A finding of the paper, and whether it holds in a study. */
export interface Finding {
  readonly id: string
  readonly claim: string
  readonly verdict: 'holds' | 'does not hold' | 'undecided' | 'not tested'
  readonly evidence: string
}

export function findingsOf(_study: Study): Finding[] {
  return []
}
