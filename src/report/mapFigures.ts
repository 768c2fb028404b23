/**
 * Heat maps side by side on the same faces: Figure 2, networks; Figures 4 and 5, starts. Every map is for the class
 * that the data set gives the face, so that all columns answer the same question.
 */

import { type Html, html } from '../base/html.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { networks } from '../networks/index.ts'
import { bracketed, inFileNames, isSameSetting, type StartKind, TRAINING_PHOTOS } from '../study/setting.ts'
import { type Cell, cellsOf, type Study, unique } from './cells.ts'
import { type Explained, explainedBy, pathOf } from './explained.ts'
import { dataUri, fileSize, photoUri, spreadOver, withinBudget } from './pictures.ts'
import { type Drawing, svgOf } from './svg.ts'

/** Networks, or starts, whose heat maps are compared. */
export interface MapComparison {
  /** The name of its file, without the extension. */
  readonly name: string
  readonly caption: string
  readonly task: Task
  readonly columns: readonly { readonly title: string; readonly cell: Cell }[]
  /** The faces that all columns have explained. */
  readonly faces: readonly string[]
}

/** Figure 2: for each task and setting, the networks. */
export function networkComparisons(study: Study): MapComparison[] {
  return study.cells.flatMap(({ task, setting }, at) => {
    const cells = cellsOf(study, task).filter((cell) => isSameSetting(cell.setting, setting))
    // Each setting once, at its first cell.
    if (cells[0] !== study.cells[at]) return []
    return comparison(
      `figure-2-${task}-${inFileNames(setting)}`,
      `Figure 2: ${task}, networks ${bracketed(setting)}`,
      task,
      cells.map((cell) => ({ title: networks[cell.network].title, cell })),
    )
  })
}

const START_TITLES: Record<StartKind, string> = {
  random: 'random',
  imagenet: 'ImageNet',
  'imdb-wiki': 'IMDB-WIKI',
  other: 'other weights',
}
const NUMBERS: Partial<Record<Task, number>> = { gender: 4, age: 5 }

/** Figures 4 (gender) and 5 (age): for each network and kind of photos, its starts. */
export function startComparisons(study: Study): MapComparison[] {
  const tasks = unique(study.cells.map(({ task }) => task)).sort(
    (a, b) => (NUMBERS[a] ?? 6) - (NUMBERS[b] ?? 6),
  )
  return tasks.flatMap((task) =>
    unique(cellsOf(study, task).map(({ network }) => network)).flatMap((network) =>
      TRAINING_PHOTOS.flatMap((photos) => {
        const number = NUMBERS[task]
        const cells = cellsOf(study, task).filter(
          (cell) => cell.network === network && cell.setting.photos === photos,
        )
        return comparison(
          `${number ? `figure-${number}` : 'starts'}-${task}-${network}-${photos}`,
          `${number ? `Figure ${number}: ` : ''}${task}, ${networks[network].title}, starts of [${photos}]`,
          task,
          cells.map((cell) => {
            const { setting } = cell
            return { title: `${START_TITLES[setting.start]} ${bracketed(setting)}`, cell }
          }),
        )
      }),
    ),
  )
}

/** Undefined where there is nothing to compare. */
function comparison(
  name: string,
  caption: string,
  task: Task,
  columns: MapComparison['columns'],
): MapComparison[] {
  if (columns.length < 2) return []
  const explained = columns.map(({ cell }) => explainedBy(cell))
  const faces = [...explained[0]!.values()]
    .filter(({ map }) => explained.every((one) => one.has(map.face)))
    .sort((a, b) => a.map.truth - b.map.truth)
    .map(({ map }) => map.face)
  return faces.length === 0 ? [] : [{ name, caption, task, columns, faces }]
}

/**
 * How many faces each comparison shows, when all of them together may take this many bytes of pictures.
 *
 * @param most and no more than these
 */
export function facesShown(
  study: Study,
  comparisons: readonly MapComparison[],
  budget: number,
  most: number,
): number {
  let cost = 0
  for (const { columns, faces } of comparisons) {
    for (const [k, { cell }] of columns.entries()) {
      const one = explainedBy(cell).get(faces[0]!)!
      const names = [...(k === 0 ? [one.map.photo] : []), one.map.classes[one.map.truth]?.map]
      for (const name of names) if (name !== undefined) cost += fileSize(pathOf(study, one, name))
    }
  }
  return withinBudget(cost, budget, most)
}

const SIDE = 112
const GAP = 10
const ROW = SIDE + 32
const HEAD = 22

/**
 * A comparison as a figure: a row for each face, first the photo, then a map in each column.
 *
 * @param count how many of the faces to show, spread over the classes
 */
export function mapFigure(study: Study, { columns, faces, task }: MapComparison, count: number): string {
  const shown = spreadOver(faces, count)
  const heads = ['photo', ...columns.map(({ title }) => title)].map(
    (title, k) =>
      html`<text x="${k * (SIDE + GAP) + SIDE / 2}" y="12" text-anchor="middle" font-weight="${k === 0 ? 400 : 600}">${title}</text>`,
  )
  const explained = columns.map(({ cell }) => explainedBy(cell))
  const rows = shown.map((face, row) => {
    const y = HEAD + row * ROW
    const first = explained[0]!.get(face)!
    return html`${picture(study, first, first.map.photo, 0, y, `photo ${face}`, false)}<text x="${SIDE / 2}" y="${y + SIDE + 14}" text-anchor="middle">“${CLASSES[task][first.map.truth]}”</text>${explained.map(
      (one, k) => mapCell(study, task, one.get(face)!, (k + 1) * (SIDE + GAP), y),
    )}`
  })
  const drawing: Drawing = {
    width: (columns.length + 1) * (SIDE + GAP) - GAP,
    height: HEAD + shown.length * ROW,
    content: html`${heads}${rows}`,
  }
  return svgOf(drawing)
}

/** The map of the labelled class, with the answer below it, underlined where it is that class. */
function mapCell(study: Study, task: Task, one: Explained, x: number, y: number): Html {
  const { classes, truth } = one.map
  const answer = classes.reduce(
    (top, { probability }, k) => (probability > classes[top]!.probability ? k : top),
    0,
  )
  const name = CLASSES[task][answer]!
  const file = classes[truth]?.map
  const decoration = answer === truth ? 'underline' : 'none'
  const percentage = Math.round(100 * classes[answer]!.probability)
  return html`${picture(study, one, file, x, y, `heat map for ${CLASSES[task][truth]}`, true)}<text x="${x + SIDE / 2}" y="${y + SIDE + 14}" text-anchor="middle"><tspan font-weight="600" text-decoration="${decoration}">${name}</tspan> ${percentage} %</text>`
}

function picture(
  study: Study,
  one: Explained,
  name: string | undefined,
  x: number,
  y: number,
  title: string,
  isMap: boolean,
): Html {
  const path = name === undefined ? undefined : pathOf(study, one, name)
  const data = path && (isMap ? dataUri(path) : photoUri(study, path))
  if (data === undefined) {
    return html`<text x="${x + SIDE / 2}" y="${y + SIDE / 2}" text-anchor="middle" fill-opacity="0.6">no picture</text>`
  }
  const rendering = isMap ? 'pixelated' : 'auto'
  return html`<image x="${x}" y="${y}" width="${SIDE}" height="${SIDE}" href="${data}" style="image-rendering:${rendering}"><title>${title}</title></image>`
}
