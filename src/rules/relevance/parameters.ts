/**
 * Numbers of rules that are set when the graph runs: scalar inputs instead of constants. None is ever multiplied into
 * weights, so the parts of the weights stay constant, and a graph with parameters takes little longer.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'

/** The numbers of the rules αβ, γ and ε. */
export type ParameterName = 'alpha' | 'beta' | 'gamma' | 'epsilon'

/** A number of a rule that is an input of the graph, float32 []. */
export interface Parameter {
  readonly name: ParameterName
  /** The name of the input. */
  readonly input: string
  /** The composite's number. */
  readonly value: number
}

/** A number of a rule: known, or an input of the graph. */
export type Amount = number | Parameter

/** Decides for each number of a rule whether it is known or an input. */
export type Amounts = (name: ParameterName, value: number) => Amount

/** All numbers as in the composite. */
export const known: Amounts = (_, value) => value

/** Every number as an input; equal numbers of the same name share one, which is listed in `found`. */
export function asInputs(found: Parameter[]): Amounts {
  return (name, value) => {
    const same = found.filter((each) => each.name === name)
    const shared = same.find((each) => each.value === value)
    if (shared) return shared
    const input = same.length === 0 ? name : `${name}.${same.length}`
    const added = { name, input, value }
    found.push(added)
    return added
  }
}

/** A number as rules calculate with it. */
export function amountIn(g: GraphBuilder, amount: Amount): number | Value {
  return typeof amount === 'number' ? amount : g.value(amount.input)
}

/** A number in the name of a rule: an input's name stands in braces, for {@link named} to fill in. */
export function shown(amount: Amount): string {
  return typeof amount === 'number' ? `${amount}` : `{${amount.input}}`
}

/** The name of a rule with the numbers of inputs filled in. */
export function named(rule: string, values: ReadonlyMap<string, number>): string {
  return rule.replace(/\{([^}]*)\}/g, (whole, input) => `${values.get(input) ?? whole}`)
}
