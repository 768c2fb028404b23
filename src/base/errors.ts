import { printable } from './printable.ts'

/** The most characters of a line of a message: names and shapes of a stranger's file may be longer. */
const LONGEST = 2000

/**
 * An error that the user can act on: the command line prints its message alone, without a stack trace.
 *
 * The message says what is wrong, where, and what to do, in that order. It may quote names and values of a stranger's
 * file, so control characters are escaped.
 */
export class UserError extends Error {
  override name = 'UserError'
  /** The file, node or field in question; undefined where only the caller knows it. */
  readonly where: string | undefined

  /**
   * @param what what is wrong, as a sentence without its full stop; it may end with a question. A list is several lines
   * @param where the file, node or field in question
   * @param remedy what the user can do about it, in one line or several
   */
  constructor(what: string | readonly string[], where?: string, remedy: string | readonly string[] = '') {
    const [wrong, help] = [what, remedy].map((lines) => [lines].flat().map(line).join('\n'))
    const end = wrong!.endsWith('?') ? ' ' : '. '
    super(`${where ? `${printable(where)}: ` : ''}${wrong}${help ? end + help : ''}`)
    this.where = where
  }
}

/** A {@link UserError} about what was asked for, such as a class that a network lacks: wrong use. */
export class UsageError extends UserError {
  override name = 'UsageError'
}

/**
 * What is wrong with a part of a stranger's file, by what its reader threw. Where the reader stumbled over something
 * missing or far too large, JavaScript's own message would help nobody.
 */
export function reasonOf(error: unknown): string {
  return error instanceof TypeError || error instanceof RangeError
    ? 'something that it needs is missing, or has the wrong type or size'
    : messageOf(error)
}

/** A {@link UserError} about something that may pass, such as a service that does not answer: trying again may help. */
export class PassingError extends UserError {
  override name = 'PassingError'
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function line(text: string): string {
  const whole = printable(text)
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST - 400)} … ${whole.slice(-400)}` : whole
}
