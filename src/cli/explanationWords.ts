/** What `regard explain` prints. */

import { printable } from '../base/printable.ts'
import { deviationOf, expectedAge } from '../evaluation/years.ts'
import type { Question } from '../explanation/classes.ts'
import { partsInWords } from '../explanation/partsInWords.ts'
import { agesToAsk } from '../models/ages.ts'
import type { ModelExplanation } from '../models/explain.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { cutInWords } from './model.ts'

/** A question in words. */
export function nameOf(asked: Question['class'], { classes }: Model): string {
  if (typeof asked === 'object') return asked.name
  return typeof asked === 'number' ? classes[asked]! : asked
}

/** Print how photos become the input, so that nobody has to guess. */
export function tellPreprocessing(model: Model, asIs: boolean): void {
  const { size, picture, fit, channels, scale, mean } = requirePreprocessing(model)
  const { alignment } = model.card
  const sides = ({ height, width }: typeof size) => `${height} × ${width}`
  const how = { pad: 'padded', crop: 'cropped', stretch: 'stretched' }[fit]
  const numbers = (values: readonly number[]) =>
    new Set(values).size === 1 ? values[0] : `(${values.join(', ')})`
  const offset = 'planes' in mean ? 'the mean picture' : numbers(mean)
  const cut = sides(picture) === sides(size) ? '' : `, of which the network sees the central ${sides(size)}`
  const what =
    alignment && !asIs
      ? `Faces are ${cutInWords(alignment)}, ${sides(picture)}`
      : `Photos are ${how} to ${sides(picture)}`
  const factor = numbers(scale)
  console.error(
    `${what}${cut}; ${channels}, ${factor === 1 ? `pixel − ${offset}` : `(pixel − ${offset}) · ${factor}`}`,
  )
}

/** Print a note where an answer is not a class with a logit. */
export function tellKind({ kind, output }: Model): void {
  if (output.endsWith('[mean]')) {
    console.error(`The output is a map of scores, so the mean over all of them, ${output}, is explained`)
  }
  if (kind === 'number') console.error(`${output} is one number: the number itself is explained`)
  if (kind === 'other') {
    console.error(`No logits were found before ${output}: the output itself is explained`)
  }
}

export function summary(
  input: string,
  question: Question,
  explanation: ModelExplanation,
  model: Model,
  { to, parts }: { readonly to: string; readonly parts: Record<string, number> | undefined },
): string {
  const { map, warnings } = explanation
  const answer = inWords(question, explanation, model) + movedInWords(explanation, parts)
  return `${input}: ${answer} → ${printable(to)}${map ? '.png' : '.relevance.npy'}${warnings.map((each) => `\n  ${each}`).join('')}`
}

/** The network's answer, and how sure it is. */
function inWords(question: Question, explanation: ModelExplanation, model: Model): string {
  const { name, probability, logit, value } = explanation
  if (value !== undefined) {
    const amount = name === 'years' ? `${value.toFixed(1)} years` : `${name} ${numberText(value)}`
    const { reference } = question
    if (reference === undefined) return amount
    const gap = Math.abs(value - reference)
    const by = name === 'years' ? gap.toFixed(1) : numberText(gap)
    return `${amount}, ${by} ${value < reference ? 'less' : 'more'} than ${reference}`
  }
  const age = ageInWords(explanation, model)
  const what = age ? `${age}; explained: ` : model.task ? `${model.task} ` : ''
  const { minus } = question
  if (minus === undefined && probability !== undefined)
    return `${what}“${name}” ${(100 * probability).toFixed(1)} %`
  const rather = minus === undefined ? '' : ` rather than “${nameOf(minus, model)}”`
  return `${what}“${name}”${rather} ${model.kind === 'other' ? 'score' : 'logit'} ${logit.toFixed(3)}`
}

/** An answer in years in words, ahead of the explained class; undefined for other answers. */
function ageInWords({ outputs }: ModelExplanation, model: Model): string | undefined {
  if (model.task !== 'years' || model.kind.endsWith('sigmoid')) return undefined
  const { probabilities } = outputs[model.output]!
  const ages = agesToAsk(model)
  if (!ages || !probabilities) return undefined
  const [age, by] = [expectedAge(probabilities, ages), deviationOf(probabilities, ages)]
  return `${age.toFixed(1)} ± ${by.toFixed(1)} years`
}

/** The two parts of the face that move an age or another number most. */
function movedInWords(
  { value, warnings }: ModelExplanation,
  parts: Record<string, number> | undefined,
): string {
  // For a map that cannot be trusted, no years are given.
  if (value === undefined || warnings.length > 0 || !parts) return ''
  return ` (${partsInWords(parts)})`
}

/** A plain number, to four digits. */
function numberText(value: number): string {
  return String(Number(value.toPrecision(4)))
}
