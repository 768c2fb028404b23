/** Which of a model's answers a question is about. */

import { UsageError, UserError } from '../base/errors.ts'
import { listed } from './answer.ts'
import type { Model } from './model.ts'
import { against, questionsOf } from './questions.ts'

/**
 * The answers that have what is asked for; all where nothing is named.
 *
 * @param answers the model, once for each question that it answers
 * @param asked `top`, or classes as {@link questionsOf} takes them
 * @param minus what they are compared with
 * @throws UsageError where no answer has it all, naming the classes of each
 */
export function answersAsked(
  answers: readonly Model[],
  asked: readonly string[] = ['top'],
  minus?: string,
): readonly Model[] {
  const named = [...asked, ...(minus === undefined ? [] : [minus])]
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== 'top')
  if (answers.length === 1 || named.length === 0) return answers
  // A class that an answer has is asked of it, whatever else is wrong.
  const having = answers.filter(
    (answer) => named.every((name) => answer.classes.includes(name)) || understands(answer, asked, minus),
  )
  if (having.length > 0) return having
  const { path } = answers[0]!
  const owners = named.map((name) => answers.find((answer) => understands(answer, [name])))
  if (owners.every((owner) => owner !== undefined) && new Set(owners).size > 1) {
    const whose = named.map((name, k) => `${name} belongs to the answer ${nameOf(owners[k]!)}`)
    throw new UsageError(
      `no single answer of the network has ${named.join(' and ')}: ${whose.join(', ')}`,
      path,
      'Name classes of one answer at a time',
    )
  }
  const known = answers.map(
    (answer) => `${nameOf(answer)} (${listed(answer.classes)}; --output ${answer.output})`,
  )
  throw new UsageError(
    `no answer of the network has the ${named.length > 1 ? 'classes' : 'class'} ${named.join(', ')}`,
    path,
    `Its answers are ${known.join(', ')}`,
  )
}

/** The name of an answer: its task, or its output. */
export function nameOf({ task, output }: Model): string {
  return task ?? output
}

/** The names of a network's answers, in order; of several with one name, each has its output too. */
export function answerNames(answers: readonly Model[]): string[] {
  const names = answers.map(nameOf)
  return names.map((name, k) =>
    names.filter((other) => other === name).length > 1 ? `${name} (${answers[k]!.output})` : name,
  )
}

/** Whether an answer understands a question. */
export function understands(answer: Model, asked: readonly string[], minus?: string): boolean {
  try {
    questionsOf(against(answer, minus), asked, minus)
    return true
  } catch (error) {
    if (error instanceof UserError) return false
    throw error
  }
}
