/** The form for a card: typed texts, and the card that they stand for. */

import type { Card } from 'regard'

/** The form's fields. Empty ones are left out of the card. */
export interface Values {
  readonly channels: '' | 'RGB' | 'BGR' | 'gray'
  readonly scale: string
  readonly mean: string
  /** `224`, or height × width. */
  readonly size: string
  readonly layout: '' | 'NCHW' | 'NHWC'
  readonly picture: string
  readonly fit: '' | 'pad' | 'crop' | 'stretch'
  readonly cut: 'none' | 'r' | 'i' | 'box'
  /** For a box: its side, in sides of the detector's; and how far down it lies. */
  readonly box: string
  readonly down: string
  readonly output: string
  readonly task: string
  /** One on each line, or the name of a file that was dropped with the model. */
  readonly classes: string
  /** For the task `years`: the age of each class. */
  readonly ages: string
}

/** Usual preprocessing, by the program that trained the network. */
export const PRESETS: readonly {
  readonly name: string
  readonly values: Partial<Values>
}[] = [
  { name: 'Caffe: BGR, 104, 117, 123', values: { channels: 'BGR', scale: '1', mean: '104, 117, 123' } },
  {
    name: 'PyTorch, ImageNet: RGB, mean and deviation',
    values: {
      channels: 'RGB',
      mean: '123.675, 116.28, 103.53',
      scale: '0.01712475, 0.017507, 0.01742919',
    },
  },
  { name: '0 to 1: RGB ÷ 255', values: { channels: 'RGB', mean: '0', scale: String(1 / 255) } },
  { name: '−1 to 1: RGB ÷ 127.5 − 1', values: { channels: 'RGB', mean: '127.5', scale: String(1 / 127.5) } },
  { name: '0 to 255: RGB as it is', values: { channels: 'RGB', mean: '0', scale: '1' } },
]

/** A card as texts. */
export function valuesOf(card: Card): Values {
  const { input = {}, picture, fit, alignment, classes } = card
  const box = typeof alignment === 'object' ? alignment : undefined
  return {
    channels: input.channels ?? '',
    scale: textOf(input.scale),
    mean: textOf(input.mean),
    size: input.size ? String(input.size) : input.height ? `${input.height} × ${input.width}` : '',
    layout: input.layout ?? '',
    picture: textOf(picture),
    fit: fit ?? '',
    cut: typeof alignment === 'string' ? alignment : box ? 'box' : 'none',
    box: box ? textOf(box.box) : '1.4',
    down: box?.down === undefined ? '' : String(box.down),
    output: card.output ?? '',
    task: card.task ?? '',
    classes: typeof classes === 'string' ? classes : (classes?.join('\n') ?? ''),
    ages: textOf(card.ages),
  }
}

/**
 * The card from the form; fields that the form does not show are unchanged. Text that is not a number stays text, so
 * that reading the card reports the error.
 *
 * @param files the names of the files that were dropped with the model
 */
export function cardFrom(values: Values, card: Card, files: readonly string[]): unknown {
  const { size, height, width, channels, scale, mean, layout, ...input } = card.input ?? {}
  const { answers } = card
  const lines = values.classes
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const isFile = lines.length === 1 && files.includes(lines[0]!)
  return defined({
    ...card,
    // With several answers, each has its own fields.
    ...(!answers && {
      output: values.output || undefined,
      task: values.task.trim() || undefined,
      classes: lines.length === 0 ? undefined : isFile ? lines[0] : lines,
      ages: listFrom(values.ages),
    }),
    input: defined({
      ...input,
      ...sizeFrom(values.size),
      layout: values.layout || undefined,
      channels: values.channels || undefined,
      scale: numbersFrom(values.scale),
      mean: numbersFrom(values.mean),
    }),
    picture: numbersFrom(values.picture.replace('×', ',')),
    fit: values.fit || undefined,
    alignment: alignmentFrom(values),
  })
}

/** Swap RGB and BGR, with the values for each channel. */
export function swapped(values: Values): Values {
  const reversed = (text: string) => {
    const parts = text.split(',').map((part) => part.trim())
    return parts.length === 3 ? parts.reverse().join(', ') : text
  }
  return {
    ...values,
    channels: values.channels === 'RGB' ? 'BGR' : 'RGB',
    scale: reversed(values.scale),
    mean: reversed(values.mean),
  }
}

function textOf(given: number | string | readonly number[] | undefined): string {
  return given === undefined ? '' : Array.isArray(given) ? given.join(', ') : String(given)
}

/** One number, several separated by commas, or the text itself. */
function numbersFrom(text: string): number | number[] | string | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const numbers = trimmed.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!numbers.every(Number.isFinite)) return trimmed
  return numbers.length === 1 ? numbers[0] : numbers
}

function listFrom(text: string) {
  const numbers = numbersFrom(text)
  return typeof numbers === 'number' ? [numbers] : numbers
}

function sizeFrom(text: string) {
  const sides = numbersFrom(text.replace(/[×x]/, ','))
  if (!Array.isArray(sides)) return { size: sides }
  return sides[0] === sides[1] ? { size: sides[0] } : { height: sides[0], width: sides[1] }
}

function alignmentFrom({ cut, box, down }: Values) {
  if (cut === 'none') return undefined
  if (cut !== 'box') return cut
  return defined({ box: numbersFrom(box) ?? box, down: numbersFrom(down) })
}

function defined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>
}
