/**
 * Numbers of rules that are set when the graph runs: scalar inputs in place of constants. None of them is ever
 * multiplied into weights, so that the parts of these stay constants, and a graph with parameters takes little longer.
 */

import type { GraphBuilder, Value } from '../../graph/builder.ts'

/** The numbers of the rules αβ, γ and ε. */
export type ParameterName = 'alpha' | 'beta' | 'gamma' | 'epsilon'

/** A number of a rule that is an input of the graph, float32 []. */
export interface Parameter {
  readonly name: ParameterName
  /** The name of the input. */
  readonly input: string
  /** What the composite says. */
  readonly value: number
}

/** A number of a rule: known, or an input of the graph. */
export type Amount = number | Parameter

/** Says of each number of a rule whether it is known or an input. */
export type Amounts = (name: ParameterName, value: number) => Amount

/** All numbers as the composite says. */
export const known: Amounts = (_, value) => value

/** Every number an input; those that are equal, of the same name, share one, which is listed in `found`. */
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

/** A number in the name of a rule: that of an input stands in braces, for {@link named} to fill in. */
export function shown(amount: Amount): string {
  return typeof amount === 'number' ? `${amount}` : `{${amount.input}}`
}

/** The name of a rule with the numbers of inputs filled in. */
export function named(rule: string, values: ReadonlyMap<string, number>): string {
  return rule.replace(/\{([^}]*)\}/g, (whole, input) => `${values.get(input) ?? whole}`)
}
