/**
 * Expressions of the scores of a network: sums of exponentials, shares of such sums, logarithms and reciprocals, in one
 * form each, so that a softmax or a sigmoid is recognised however it is written.
 */

/** A building block of expressions. Two equal ones are the same object. */
export type Core =
  /** An element of a value of the network, counted through one picture. */
  | { readonly kind: 'score'; readonly value: string; readonly index: number }
  /** The largest of some scores. */
  | { readonly kind: 'largest' }
  /** e to the power of a term without a shift. */
  | { readonly kind: 'exp'; readonly of: Term }
  /** The share of one of its positive parts in a sum, or of its shift (`of` is undefined). */
  | { readonly kind: 'share'; readonly of: Core | undefined; readonly total: Term }
  | { readonly kind: 'log'; readonly of: Term }
  | { readonly kind: 'reciprocal'; readonly of: Term }
  /** A function of probabilities that is not understood. */
  | { readonly kind: 'unknown' }

/** A sum of cores, each times a non-zero factor, plus a number. */
export interface Term {
  readonly parts: ReadonlyMap<Core, number>
  readonly shift: number
}

/** The elements of a value, picture by picture, row-major. */
export interface Elements {
  readonly shape: readonly number[]
  readonly terms: readonly Term[]
}

/** Up to this, a number added to a sum or a probability only keeps it away from 0, and is ignored. */
const TINY = 1e-4

/** Whether elements consist only of scores of the network. */
export function areScores(elements: Elements): boolean {
  return haveOnly(elements, ['score', 'largest'])
}

export function haveOnly({ terms }: Elements, kinds: readonly Core['kind'][]): boolean {
  return terms.every(({ parts }) => [...parts.keys()].every(({ kind }) => kinds.includes(kind)))
}

/** Whether a share is that of one exponential beside a number: a sigmoid. */
export function isSigmoid({ total }: Core & { kind: 'share' }): boolean {
  return total.parts.size === 1 && total.shift > TINY
}

/** Makes cores, each only once. */
export class Cores {
  private readonly made = new Map<string, Core>()
  private readonly numbers = new Map<Core, number>()
  private readonly terms = new Map<string, number>()
  private readonly termNumbers = new WeakMap<Term, number>()
  private readonly positive = new WeakMap<Term, boolean>()

  /** The elements of a value as scores. */
  scores(value: string, count: number): Term[] {
    return Array.from({ length: count }, (_, index) =>
      one(this.once(`score ${index} ${value}`, () => ({ kind: 'score', value, index }))),
    )
  }

  largest(of: readonly Term[]): Term {
    return one(this.once(`largest ${of.map((term) => this.numberOfTerm(term))}`, () => ({ kind: 'largest' })))
  }

  unknown(): Term {
    return one(this.once('unknown', () => ({ kind: 'unknown' })))
  }

  /** e to the power of a term. */
  exp(term: Term): Term {
    const [[core, factor]] = term.parts.size === 1 ? [...term.parts] : [[undefined, 0] as const]
    if (core?.kind === 'log' && factor === 1) return times(core.of, Math.exp(term.shift))
    if (term.parts.size === 0) return number(Math.exp(term.shift))
    const of: Term = { parts: term.parts, shift: 0 }
    return one(
      this.once(`exp ${this.numberOfTerm(of)}`, () => ({ kind: 'exp', of })),
      Math.exp(term.shift),
    )
  }

  log(term: Term): Term {
    const clear = withoutTiny(term)
    const [[core, factor]] = clear.parts.size === 1 ? [...clear.parts] : [[undefined, 0] as const]
    if (clear.parts.size === 0) return number(Math.log(clear.shift))
    if (core?.kind === 'exp' && factor > 0 && clear.shift === 0) return shifted(core.of, Math.log(factor))
    return one(this.once(`log ${this.numberOfTerm(clear)}`, () => ({ kind: 'log', of: clear })))
  }

  /** One term divided by another; undefined where that is not a share of a sum. */
  quotient(above: Term, below: Term): Term | undefined {
    if (below.parts.size === 0) return times(above, 1 / below.shift)
    const total = withoutTiny(below)
    const { parts, shift } = total
    if (!this.isPositive(total)) return undefined
    const shares: Term[] = []
    for (const [core, factor] of above.parts) {
      const whole = parts.get(core)
      if (whole === undefined) return undefined
      // The only part of a sum is the whole sum.
      const alone = parts.size === 1 && shift === 0
      shares.push(alone ? number(factor / whole) : times(this.share(core, total), factor / whole))
    }
    if (above.shift !== 0) {
      if (shift === 0) return undefined
      shares.push(times(this.share(undefined, total), above.shift / shift))
    }
    return sum(shares)
  }

