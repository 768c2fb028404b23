/** The measurements as a table of methods and measures, and whether methods are better than the controls. */

import type { Curves, Order } from '../explanation/measures/perturbation.ts'
import { MEASURES, type MeasureName } from '../explanation/measures.ts'
import { bootstrapFigures } from '../statistics/bootstrap.ts'
import { holm } from '../statistics/holm.ts'
import type { Interval } from '../statistics/interval.ts'
import { signFlipTest } from '../statistics/permutation.ts'
import { CONTROLS, type Taken, takenName } from './measure.ts'
import type { MeasuredValue } from './measuredRows.ts'
import { FEW } from './profile.ts'

/** A method's mean by one measure. */
interface MeasuredMean {
  /** Over the faces for which the measure gives a value; NaN where there are none. */
  readonly mean: number
  /** 95 %, by a bootstrap of people; null where there are too few. */
  readonly interval: Interval | null
  readonly faces: number
}

/** One measure, and how each method fares by it. */
export interface MeasureColumn {
  readonly name: string
  readonly measure: MeasureName
  /** What distinguishes it from other columns of the same measure: the fill, and the kind of score. */
  readonly variant: string
  /** For measures that remove pixels. */
  readonly score: Taken['score']
  readonly better: (typeof MEASURES)[MeasureName]['better']
  readonly means: ReadonlyMap<string, MeasuredMean>
  /** For measures that remove pixels, the mean curves over the same faces, point by point. */
  readonly curves: ReadonlyMap<string, Curves>
  /** The controls that it has a value for. */
  readonly controls: readonly string[]
  /**
   * For measures with a better side: the p that a method is no better than these controls, the greatest of them, by
   * flipping the signs of people's differences, adjusted over the methods (Holm); 1 where its mean is not better than
   * theirs.
   */
  readonly overControls: ReadonlyMap<string, number>
}

/** The table, with one column for each measure. */
export function measureTable(
  rows: readonly MeasuredValue[],
  methods: readonly string[],
  measures: readonly Taken[],
): MeasureColumn[] {
  return measures.map((each) => {
    const name = takenName(each)
    const { better } = MEASURES[each.measure]
    const of = (method: string) =>
      rows.flatMap((row) => {
        const value = row.method === method ? row.values[name] : undefined
        return value === null || value === undefined ? [] : [{ ...row, value }]
      })
    const means = new Map(methods.map((method) => [method, meanOf(of(method), `${name} ${method}`)]))
    const tested = methods.filter((method) => !isControl(method) && means.get(method)!.faces > 0)
    const controls = CONTROLS.filter((control) => (means.get(control)?.faces ?? 0) > 0)
    const isSided = (better === 'higher' || better === 'lower') && controls.length > 0
    const sign = better === 'lower' ? -1 : 1
    const p = tested.map((method) =>
      Math.max(...controls.map((control) => pOver(of(method), of(control), sign, `${name} ${method}`))),
    )
    const adjusted = isSided ? holm(p) : []
    return {
      name,
      measure: each.measure,
      variant: [each.options.fill, each.score].filter((part) => part !== undefined).join(', '),
      score: each.score,
      better,
      means,
      curves: new Map(
        methods.flatMap((method): [string, Curves][] => {
          const found = of(method).flatMap(({ curves }) => curves[name] ?? [])
          return found.length > 0 ? [[method, meanCurves(found)]] : []
        }),
      ),
      controls,
      overControls: new Map(isSided ? tested.map((method, k) => [method, adjusted[k]!]) : []),
    }
  })
}

/** Where measures give no value, and why: a sentence for each reason. */
export function refusals(rows: readonly MeasuredValue[]): string[] {
  const counts = new Map<string, { maps: number; methods: Set<string> }>()
  for (const { method, refused = {} } of rows) {
    for (const [name, reason] of Object.entries(refused)) {
      const key = `${name} cannot judge MAPS: ${reason}`
      const found = counts.get(key) ?? { maps: 0, methods: new Set() }
      counts.set(key, { maps: found.maps + 1, methods: found.methods.add(method) })
    }
  }
  return [...counts].map(([text, { maps, methods }]) =>
    text.replace('MAPS', `${maps} ${maps === 1 ? 'map' : 'maps'} by ${[...methods].join(', ')}`),
  )
}

