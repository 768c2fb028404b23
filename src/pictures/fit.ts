import type { Affine } from './affine.ts'
import type { Image } from './image.ts'
import { warpAffine } from './warp.ts'

/**
 * How a photo of any shape becomes a picture of a given one. `pad`: all of the photo is shown, its edge pixels repeated
 * where it does not reach; `crop`: it fills the picture, and what reaches beyond is cut off equally on both sides;
 * `stretch`: its width and height are resized separately.
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
export function fitted(image: Image, size: Size, fit: Fit): Image {
  return warpAffine(image, fitMap(image, size, fit), size.width, size.height)
}

/** From points of the picture that a photo becomes by {@link fitted} to points of the photo. */
export function fitMap(photo: Size, { height, width }: Size, fit: Fit): Affine {
  const [across, down] = [photo.width / width, photo.height / height]
  const both = fit === 'pad' ? Math.max(across, down) : Math.min(across, down)
  const [x, y] = fit === 'stretch' ? [across, down] : [both, both]
  const [left, top] = [(photo.width - x * width) / 2, (photo.height - y * height) / 2]
  return [x, 0, left, 0, y, top]
}
