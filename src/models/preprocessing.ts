/**
 * How a photo becomes a network's input: what the model's card (or flags instead of it) says, completed by the shape of
 * the input. What is missing is asked for, not guessed.
 */

import { UserError } from '../base/errors.ts'
import type { Dimension, Shape, TensorOf } from '../graph/types.ts'
import { centreCrop } from '../pictures/crop.ts'
import type { Fit, Size } from '../pictures/fit.ts'
import type { Channels, Layout } from '../pictures/layout.ts'
import type { InputRange } from '../rules/relevance/rules.ts'
import type { Card } from './card.ts'

/** How a photo becomes the input: fitted into a picture, its centre cut out, and (pixel − mean) · scale. */
export interface Preprocessing {
  /** The size of the input, in pixels. */
  readonly size: Size
  /** The size of the picture that the input is cut from. */
  readonly picture: Size
  readonly fit: Fit
  readonly layout: Layout
  readonly channels: Channels
  /** One number for each channel in order, for pixels from 0 to 255. */
  readonly mean: readonly number[] | MeanPicture
  /** One number for each channel in order. */
  readonly scale: readonly number[]
}

/** A mean picture: planes of the channels in their order, of the size of the picture or of the input. */
interface MeanPicture extends Size {
  readonly planes: Float32Array
}

/** What the shape of an input says of its pictures. */
export interface PictureShape {
  readonly layout: Layout | undefined
  readonly height: Dimension | undefined
  readonly width: Dimension | undefined
  readonly channels: Dimension | undefined
}

/** A field of a card about the input; flags have the same names. */
type Field = 'size' | 'layout' | 'channels' | 'scale' | 'mean' | 'picture' | 'classes'

/** What a model's card, or the caller instead of it, says does not fit the model, or contradicts itself. */
export class Misfit extends UserError {
  override name = 'Misfit'
  /** The fields that may be wrong. */
  readonly fields: readonly Field[]
  private readonly what: string
  private readonly ofCard: string | undefined

  /**
   * @param what what is wrong
   * @param ofCard what to do about it where the card says it
   */
  constructor(fields: readonly Field[], what: string, ofCard?: string) {
    super(what, undefined, ofCard)
    this.fields = fields
    this.what = what
    this.ofCard = ofCard
  }

  /**
   * The same error, naming the card or the flags that are to blame.
   *
   * @param card the card's file, or its name in messages
   * @param model the model's file
   * @param said the fields given instead of the card's
   */
  blaming(
    card: string,
    model: string,
    said: Pick<Card, 'input' | 'picture'> & { readonly classes?: unknown },
  ): UserError {
    const { input = {}, picture, classes } = said
    const size = input.size ?? input.height ?? input.width
    const given: Readonly<Record<Field, unknown>> = { ...input, size, picture, classes } as never
    const [own, ...others] = this.fields.filter((field) => given[field] !== undefined)
    if (own === undefined) return new UserError(this.what, card, this.ofCard)
    const flags = [own, ...others].map((field) => `--${field}`)
    return new UserError(this.what, model, `Give another ${flags.join(' or ')}, or leave it out`)
  }
}

/** What is known about the pictures that an input takes; undefined where it takes none, because it lacks four axes. */
export function pictureShape(shape: Shape, given?: Layout): PictureShape | undefined {
  if (shape.length !== 4) return undefined
  const isDepth = (d: Dimension) => d === 1 || d === 3
  const [first, last] = [isDepth(shape[1]!), isDepth(shape[3]!)]
  const layout = given ?? (first === last ? undefined : first ? 'NCHW' : 'NHWC')
  switch (layout) {
    case 'NCHW':
      return { layout, channels: shape[1], height: shape[2], width: shape[3] }
    case 'NHWC':
      return { layout, channels: shape[3], height: shape[1], width: shape[2] }
    case undefined:
      return { layout, channels: undefined, height: undefined, width: undefined }
  }
}

/**
 * Complete what a card says about the input by the input's own shape.
 *
 * @param shape of the network's input
 * @param mean the card's mean picture, where it names one
 * @returns the preprocessing, or the names of the card's fields that are missing; undefined where the network takes no
 * pictures
 * @throws UserError where the card contradicts itself or the model
 */
