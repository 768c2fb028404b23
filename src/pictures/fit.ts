import type { Image } from './image.ts'
import { warpAffine } from './warp.ts'

/**
 * How a photo of any shape becomes a picture of a given one. `pad`: all of it is shown, its edge pixels repeated where
 * it does not reach; `crop`: it fills the picture, and what reaches beyond is cut off on both sides alike; `stretch`:
 * its width and height are resized separately.
 */
export const FITS = ['pad', 'crop', 'stretch'] as const

/** One of {@link FITS}. */
export type Fit = (typeof FITS)[number]

/** How large a picture is, in pixels. */
export interface Size {
  readonly height: number
  readonly width: number
}

/** A photo as a picture of the given size. */
export function fitted(image: Image, { height, width }: Size, fit: Fit): Image {
  const [across, down] = [image.width / width, image.height / height]
  const both = fit === 'pad' ? Math.max(across, down) : Math.min(across, down)
  const [x, y] = fit === 'stretch' ? [across, down] : [both, both]
  const [left, top] = [(image.width - x * width) / 2, (image.height - y * height) / 2]
  return warpAffine(image, [x, 0, left, 0, y, top], width, height)
}
