/** Figure 3: the faces that [i] stretches most, as both alignments show them, and what each network made of them. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Html, html } from '../base/html.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import type { Alignment } from '../faces/align.ts'
import type { Stretch } from '../faces/stretch.ts'
import { files, type PairRecord, type PairsRecord, readRecord } from '../study/record.ts'
import { alignmentsIn, bracketed, inPaperOrder, isSameSetting, type Setting } from '../study/setting.ts'
import { cellsOf, type Study, tasksOf } from './cells.ts'
import { photoUri } from './pictures.ts'
import { readPredictions } from './predictions.ts'
import { below, type Drawing, svgOf } from './svg.ts'

/** How a network answered one face, aligned in one way. */
interface PairAnswer {
  readonly task: Task
  readonly letter: string
  readonly setting: Setting
  readonly testedOn: Alignment
  readonly truth: number
  readonly predicted: number
}

/** A pair, and how every network of the study answered both pictures. */
export interface AnsweredPair extends PairRecord {
  readonly answers: readonly PairAnswer[]
}

/** The pairs of a study that some of its finished runs were tested on; empty where it has written none. */
export function answeredPairs(study: Study): AnsweredPair[] {
  const path = files.pairs(study.out)
  if (!existsSync(path)) return []
  const { pairs } = readRecord<PairsRecord>(path)
  const answers = new Map<string, PairAnswer[]>(pairs.map(({ face }) => [face, []]))
  for (const cell of study.cells) {
    const { task, letter, setting } = cell
    for (const testedOn of alignmentsIn(cell.tests)) {
      for (const { face, truth, predicted } of readPredictions(study, cell, testedOn)) {
        answers.get(face)?.push({ task, letter, setting, testedOn, truth, predicted })
      }
    }
  }
  return pairs
    .map((pair) => ({ ...pair, answers: answers.get(pair.face)! }))
    .filter(({ answers }) => answers.length > 0)
}

/** In words: `stretched 1.32 times (1.28 times taller)`. */
function stretchInWords({ ratio, elongation }: Stretch): string {
  const shape =
    elongation < 0
      ? 'mirrored'
      : elongation >= 1
        ? `${elongation.toFixed(2)} times taller`
        : `${(1 / elongation).toFixed(2)} times wider`
  return `stretched ${ratio.toFixed(2)} times (${shape})`
}

const SIDE = 120
const GAP = 10
const LINE = 15
/** Where the columns of text begin. */
const TEXT = 2 * (SIDE + GAP)
const LABEL = 92
const WIDTH = 780

/** The pairs as a figure, one below the other. */
export function pairFigure(study: Study, pairs: readonly AnsweredPair[]): string {
  return svgOf(
    below(
      pairs.map((pair) => drawn(study, pair)),
      22,
    ),
  )
}

function drawn(study: Study, pair: AnsweredPair): Drawing {
  const lines = tasksOf(study).flatMap((task) => taskLines(study, task, pair))
  const folder = dirname(files.pairs(study.out))
  const picture = (name: string, as: Alignment, at: number) => {
    const data = photoUri(study, join(folder, name))
    const x = at * (SIDE + GAP)
    return html`<text x="${x + SIDE / 2}" y="12" text-anchor="middle" font-weight="600">[${as}]</text>${
      data === undefined
        ? html`<text x="${x + SIDE / 2}" y="${SIDE / 2}" text-anchor="middle" fill-opacity="0.6">no picture</text>`
        : html`<image x="${x}" y="18" width="${SIDE}" height="${SIDE}" href="${data}"><title>${pair.face} [${as}]</title></image>`
    }`
  }
  const column = (WIDTH - TEXT - LABEL) / 2
  const content = html`${picture(pair.r, 'r', 0)}${picture(pair.i, 'i', 1)}
<text x="0" y="${SIDE + 34}">${stretchInWords(pair.stretch)}</text>
${lines.map(({ label, isHead, r, i }, k) => {
  const y = 12 + k * LINE
  const weight = isHead ? 600 : 400
  return html`<text x="${TEXT}" y="${y}" font-weight="${weight}">${label}</text><text x="${TEXT + LABEL}" y="${y}" font-weight="${weight}">${r}</text><text x="${TEXT + LABEL + column}" y="${y}" font-weight="${weight}">${i}</text>`
})}`
  return { width: WIDTH, height: Math.max(SIDE + 40, lines.length * LINE + 4), content }
}

interface Line {
  readonly label: string
  readonly isHead: boolean
  /** The text below the [r] and the [i] picture. */
  readonly r: Html | string
  readonly i: Html | string
}

/** A heading with the labelled class, and a line for each setting with the answers of all networks. */
function taskLines(study: Study, task: Task, { answers }: AnsweredPair): Line[] {
  const own = answers.filter((answer) => answer.task === task)
  if (own.length === 0) return []
  const settings = inPaperOrder(cellsOf(study, task).map(({ setting }) => setting))
  const truth = CLASSES[task][own[0]!.truth]
  return [
    { label: `${task}: “${truth}”`, isHead: true, r: 'answers to [r]', i: 'to [i]' },
    ...settings.map((setting) => {
      const said = (as: Alignment) =>
        answersInWords(own.filter((one) => isSameSetting(one.setting, setting) && one.testedOn === as))
      return { label: bracketed(setting), isHead: false, r: said('r'), i: said('i') }
    }),
  ]
}

/** `A 25-32  G 15-20`, with answers that agree with the data set underlined. */
function answersInWords(answers: readonly PairAnswer[]): Html {
  return html`${answers.map(({ task, letter, predicted, truth }, k) => {
    const decoration = predicted === truth ? 'underline' : 'none'
    return html`${k > 0 ? '\u2003' : ''}<tspan fill-opacity="0.6">${letter}</tspan> <tspan text-decoration="${decoration}">${CLASSES[task][predicted]}</tspan>`
  })}`
}
