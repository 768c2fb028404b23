/**
 * What the paper reports on Adience: Lapuschkin, Binder, Müller and Samek, *Understanding and Comparing Deep Neural
 * Networks for Age and Gender Classification*, ICCV Workshops 2017 (arXiv:1708.07689), Tables 2 to 5. These are not
 * regard's results: the report shows them beside its own, marked as the paper's, where the data set is Adience.
 */

import type { Task } from '../datasets/task.ts'
import { formatSetting, parseSetting, type Setting, type SettingText } from '../study/setting.ts'

/** Means over the five folds, in per cent; gender has no 1-off. */
export interface PaperScore {
  readonly accuracy: number
  readonly oneOff?: number
}

/** `own`: tested on photos of the setting's own kind; `swapped`: on the other kind. */
export type TestKind = 'own' | 'swapped'

/** The networks of the paper's tables, by their letters. */
export const PAPER_LETTERS = ['A', 'C', 'G', 'V'] as const

/** The settings of the paper's tables, in their order. */
export const PAPER_SETTINGS: Readonly<Record<TestKind, readonly Setting[]>> = {
  own: ['i', 'r', 'm', 'i,n', 'r,n', 'm,n', 'i,w', 'm,w'].map((text) => parseSetting(text)),
  swapped: ['i', 'r', 'i,n', 'r,n'].map((text) => parseSetting(text)),
}

/** The number of the paper's table. */
export const PAPER_TABLES = {
  age: { own: 2, swapped: 4 },
  gender: { own: 3, swapped: 5 },
} as const satisfies Partial<Record<Task, Record<TestKind, number>>>

type Letter = (typeof PAPER_LETTERS)[number]
/** Accuracy and, for age, 1-off. */
type Figures = readonly [accuracy: number, oneOff?: number]
type Rows = Partial<Record<SettingText, Partial<Record<Letter, Figures>>>>

const FIGURES: Record<keyof typeof PAPER_TABLES, Record<TestKind, Rows>> = {
  age: {
    own: {
      i: { A: [51.4, 87.0], C: [52.1, 87.9], G: [54.3, 89.1] },
      r: { A: [51.9, 87.4], C: [52.3, 88.9], G: [53.3, 89.9] },
      m: { A: [53.6, 88.4], C: [54.3, 89.7], G: [56.2, 90.7] },
      'i,n': { C: [51.6, 87.4], G: [56.2, 90.9], V: [53.6, 88.2] },
      'r,n': { C: [52.1, 87.0], G: [57.4, 91.9] },
      'm,n': { C: [52.8, 88.3], G: [58.5, 92.6], V: [56.5, 90.0] },
      'i,w': { V: [59.7, 94.2] },
      'm,w': { V: [62.8, 95.8] },
    },
    swapped: {
      i: { A: [40.8, 75.4], C: [40.3, 76.3], G: [44.6, 80.8] },
      r: { A: [46.9, 82.8], C: [46.1, 82.5], G: [46.4, 83.2] },
      'i,n': { C: [45.2, 82.0], G: [49.4, 87.2] },
      'r,n': { C: [48.8, 84.9], G: [53.6, 89.9] },
    },
  },
  gender: {
    own: {
      i: { A: [88.1], C: [87.4], G: [87.9] },
      r: { A: [88.3], C: [87.8], G: [88.9] },
      m: { A: [89.0], C: [88.8], G: [89.7] },
      'i,n': { C: [89.9], G: [91.0], V: [92.0] },
      'r,n': { C: [90.6], G: [91.6] },
      'm,n': { C: [90.6], G: [91.7], V: [92.6] },
      'i,w': { V: [90.5] },
      'm,w': { V: [92.2] },
    },
    swapped: {
      i: { A: [81.1], C: [80.5], G: [83.5] },
      r: { A: [81.3], C: [84.6], G: [86.0] },
      'i,n': { C: [84.5], G: [89.6] },
      'r,n': { C: [88.5], G: [90.0] },
    },
  },
}

/** What the paper reports at one place of its tables; undefined where they have a dash or no such place. */
export function paperScore(
  task: Task,
  test: TestKind,
  letter: string,
  setting: Setting,
): PaperScore | undefined {
  if (task === 'years') return undefined
  const figures = FIGURES[task][test][formatSetting(setting)]?.[letter as Letter]
  return figures && { accuracy: figures[0], ...(figures[1] !== undefined && { oneOff: figures[1] }) }
}
