/** Numbers as flags give them. */

import { InvalidArgumentError } from 'commander'

/** An integer of at least 1. */
export function countFrom(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('Give a whole number from 1 on.')
  return number
}

/** A number above 0. */
export function positiveFrom(text: string): number {
  const number = Number(text)
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('Give a number above 0.')
  return number
}
