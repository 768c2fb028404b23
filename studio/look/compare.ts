/** Two maps compared, in parts and pixel by pixel. */

import type { PixelRelevance } from 'regard'
import type { Look } from '../worker/protocol.ts'
import { amountsOf, answerInWords, partInWords, percent } from './words.ts'

/** A part in both maps: shares of what speaks for each answer, 0 to 1. */
export interface PartDifference {
  readonly part: string
  readonly a: number
  readonly b: number
}

/** The parts of both maps, those that differ most first. */
export function partDifferences(a: Look, b: Look): PartDifference[] {
  const [ofA, ofB] = [amountsOf(a), amountsOf(b)].map(
    (amounts) => new Map(amounts.map(({ part, positive }) => [part, positive])),
  ) as [Map<string, number>, Map<string, number>]
  return [...new Set([...ofA.keys(), ...ofB.keys()])]
    .map((part) => ({ part, a: ofA.get(part) ?? 0, b: ofB.get(part) ?? 0 }))
    .sort((one, other) => Math.abs(other.a - other.b) - Math.abs(one.a - one.b))
}

/** Whether both networks saw the same piece of the photo, pixel by pixel. */
function cutAlike(a: Look, b: Look): boolean {
  return (
    a.map.width === b.map.width &&
    a.map.height === b.map.height &&
    a.toPhoto.every((value, k) => Math.abs(value - b.toPhoto[k]!) < 1e-6)
  )
}

/**
 * How much more A gives each pixel than B, after scaling Σ|R| of each map to 1. Undefined where the pictures are cut
 * differently.
 */
export function shareDifference(a: Look, b: Look): PixelRelevance | undefined {
  if (!cutAlike(a, b)) return undefined
  const [sumA, sumB] = [a, b].map(({ map }) => map.data.reduce((sum, value) => sum + Math.abs(value), 0))
  const { width, height } = a.map
  const share = (value: number, sum: number) => (sum > 0 ? value / sum : 0)
  const data = a.map.data.map((value, k) => share(value, sumA!) - share(b.map.data[k]!, sumB!))
  return { width, height, data }
}

/** `Both say f. A gives the mouth 24 %, B 9 %.` */
export function comparedInWords(a: Look, b: Look, outputs: readonly [a: string, b: string]): string {
  const [saysA, saysB] = [answerOf(a, outputs[0]), answerOf(b, outputs[1])]
  const says = saysA === saysB ? `Both say ${saysA}.` : `A says ${saysA}, B says ${saysB}.`
  const silent = [a, b].flatMap((look, k) =>
    speaksFor(look) ? [] : [`In ${'AB'[k]} almost nothing speaks for ${look.name}.`],
  )
  // Shares of almost nothing are meaningless.
  if (silent.length > 0) return [says, ...silent].join(' ')
  const [first] = partDifferences(a, b)
  if (!first) return says
  const part = withArticle(first.part)
  const [shareA, shareB] = [percent(first.a), percent(first.b)]
  if (shareA === shareB) return `${says} No part has another share.`
  return a.name === b.name
    ? `${says} A gives ${part} ${shareA}, B ${shareB}.`
    : `${says} Of what speaks for ${a.name}, A gives ${part} ${shareA}; of what speaks for ${b.name}, B gives it ${shareB}.`
}

/** Whether anything speaks for the answer that parts can share. */
function speaksFor({ shares }: Look): boolean {
  const positive = shares.reduce((sum, each) => sum + each.positive, 0)
  const negative = shares.reduce((sum, each) => sum + each.negative, 0)
  return positive > LEAST * (positive - negative)
}

/** The least share of all that speaks for and against. */
const LEAST = 0.02

function answerOf({ answers }: Look, output: string): string {
  const answer = answers.find((each) => each.output === output)
  if (!answer) return 'nothing'
  return answer.value === undefined ? (answer.classes[0]?.name ?? 'nothing') : answerInWords(answer)
}

function withArticle(part: string): string {
  return part === 'around_eyes' ? 'what lies around the eyes' : `the ${partInWords(part)}`
}
