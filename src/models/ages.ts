/** The ages that a model's classes stand for. */

import { UserError } from '../base/errors.ts'
import { agesNamed } from '../explanation/years.ts'
import { answerAt, type Model } from './model.ts'

/** How many classes DEX has, one a year (Rothe et al. 2015); networks like it do not name their classes. */
const YEARS = 101

/**
 * The age that each class of an answer in years stands for; undefined for an answer that is one number.
 *
 * @throws UserError where the card does not say it
 */
export function agesOf({ path, card, output, kind, logits, classes }: Model): readonly number[] | undefined {
  if (logits === 1) return undefined
  if (kind.endsWith('sigmoid')) {
    throw new UserError(
      `its ${logits} answers are separate probabilities, not one for each age that add up to 1: they have no mean age`,
      path,
      'Export it with the age that it computes from them',
    )
  }
  const answer = answerAt(card, output)
  if (!answer.ages && !answer.classes && logits !== YEARS) {
    throw new UserError(
      `the ages that its ${logits} classes stand for are unknown`,
      path,
      `Give them in its card: \`ages: [10, 20, …]\`. (${YEARS} classes are those from 0 to ${YEARS - 1})`,
    )
  }
  const ages = answer.ages ?? classes.map((name) => (name.trim() === '' ? Number.NaN : Number(name)))
  const unknown = ages.findIndex((age) => !Number.isFinite(age))
  if (ages.length === logits && unknown < 0) return ages
  throw new UserError(
    ages.length === logits
      ? `the age that the class ${classes[unknown]} stands for is unknown`
      : `there are ${ages.length} ages, and the output ${output} has ${logits} classes`,
    path,
    'Give the age of each class in its card, in order: `ages: [10, 20, …]`',
  )
}

/**
 * The ages that the classes of any answer can be taken for, so that ages can be asked for: as the card has them, or by
 * the names of the classes, where a group of ages stands for its middle. Undefined where the classes are not ages.
 */
export function agesToAsk({ card, output, logits, classes }: Model): readonly number[] | undefined {
  if (logits === 1) return undefined
  const answer = answerAt(card, output)
  if (answer.ages?.length === logits) return answer.ages
  return answer.classes || logits === YEARS ? agesNamed(classes) : undefined
}
