/** What a network's inputs look like where they are not pictures, so that messages can say so. */

import type { Dimension, ValueInfo } from './types.ts'

/** What messages say then. */
export const PICTURES_ONLY = 'regard explains networks that take pictures'

/** Names that inputs of text have in the programs that export it. */
const TEXT = /input_?ids|token|attention_?mask|segment_?ids|position_?ids|\b(text|words?|sentences?)\b/i
const AUDIO = /audio|wave|\bwav\b|speech|sound|(\b|_)mel(\b|_)|spectr|mfcc|fbank|\bpcm\b/i
const VIDEO = /video|(\b|_)frames?(\b|_)/i

/** Audio has at least this many numbers a line: half a second at 8 kHz. */
const LONG = 4000
/** How many bands spectrograms have. */
const BANDS: readonly Dimension[] = [40, 64, 80, 128]

/** What kind of network it is by its inputs, where these are not pictures; undefined where that is unclear. */
export function lookOf(inputs: readonly ValueInfo[]): 'text' | 'audio' | 'video' | undefined {
  const isPicture = ({ name, type, shape }: ValueInfo) =>
    type === 'float32' && shape.length === 4 && !AUDIO.test(name)
  if (inputs.some(isPicture)) return undefined
  if (inputs.some(isText)) return 'text'
  if (inputs.some(({ name, shape }) => shape.length === 5 || VIDEO.test(name))) return 'video'
  if (inputs.some(isAudio)) return 'audio'
  return undefined
}

function isText({ name, type, shape }: ValueInfo): boolean {
  // Tokens are integers, a line of them for each text.
  const isNumbered = (type === 'int64' || type === 'int32') && shape.length > 0 && shape.length <= 2
  return isNumbered || TEXT.test(name)
}

function isAudio({ name, shape }: ValueInfo): boolean {
  if (AUDIO.test(name)) return true
  const isLong = (d: Dimension) => typeof d === 'string' || d >= LONG
  // Of a single line of fixed length, a short one may be a row of a table, and one of square length a flattened
  // picture.
  if (shape.length === 2) return typeof shape[1] === 'number' && shape[1] >= LONG && !isSquare(shape[1])
  if (shape.length !== 3) return false
  const [, first, last] = shape as [Dimension, Dimension, Dimension]
  const isWave = (first === 1 || first === 2) && isLong(last)
  return isWave || (BANDS.includes(first) && typeof last === 'string')
}

function isSquare(count: number): boolean {
  return [count, count / 3].some((pixels) => Number.isInteger(Math.sqrt(pixels)))
}
