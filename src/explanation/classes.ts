/** The classes of an output as people speak of them: by name and by index. */

import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Target } from './target.ts'

/** Several classes together, such as the ages `60+` among classes of one year each. */
export interface ClassGroup {
  readonly name: string
  /** Their indices. */
  readonly members: readonly number[]
}

/** What a user asks to have explained. */
export interface Question {
  /** `top` is the network's own answer, `years` its expected age. */
  readonly class: 'top' | 'years' | number | ClassGroup
  /** The class or group to compare with: the difference of the two logits is explained. */
  readonly minus?: number | ClassGroup
  /** The number that an age in years, or an output that is one number, is compared with. */
  readonly reference?: number
}

/**
 * The name of each class. A single logit (a sigmoid's) has two classes, like every yes-or-no question: 1 is the one
 * that it speaks for, 0 the other.
 *
 * @param logits how many logits the output has
 * @param given names from the model's card; without them, each class is named by its index
 * @throws UsageError when there are more or fewer names than classes
 */
export function classNames(logits: number, given?: readonly string[]): readonly string[] {
  const count = Math.max(logits, 2)
  if (!given) return Array.from({ length: count }, (_, k) => String(k))
  if (logits === 1 && given.length === 1) return [`not ${given[0]}`, given[0]!]
  if (given.length !== count) {
    throw new UsageError(
      `the network has ${count} classes, and ${given.length} ${given.length === 1 ? 'is' : 'are'} named`,
    )
  }
  return given
}

/**
 * Find classes by what a user typed: `top`, a name, an index, or several of these separated by commas. A name may
 * itself contain commas, and takes precedence over an index. `top` is the network's own answer, also where a class is
 * called so: that one has its index.
 *
 * @param also what else a text can mean where it is not a class
 * @returns each class once
 * @throws UsageError that lists the classes, for one that the network lacks
 */
export function findClasses<Other extends string | number | object = never>(
  texts: readonly string[],
  names: readonly string[],
  also: (text: string) => Other | undefined = () => undefined,
): ('top' | number | Other)[] {
  type Found = 'top' | number | Other
  const known = (text: string): Found | undefined =>
    text === 'top' ? text : (findClass(text, names) ?? also(text))
  const one = (text: string): Found => known(text) ?? requireClass(text, names)
  const found = texts.flatMap((text): Found[] => {
    const whole = known(text)
    return whole === undefined ? text.split(',').map((part) => one(part.trim())) : [whole]
  })
  return [...new Set(found)]
}

/**
 * Find one class by its name or index.
 *
 * @throws UsageError that lists the classes
 */
export function requireClass(text: string, names: readonly string[]): number {
  const found = findClass(text, names)
  if (found !== undefined) return found
  const near = nearest(text, names)
  const some = names.slice(0, LISTED).map((name, k) => (name === String(k) ? name : `${name} (${k})`))
  const rest = names.length > LISTED ? `, … to ${names.length - 1}` : ''
  throw new UsageError([
    `the network has no class '${text}'${near ? `; did you mean '${near}'?` : ''}`,
    `Its classes: ${some.join(', ')}${rest}`,
  ])
}

/** How many classes an error lists. */
const LISTED = 20

/** @throws UsageError for a name that several classes have, such as “crane” in ImageNet */
function findClass(text: string, names: readonly string[]): number | undefined {
  const named = names.indexOf(text)
  if (names.lastIndexOf(text) !== named) {
    const all = names.flatMap((name, k) => (name === text ? [k] : []))
    throw new UsageError([`several classes are called '${text}'`, `Name one by its index: ${all.join(', ')}`])
  }
  if (named >= 0) return named
  return /^\d+$/.test(text) && Number(text) < names.length ? Number(text) : undefined
}

/**
 * A question in terms of logits.
 *
 * @param logits how many the output has
 * @throws UsageError when a class is compared with itself, or the only logit with its other side
 */
export function targetOf(
  { class: asked, minus }: { readonly class: 'top' | number; readonly minus?: number },
  logits: number,
): Target {
  if (minus === undefined) {
    if (logits > 1 || asked === 'top') return asked
    return asked === 1 ? 0 : { against: 0 }
  }
  if (logits === 1) {
    throw new UsageError('a single logit already says how its two classes differ: name only one of them')
  }
  if (asked === 'top') throw new UsageError('the class to compare with another must be known')
  if (asked === minus) throw new UsageError(`class ${asked} does not differ from itself`)
  return { class: asked, minus }
}

/** The class that an explanation is about: for a difference, the one that counts positively. */
export function explainedClass(weights: Float32Array): number {
  if (weights.length === 1) return weights[0]! > 0 ? 1 : 0
  return weights.indexOf(Math.max(...weights))
}

/** The probability of a class, from those of its output; for a single logit, the probability of its side. */
export function probabilityOf(index: number, probabilities: Float32Array): number {
  if (probabilities.length > 1) return probabilities[index]!
  return index === 1 ? probabilities[0]! : 1 - probabilities[0]!
}
