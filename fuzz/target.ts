/** What is fuzzed, and what counts as a fault. */

import { UserError } from '../src/base/errors.ts'
import type { Random } from '../src/base/random.ts'

/** Files by their paths in a folder. */
export type Input = ReadonlyMap<string, Uint8Array>

/** Something that reads files of strangers. */
export interface Target {
  /** Real files, to be changed. */
  readonly seeds: readonly Input[]
  readonly mutate: (seed: Input, random: Random) => Input
  /**
   * Read an input, and check that the result is consistent.
   *
   * @throws UserError where the input is refused; anything else is a fault
   */
  readonly read: (input: Input) => Promise<void>
}

/**
 * The outcome of an input: its fault, if it has one. It is `spent` where an earlier input broke a library for the rest
 * of the process, so that nobody looked at this one.
 */
export type Outcome = 'read' | 'refused' | 'spent' | { readonly fault: string }

/** Words of messages that report an accident of the program as a mistake of the user. */
const ACCIDENT =
  /Cannot (read|set|convert|mix|destructure)|is not (a function|iterable|a constructor)|undefined|\[object |Invalid (array|typed array|array buffer) length|call stack|allocation failed|out of memory|RangeError|TypeError/

/** The longest message, in characters: it may quote names and numbers of an input, but not all of it. */
const LONGEST = 20_000

/** Let a target read an input, and judge the outcome. */
export async function outcomeOf(target: Target, input: Input): Promise<Outcome> {
  let outcome: Outcome = 'read'
  try {
    await target.read(input)
  } catch (error) {
    outcome = error instanceof UserError ? refusal(error.message) : { fault: faultOf(error) }
  }
  const polluted = [Object.prototype, Array.prototype].flatMap((prototype) => Object.keys(prototype))
  for (const key of polluted) {
    delete (Object.prototype as Record<string, unknown>)[key]
    outcome = { fault: `the prototype of all objects got ${key}` }
  }
  return outcome
}

/** A message is one clear line; for a file with several mistakes, one line for each, with its place. */
function refusal(message: string): Outcome {
  const lines = message.split('\n')
  const placed = lines.length === 1 || lines.every((line) => /^\S.*?:\d+:\d+: \S/.test(line))
  if (!placed) return { fault: `a message of several lines: ${message}` }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for.
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(message))
    return { fault: `a message with control characters: ${message}` }
  if (message.trim().length < 10 || message.length > LONGEST)
    return { fault: `a message of ${message.length} characters: ${message.slice(0, 300)}` }
  if (ACCIDENT.test(message)) return { fault: `an accident taken for a mistake: ${message}` }
  return message.includes('Start the program again') ? 'spent' : 'refused'
}

function faultOf(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? `${error.name}: ${error.message}`)
    : `thrown: ${String(error)}`
}

/** The one file of an input with one. */
export function onlyFile(input: Input): [name: string, bytes: Uint8Array] {
  return [...input][0]!
}

/** An input with one of its files changed. */
export function changing(
  names: RegExp,
  mutate: (bytes: Uint8Array, random: Random) => Uint8Array,
): Target['mutate'] {
  return (seed, random) => {
    const name = random.pick([...seed.keys()].filter((each) => names.test(each)))
    return new Map([...seed, [name, mutate(seed.get(name)!, random)]])
  }
}

/** Throw if the result of reading is inconsistent. */
export function ensure(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`does not fit: ${what}`)
}
