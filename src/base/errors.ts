import { printable } from './printable.ts'

/**
 * An error that the user can act on: the command line prints its message alone, without a stack trace.
 *
 * The message says what is wrong, where, and what to do, in that order.
 */
export class UserError extends Error {
  override name = 'UserError'
  /** The file, node or field in question; undefined where only the caller knows it. */
  readonly where: string | undefined

  /**
   * @param what what is wrong, as a sentence without its full stop; it may end with a question
   * @param where the file, node or field in question
   * @param remedy what the user can do about it
   */
  constructor(what: string, where?: string, remedy?: string) {
    const end = what.endsWith('?') ? ' ' : '. '
    super(`${where ? `${printable(where)}: ` : ''}${what}${remedy ? `${end}${remedy}` : ''}`)
    this.where = where
  }
}

/** A {@link UserError} about what was asked for, such as a class that a network lacks: wrong use. */
export class UsageError extends UserError {
  override name = 'UsageError'
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
