/** Numbers of a composite's rules that can change with each explanation. */

import { UserError } from '../../base/errors.ts'
import type { Composite } from '../../rules/composites/composite.ts'
import type { Parameter } from '../../rules/relevance/parameters.ts'
import { type RuleParameters, TUNABLE } from '../explain.ts'

/**
 * A function from given numbers to those of the graph's inputs: a given number, or else the composite's own.
 *
 * @param parameters the inputs of the graph that are numbers of rules
 * @throws UserError where the composite has no number to set; the returned function, for a number that the composite
 *   lacks or that is out of range
 */
export function tuningOf(
  composite: Composite,
  parameters: readonly Parameter[],
): (set: RuleParameters) => ReadonlyMap<string, number> {
  const own = namesIn(composite)
  if (own.length === 0)
    throw new UserError('has no parameters to tune', `composite ${composite.name}`, TUNABLE)
  return (set) => {
    checkParameters(own, set, composite.name)
    const beta = set.alpha === undefined ? undefined : 1 - set.alpha
    const all = { ...set, beta }
    return new Map(parameters.map(({ name, input, value }) => [input, all[name] ?? value]))
  }
}

/** The numbers that can be set: those of the rules, even where the network has no layer for one. */
function namesIn(composite: Composite): string[] {
  if (composite.method === 'gradient') return []
  const found = composite.layers.flatMap(({ rule }) => (typeof rule === 'string' ? (SET[rule] ?? []) : []))
  return [...new Set(found)]
}

/** The number that can be set in each rule. */
const SET: Readonly<Record<string, keyof RuleParameters>> = {
  'alpha-beta': 'alpha',
  gamma: 'gamma',
  epsilon: 'epsilon',
}

function checkParameters(own: readonly string[], set: RuleParameters, composite: string): void {
  for (const [name, value] of Object.entries(set)) {
    if (value === undefined) continue
    if (!own.includes(name))
      throw new UserError(`has no ${name} to set`, `composite ${composite}`, `It has ${own.join(', ')}`)
    const least = name === 'alpha' ? Number.NEGATIVE_INFINITY : 0
    if (!Number.isFinite(value) || value < least)
      throw new UserError(
        `${name} must be a number${name === 'alpha' ? '' : ' of at least 0'}, not ${value}`,
        `composite ${composite}`,
      )
  }
}