export function preprocessingOf(
  card: Pick<Card, 'input' | 'picture' | 'fit'>,
  shape: Shape,
  mean: TensorOf<'float32'> | undefined,
): Preprocessing | { readonly missing: readonly string[] } {
  const { input = {} } = card
  const model = pictureShape(shape, input.layout)
  if (!model) return { missing: [] }
  const height = agreed('height', input.size ?? input.height, model.height)
  const width = agreed('width', input.size ?? input.width, model.width)
  // A single channel can only be brightness.
  const channels = input.channels ?? (model.channels === 1 ? 'gray' : undefined)
  const missing = [
    ...(model.layout ? [] : ['layout']),
    // Where the layout is not known, the shape does not tell the size.
    ...(model.layout && (height === undefined || width === undefined) ? ['size'] : []),
    ...(channels === undefined ? ['channels'] : []),
    ...(input.scale === undefined ? ['scale'] : []),
    ...(input.mean === undefined && !mean ? ['mean'] : []),
  ]
  if (missing.length > 0) return { missing }
  const depth = channels === 'gray' ? 1 : 3
  if (typeof model.channels === 'number' && model.channels !== depth) {
    throw new Misfit(
      ['channels', 'layout'],
      `the card has ${depth === 1 ? '1 channel' : `${depth} channels`} (${channels}), but the model has ${model.channels} by the layout ${model.layout}`,
      'Correct the card',
    )
  }
  const size = { height: height!, width: width! }
  const [down, across] = [card.picture ?? [size.height, size.width]].flat()
  const picture = { height: down!, width: across ?? down! }
  if (picture.height < size.height || picture.width < size.width) {
    throw new Misfit(
      ['picture', 'size'],
      `the picture of ${picture.height} × ${picture.width} is smaller than the input of ` +
        `${size.height} × ${size.width}, which is cut from it`,
    )
  }
  return {
    size,
    picture,
    fit: card.fit ?? 'pad',
    layout: model.layout!,
    channels: channels!,
    scale: each('scale', input.scale!, depth),
    mean: mean
      ? meanFrom(mean, depth, [picture, size])
      : each('mean', input.mean as number | number[], depth),
  }
}

/** A side of the input as the card gives it and the model has it; undefined where both leave it open. */
function agreed(
  side: 'height' | 'width',
  given: number | undefined,
  own: Dimension | undefined,
): number | undefined {
  if (typeof own !== 'number') return given
  if (given !== undefined && given !== own) {
    throw new Misfit(
      ['size', 'layout'],
      `the input is given a ${side} of ${given}, but the model has ${own}`,
      'Card and model do not belong together',
    )
  }
  return own
}

/** One number for each channel. */
function each(what: 'scale' | 'mean', given: number | readonly number[], channels: number): number[] {
  const numbers = [given].flat()
  if (numbers.length !== 1 && numbers.length !== channels) {
    throw new Misfit([what], `${what} has ${numbers.length} numbers for ${channels} channels`)
  }
  return Array.from({ length: channels }, (_, k) => numbers[k] ?? numbers[0]!)
}

function meanFrom(
  { shape, data }: TensorOf<'float32'>,
  channels: number,
  sizes: readonly Size[],
): readonly number[] | MeanPicture {
  if (data.length === channels) return [...data]
  const size = sizes.find(({ height, width }) => shape.join() === [channels, height, width].join())
  if (!size) {
    const known = [...new Set(sizes.map(({ height, width }) => `[${channels}, ${height}, ${width}]`))]
    throw new Misfit(
      ['mean'],
      `the mean must have the shape [${channels}] or ${known.join(' or ')}, not [${shape.join(', ')}]`,
    )
  }
  return { ...size, planes: data }
}

/** The mean that is subtracted at one place of the input. */
export function meanAt({
  mean,
  size,
  picture,
}: Preprocessing): (channel: number, row: number, column: number) => number {
  if (!('planes' in mean)) return (channel) => mean[channel]!
  // A mean of the picture is cut like the picture itself.
  const whole = mean.height === picture.height && mean.width === picture.width
  const top = whole ? centreCrop(picture.height, size.height).top : 0
  const left = whole ? centreCrop(picture.width, size.width).left : 0
  const { planes, height, width } = mean
  return (channel, row, column) => planes[(channel * height + top + row) * width + left + column]!
}

/** The lowest and the highest value that an input made from a photo can have. */
export function rangeOf({ mean, scale }: Preprocessing): InputRange {
  const ends = scale.map((factor, channel) => {
    const [least, most] = 'planes' in mean ? endsOf(mean, channel) : [mean[channel]!, mean[channel]!]
    return [(0 - most) * factor, (255 - least) * factor].sort((a, b) => a - b)
  })
  return { low: ends.map(([low]) => low!), high: ends.map(([, high]) => high!) }
}

function endsOf({ planes, height, width }: MeanPicture, channel: number): [least: number, most: number] {
  const area = height * width
  const plane = planes.subarray(channel * area, (channel + 1) * area)
  return [plane.reduce((a, b) => Math.min(a, b)), plane.reduce((a, b) => Math.max(a, b))]
}
