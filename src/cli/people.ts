import type { Model } from '../models/model.ts'

/** What is printed where answers about people are shown. */
const SENTENCE =
  'Gender here is a label that people attached to photos, and age is a guess: neither says who somebody is.'

/** The sentence about people; undefined if a model's answers are about something else. */
export function aboutPeople(answers: readonly Pick<Model, 'task'>[]): string | undefined {
  return answers.some(({ task }) => task !== undefined && ['age', 'gender', 'years'].includes(task))
    ? SENTENCE
    : undefined
}