/** Methods with the best by a measure first, and those without a value last. */
export function inOrder({ better, means }: MeasureColumn, methods: readonly string[]): string[] {
  const height = (method: string) => {
    const { mean } = means.get(method)!
    return Number.isFinite(mean) ? (better === 'lower' ? -mean : mean) : Number.NEGATIVE_INFINITY
  }
  return [...methods].sort((a, b) => height(b) - height(a))
}

/** Whether a method knows nothing about the network. */
export function isControl(method: string): boolean {
  return CONTROLS.some((control) => control === method)
}

/** `the controls random and edges`, those that any column has; undefined without any. */
export function controlsInWords(columns: readonly MeasureColumn[]): string | undefined {
  const found = CONTROLS.filter((control) => columns.some(({ controls }) => controls.includes(control)))
  return found.length === 0 ? undefined : `the control${found.length === 1 ? '' : 's'} ${found.join(' and ')}`
}

/** Whether any method is shown to be better than the controls, by any measure. */
export function anyOverControls(columns: readonly MeasureColumn[]): boolean {
  return columns.some((column) =>
    [...column.overControls.keys()].some((method) => isOverControls(column, method)),
  )
}

/** Whether a method is shown to be better than the controls: at 5 %, after Holm's procedure. */
export function isOverControls({ overControls }: MeasureColumn, method: string): boolean {
  return (overControls.get(method) ?? 1) < 0.05
}

/** The methods that a measure of the network's answer cannot tell from the controls: a sentence, if there are any. */
export function doubtful({ measure, overControls }: MeasureColumn): readonly string[] {
  if (MEASURES[measure].needs !== 'scores') return []
  return [...overControls].filter(([, p]) => p >= 0.05).map(([method]) => method)
}

interface Valued {
  readonly face: string
  readonly subject: string
  readonly value: number
}

function meanOf(values: readonly Valued[], seed: string): MeasuredMean {
  if (values.length === 0) return { mean: Number.NaN, interval: null, faces: 0 }
  const people = byPerson(values)
  const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length
  const interval =
    people.length < FEW
      ? null
      : bootstrapFigures(
          people.map(({ sum }) => [sum]),
          people.map(({ faces }) => faces),
          (means) => means,
          { seed },
        )[0]!
  return { mean, interval, faces: values.length }
}

/** @param all of the same measure, and so with as many points */
function meanCurves(all: readonly Curves[]): Curves {
  const mean = (of: keyof Curves, order: Order) =>
    all[0]![of][order].map((_, k) => all.reduce((sum, curves) => sum + curves[of][order][k]!, 0) / all.length)
  const both = (of: keyof Curves) => ({ morf: mean(of, 'morf'), lerf: mean(of, 'lerf') })
  return { gone: both('gone'), scores: both('scores') }
}

/** The p that values are no better than others of the same faces. */
function pOver(values: readonly Valued[], others: readonly Valued[], sign: number, seed: string): number {
  const theirs = new Map(others.map(({ face, value }) => [face, value]))
  const gaps = values.flatMap((one) => {
    const other = theirs.get(one.face)
    return other === undefined ? [] : [{ ...one, value: sign * (one.value - other) }]
  })
  const sum = gaps.reduce((all, { value }) => all + value, 0)
  if (sum <= 0) return 1
  const [p] = signFlipTest(
    byPerson(gaps).map((person) => [person.sum / person.faces]),
    { seed },
  )
  return p!
}

function byPerson(values: readonly Valued[]): { sum: number; faces: number }[] {
  const people = new Map<string, { sum: number; faces: number }>()
  for (const { subject, value } of values) {
    const person = people.get(subject) ?? { sum: 0, faces: 0 }
    people.set(subject, { sum: person.sum + value, faces: person.faces + 1 })
  }
  return [...people.values()]
}
