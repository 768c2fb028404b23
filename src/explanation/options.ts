/**
 * The options of methods and measures as data: forms are drawn from them, and given values are checked
 * against them.
 */

import { UserError } from '../base/errors.ts'

/** One option of a method or a measure. */
export interface MethodOption<Value> {
  /** What it sets, and in which unit. */
  readonly what: string
  /** The default; undefined where it depends on the network or the picture, as `what` says. */
  readonly default: Value | undefined
  /** The least and the greatest value of a number, both included. */
  readonly range?: readonly [least: number, most: number]
  /** Whether the number must be whole. */
  readonly whole?: boolean
  /** All its possible values, where there are few. */
  readonly choices?: readonly Value[]
}

/** The options of a method or a measure, each by its name. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: MethodOption<Options[Name]> }

/**
 * The given options of a method or a measure, completed by the defaults.
 *
 * @throws UserError for an unknown option or a value that it does not allow
 */
export function completeOptions<Options>(table: OptionTable<Options>, given: Partial<Options>): Options {
  const values: Readonly<Record<string, unknown>> = given
  const options: Readonly<Record<string, MethodOption<unknown>>> = table
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (!option) {
      const known = Object.keys(options).join(', ')
      throw new UserError('there is no such option', name, `There are ${known || 'none'}`)
    }
    check(name, value, option)
  }
  const complete = Object.entries(options).map(([name, option]) => [name, values[name] ?? option.default])
  return Object.fromEntries(complete)
}

function check(name: string, value: unknown, { range, whole, choices }: MethodOption<unknown>): void {
  if (choices && !choices.includes(value)) {
    throw new UserError(`is ${value}`, name, `Give one of ${choices.join(', ')}`)
  }
  if (!range) return
  const [least, most] = range
  const fits = Number.isFinite(value) && Number(value) >= least && Number(value) <= most
  if (fits && (!whole || Number.isInteger(value))) return
  const limits = [
    ...(Number.isFinite(least) ? [`from ${least}`] : []),
    ...(Number.isFinite(most) ? [`to ${most}`] : []),
  ]
  throw new UserError(
    `is ${value}`,
    name,
    `Give ${[whole ? 'a whole number' : 'a number', ...limits].join(' ')}`,
  )
}
