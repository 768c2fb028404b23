/**
 * The lines of settings in figures, after the code of the paper's Figure 1 (as the authors' own script draws it): the
 * colour is the preprocessing, [i] blue, [r] purple, [m] orange; a random start is pale, ImageNet's weights are a full
 * line, those of IMDB-WIKI a dashed one. The shades can be told apart with any colour vision (Tol 2021).
 */

import { html } from '../base/html.ts'
import {
  bracketed,
  type Setting,
  STARTS,
  type StartKind,
  TRAINING_PHOTOS,
  type TrainingPhotos,
} from '../study/setting.ts'
import type { Drawing } from './svg.ts'

const COLOURS: Record<TrainingPhotos, { readonly name: string; readonly code: string }> = {
  i: { name: 'blue', code: '#0077bb' },
  r: { name: 'purple', code: '#aa3377' },
  m: { name: 'orange', code: '#ee7733' },
}
const DASHES: Record<StartKind, string | undefined> = {
  random: undefined,
  imagenet: undefined,
  'imdb-wiki': '6 3',
  other: '1.5 3',
}

/** How a setting's line is drawn. */
export interface LineStyle {
  readonly stroke: string
  readonly strokeOpacity: number
  readonly strokeDasharray?: string
}

export function lineOf({ photos, start }: Setting): LineStyle {
  const dash = DASHES[start]
  return {
    stroke: COLOURS[photos].code,
    strokeOpacity: start === 'random' ? 0.5 : 1,
    ...(dash && { strokeDasharray: dash }),
  }
}

/** The code in words, for captions; only the parts of it that occur. */
export function lineCode(settings: readonly Setting[]): string {
  const starts = new Set(settings.map(({ start }) => start))
  const words: Record<StartKind, string> = {
    random: 'pale lines start from random weights',
    imagenet: 'full ones from ImageNet’s',
    'imdb-wiki': 'dashed ones from those of IMDB-WIKI',
    other: 'dotted ones from other trained weights',
  }
  const shown = TRAINING_PHOTOS.filter((kind) => settings.some(({ photos }) => photos === kind))
  const colours = shown.map((kind, k) => `[${kind}]${k === 0 ? ' is' : ''} ${COLOURS[kind].name}`)
  const said = STARTS.filter((start) => starts.has(start)).map((k) => words[k])
  return `${colours.join(', ')}; ${said.join(', ')}.`
}

const ITEM = 72

/** The key: a sample of each setting's line, in rows up to the given width. */
export function lineKey(settings: readonly Setting[], width: number): Drawing {
  const perRow = Math.max(1, Math.floor(width / ITEM))
  const items = settings.map((setting, k) => {
    const { stroke, strokeOpacity, strokeDasharray } = lineOf(setting)
    const [x, y] = [(k % perRow) * ITEM, 10 + 16 * Math.floor(k / perRow)]
    return html`<line x1="${x}" x2="${x + 24}" y1="${y}" y2="${y}" stroke="${stroke}" stroke-opacity="${strokeOpacity}" stroke-width="2.5" stroke-dasharray="${strokeDasharray ?? 'none'}"/><text x="${x + 29}" y="${y + 4}">${bracketed(setting)}</text>`
  })
  return {
    width: Math.min(settings.length, perRow) * ITEM,
    height: 16 * Math.ceil(settings.length / perRow) + 4,
    content: html`${items}`,
  }
}
