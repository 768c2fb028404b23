/** Maps and answers in words. */

import { builtIn } from 'regard'
import type { Answered, Look } from '../worker/protocol.ts'
import { type LookState, shownIn, uneditedIn } from './store.ts'

/** More than 100 % can reach the pixels: biases that speak against the answer add to it. */
export function percent(share: number): string {
  const value = 100 * share
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** How files of networks end. */
const NETWORK = /\.(onnx|caffemodel|prototxt|json|card\.ya?ml)$/i

/** Where to open what was opened as a photo and is none; undefined for what may be one. */
export function elsewhere(name: string, isFolder = false): string | undefined {
  if (isFolder) return `${name}: is a folder. Open its photos one by one here, or a study’s folder in Study.`
  return NETWORK.test(name) ? `${name}: is part of a network, not a photo. Open it in Models.` : undefined
}

/** `around_eyes` in plain words. */
export function partInWords(part: string): string {
  return part === 'around_eyes' ? 'around the eyes' : part
}

/** Parts that are estimated from the shape of the face alone. */
export const ESTIMATES = new Set(['hair', 'ears', 'background'])

/** What negative and positive relevance mean: an age in years has no side, but a face is made younger or older. */
export function sidesInWords({ name }: Pick<Look, 'name'>): readonly [against: string, for_: string] {
  return name === 'years' ? ['younger', 'older'] : [`against ${name}`, `for ${name}`]
}

/** The share of the other side below which a side is next to nothing, and shares of it say nothing. */
const NEXT_TO_NOTHING = 0.01

/** A part of what speaks for and against, and how much of the picture it is. */
export interface PartAmount {
  readonly part: string
  /** Shares of all that speaks for, and of all that speaks against; 0 to 1, and 0 where that is next to nothing. */
  readonly positive: number
  readonly negative: number
  readonly area: number
}

/** The parts of a map with any relevance, those with most of what speaks for it first, then with most against. */
export function amountsOf({ shares, parts }: Pick<Look, 'shares' | 'parts'>): PartAmount[] {
  const positive = shares.reduce((sum, each) => sum + each.positive, 0)
  const negative = shares.reduce((sum, each) => sum + each.negative, 0)
  const [hasFor, hasAgainst] = [
    positive > -NEXT_TO_NOTHING * negative,
    -negative > NEXT_TO_NOTHING * positive,
  ]
  return shares
    .map((share, k) => ({
      part: parts[k]!,
      positive: hasFor ? share.positive / positive : 0,
      negative: hasAgainst ? share.negative / negative : 0,
      area: share.area,
    }))
    .filter(({ area }) => area > 0)
    .sort((a, b) => b.positive - a.positive || b.negative - a.negative)
}

/** `mouth 24 %`, its share of what speaks for; where next to nothing does, `mouth −24 %`, of what speaks against. */
export function shareInWords({ part, positive, negative }: PartAmount): string {
  return `${partInWords(part)} ${positive > 0 || negative === 0 ? percent(positive) : `−${percent(negative)}`}`
}

/** `mouth: 24 % of what speaks for f, 3 % against; 4.1 × its area` */
export function readout({ part, positive, negative, area }: PartAmount, name: string): string {
  const estimate = ESTIMATES.has(part) ? ' (estimate)' : ''
  const times = (positive / area).toPrecision(2)
  const [against, for_] =
    name === 'years' ? ['makes it younger', 'makes it older'] : ['speaks against', `speaks for ${name}`]
  return `${partInWords(part)}${estimate}: ${percent(positive)} of what ${for_}, ${percent(negative)} of what ${against}; ${times} × its area`
}

/** A whole map in a sentence or two, for users who cannot see it. */
export function mapInWords(network: string, look: Look): string {
  const amounts = amountsOf(look)
  const mostOf = (side: 'positive' | 'negative', count: number) =>
    [...amounts]
      .sort((a, b) => b[side] - a[side])
      .slice(0, count)
      .filter((each) => each[side] > 0)
      .map((each) => `${partInWords(each.part)} ${percent(each[side])}`)
      .join(', ') || 'next to nothing'
  const [against, for_] = look.name === 'years' ? ['Younger', 'Older'] : ['Against', 'Most relevance for']
  const said = look.probability === undefined ? (look.value?.toFixed(1) ?? '') : percent(look.probability)
  return `${network}, ${look.name}, ${said}. ${for_}: ${mostOf('positive', 3)}. ${against}: ${mostOf('negative', 1)}. ${reachedInWords(look)}`
}

/** How much of the logit reached the pixels. */
export function reachedInWords({
  logit,
  reached,
  warnings,
}: Pick<Look, 'logit' | 'reached' | 'warnings'>): string {
  if (logit === 0 || !Number.isFinite(reached / logit)) return ''
  const share = reached / logit
  if (warnings.some((warning) => warning.startsWith('the map is empty'))) return 'The map is empty.'
  const much = share < 0.0005 ? 'Less than 0.1 %' : percent(share)
  const mind = share < 0.05 ? ' Read it with care.' : share > 1.05 ? ' Biases spoke against the answer.' : ''
  return `${much} of the logit reached the pixels.${mind}`
}

/** What else to know before believing a map; {@link reachedInWords} says how much reached the pixels. */
export function otherWarnings({ warnings }: Pick<Look, 'warnings'>): string[] {
  return warnings.filter((warning) => !warning.includes('of the logit reached the input'))
}

/** The title of an answer above its column. */
export function answerInWords({ classes, value, task }: Answered): string {
  if (value !== undefined) return task === 'years' ? `${value.toFixed(0)} years` : value.toPrecision(3)
  const [first] = classes
  return first ? `${first.name} ${percent(first.probability)}` : ''
}

/** `f 98 % → 61 %`: an answer before the photo was painted on, and since. */
export function changeInWords(before: Answered, now: Answered): string {
  const [was, is] = [answerInWords(before), answerInWords(now)]
  const [first, since] = [before.classes[0], now.classes[0]]
  if (before.value !== undefined) return `${was.replace(' years', '')} → ${is}`
  return first && since && first.name === since.name
    ? `${was} → ${percent(since.probability)}`
    : `${was} → ${is}`
}

/** `Loading faceres: 4.1 of 6.9 MB`, `Explaining faceres: 132 of 400`, or what is done alone where its length is unknown. */
export function busyInWords({ what, done, total }: NonNullable<LookState['busy']>): string {
  if (total === 0) return `${what} …`
  // Small numbers are counts of runs, not bytes.
  const isBytes = total > 50_000
  const amount = (value: number) => (isBytes ? (value / 2 ** 20).toFixed(1) : String(value))
  return `${what}: ${amount(done)} of ${amount(total)}${isBytes ? ' MB' : ''}`
}

/** What screen readers hear of Look: the work underway, then the answers. The camera is silent. */
export function heardIn(state: LookState): string {
  const { busy, live, before, photo, face, columns, questions } = state
  if (live || !photo) return ''
  if (busy) return `${busy.what} …`
  const looks = columns.flatMap((id) => {
    const row = questions.find((question) => shownIn(state, id, question.id))?.id
    return row === undefined ? [] : [{ id, look: shownIn(state, id, row)!, was: uneditedIn(state, id, row) }]
  })
  if (looks.length === 0) return ''
  const said = looks.map(({ id, look, was }) => {
    const isChanged = was !== undefined && was !== look && !before
    return `${id}: ${look.answers.map((answer, k) => (isChanged ? changeInWords(was.answers[k]!, answer) : answerInWords(answer))).join(', ')}.`
  })
  const whose = face < 0 ? 'Whole photo' : `Face ${face + 1} of ${photo.faces.length}`
  return `${whose}. ${said.join(' ')} Map ready.`
}
/** A layer without the folders that programs put its name into: `conv1_bn` of `conv1_bn/batchnorm_1/mul_1`. */
export function layerInWords(name: string): string {
  const folders = name.split('/').filter((each) => !FOLDERS.test(each))
  return folders[0] ?? name
}

/** Folders that every layer's name has, and the parts of a layer. */
const FOLDERS = /^(StatefulPartitionedCall|model(_\d+)?|functional(_\d+)?|sequential(_\d+)?)?$/

/** A task as a heading. */
export function taskInWords(task: string | undefined): string {
  if (task === 'years') return 'Age in years'
  if (task === 'age') return 'Age group'
  if (task === 'gender') return 'Gender label'
  return task ?? 'Answer'
}

/** The message for a network that is asked for, such as by a link, but is not here. */
export function absentInWords(id: string): string {
  const remedy = id in builtIn ? `Run \`npx regard networks add ${id}\`.` : 'Drop its file.'
  return `${id} is not on this device. ${remedy}`
}
