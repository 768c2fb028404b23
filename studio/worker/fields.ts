/** Nine equal fields, for pictures without known parts. */

import type { Labels } from 'regard'

/** Row by row from the top. */
export const FIELDS = [
  'top left',
  'top',
  'top right',
  'left',
  'middle',
  'right',
  'bottom left',
  'bottom',
  'bottom right',
]

/** The field at each pixel of a picture, by its index in {@link FIELDS}. */
export function fieldsOf({ width, height }: { readonly width: number; readonly height: number }): Labels {
  const third = (at: number, of: number) => Math.min(2, Math.floor((3 * at) / of))
  const data = Uint8Array.from(
    { length: width * height },
    (_, k) => 3 * third(Math.floor(k / width), height) + third(k % width, width),
  )
  return { width, height, data }
}