  private share(of: Core | undefined, total: Term): Term {
    const key = `share ${of && this.numberOf(of)} ${this.numberOfTerm(total)}`
    return one(this.once(key, () => ({ kind: 'share', of, total })))
  }

  reciprocal(of: Term): Term {
    const make = () =>
      one(this.once(`reciprocal ${this.numberOfTerm(of)}`, () => ({ kind: 'reciprocal', of })))
    return this.quotient(number(1), of) ?? make()
  }

  /** σ of a term. */
  sigmoid(term: Term): Term | undefined {
    const power = this.exp(term)
    return this.quotient(power, shifted(power, 1))
  }

  /** Whether a term is a sum of exponentials, of probabilities, or of both. */
  isPositive(term: Term): boolean {
    const known = this.positive.get(term)
    if (known !== undefined) return known
    const { parts, shift } = term
    const are = [...parts].every(([{ kind }, factor]) => factor > 0 && (kind === 'exp' || kind === 'share'))
    this.positive.set(term, are && shift >= 0)
    return are && shift >= 0
  }

  /** A sum in which z − log Σ eᶻ is recognised as the logarithm of a share. */
  joined(term: Term): Term {
    const logs = [...term.parts].filter(([{ kind }, factor]) => kind === 'log' && factor === -1)
    const [[core]] = logs.length === 1 ? logs : [[undefined]]
    if (core?.kind !== 'log') return term
    const rest = { ...term, parts: new Map([...term.parts].filter(([each]) => each !== core)) }
    const share = this.quotient(this.exp(rest), core.of)
    return share && share.parts.size === 1 && share.shift === 0 ? this.log(share) : term
  }

  private once(key: string, make: () => Core): Core {
    const found = this.made.get(key) ?? make()
    this.made.set(key, found)
    return found
  }

  /** Equal terms have the same number. */
  private numberOfTerm(term: Term): number {
    const known = this.termNumbers.get(term)
    if (known !== undefined) return known
    const parts = [...term.parts].map(([core, factor]) => [this.numberOf(core), factor] as const)
    const key = `${parts.sort(([a], [b]) => a - b)} + ${term.shift}`
    const found = this.terms.get(key) ?? this.terms.size
    this.terms.set(key, found)
    this.termNumbers.set(term, found)
    return found
  }

  private numberOf(core: Core): number {
    const found = this.numbers.get(core) ?? this.numbers.size
    this.numbers.set(core, found)
    return found
  }
}

export function number(shift: number): Term {
  return { parts: new Map(), shift }
}

function one(core: Core, factor = 1): Term {
  return { parts: new Map([[core, factor]]), shift: 0 }
}

export function shifted(term: Term, by: number): Term {
  return { ...term, shift: term.shift + by }
}

export function times({ parts, shift }: Term, factor: number): Term {
  const kept = factor === 0 ? [] : [...parts].map(([core, each]) => [core, each * factor] as const)
  return { parts: new Map(kept), shift: shift * factor }
}

export function sum(terms: readonly Term[]): Term {
  const parts = new Map<Core, number>()
  let shift = 0
  for (const term of terms) {
    shift += term.shift
    for (const [core, factor] of term.parts) parts.set(core, (parts.get(core) ?? 0) + factor)
  }
  for (const [core, factor] of parts) if (factor === 0) parts.delete(core)
  return { parts, shift }
}

const clears = new WeakMap<Term, Term>()

/** A term without a small number that only keeps it away from 0; the same object each time. */
function withoutTiny(term: Term): Term {
  if (term.parts.size === 0 || term.shift === 0 || Math.abs(term.shift) > TINY) return term
  const clear = clears.get(term) ?? { ...term, shift: 0 }
  clears.set(term, clear)
  return clear
}

export function isUnknown({ parts }: Term): boolean {
  return hasKind(parts, 'unknown')
}

export function hasKind(parts: Term['parts'], wanted: string): boolean {
  return [...parts.keys()].some(({ kind }) => kind === wanted)
}
