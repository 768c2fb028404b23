/** Maps as pixels: in the paper's colours, or in light ones that colour-blind people can tell apart. */

import { heatMap, type PixelRelevance } from 'regard'

type Rgb = readonly [number, number, number]

const stops = (...colours: readonly string[]): readonly Rgb[] =>
  colours.map((hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb)

/** From nothing to the most in quarters; both sides have the same luminance. */
const FOR = stops('#f7f5f2', '#ffb891', '#eb7c33', '#a94e00', '#632a00')
const AGAINST = stops('#f7f5f2', '#a8ceff', '#54a0fe', '#2a6cba', '#113d70')

/** Colours of amounts from 0 to 255, three numbers each. */
const LIGHT = [FOR, AGAINST].map((side) =>
  Uint8Array.from({ length: 256 }, (_, k) => k).reduce(
    (table, k) => {
      table.set(mixed(side, k / 255), 3 * k)
      return table
    },
    new Uint8Array(3 * 256),
  ),
) as unknown as readonly [Uint8Array, Uint8Array]

/**
 * A map as pixels of a canvas.
 *
 * @param scale the |R| of the strongest colour
 */
export function coloured(map: PixelRelevance, scale: number, colours: 'paper' | 'light'): ImageData {
  const { width, height, data } = map
  const image = new ImageData(width, height)
  if (colours === 'paper') {
    const { data: rgb } = heatMap(map, scale)
    for (let k = 0; k < data.length; k++) {
      for (let c = 0; c < 3; c++) image.data[4 * k + c] = rgb[3 * k + c]!
      image.data[4 * k + 3] = 255
    }
    return image
  }
  for (let k = 0; k < data.length; k++) {
    const amount = scale > 0 ? Math.min(1, Math.abs(data[k]!) / scale) : 0
    const table = LIGHT[data[k]! < 0 ? 1 : 0]
    const from = 3 * Math.round(255 * amount)
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = table[from + c]!
    image.data[4 * k + 3] = 255
  }
  return image
}

/**
 * A map over the grey photo: strong relevance is opaque. The lightness of the face is fitted to the same range for every
 * face, so that equal relevance looks equal on every skin.
 *
 * @param seen red, green and blue of each pixel
 * @param isFace whether a pixel belongs to the face; by default all do
 */
export function overlaid(
  map: PixelRelevance,
  seen: { readonly data: Uint8Array },
  scale: number,
  opacity: number,
  isFace?: (pixel: number) => boolean,
): ImageData {
  const { width, height, data } = map
  const image = new ImageData(width, height)
  const grey = greyOf(seen.data, isFace)
  for (let k = 0; k < data.length; k++) {
    const amount = scale > 0 ? Math.min(1, Math.abs(data[k]!) / scale) : 0
    const alpha = opacity * Math.sqrt(amount)
    const table = LIGHT[data[k]! < 0 ? 1 : 0]
    // Covering colours are at least half way to the strongest: pale ones would only lighten the photo.
    const from = 3 * Math.round(255 * (0.5 + amount / 2))
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = (1 - alpha) * grey[k]! + alpha * table[from + c]!
    image.data[4 * k + 3] = 255
  }
  return image
}

/** The picture that was seen, in its own colours. */
export function plain({
  width,
  height,
  data,
}: {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}): ImageData {
  const image = new ImageData(width, height)
  for (let k = 0; k < width * height; k++) {
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = data[3 * k + c]!
    image.data[4 * k + 3] = 255
  }
  return image
}

/**
 * Lightness between 45 and 90 % of white, from the darkest twentieth of a face to its lightest; what is darker or lighter
 * around it is cut off there.
 *
 * @param rgb red, green and blue of each pixel
 * @param isFace whether a pixel belongs to the face; if none does, all count
 */
export function greyOf(rgb: Uint8Array, isFace: (pixel: number) => boolean = () => true): Float32Array {
  const light = Float32Array.from(
    { length: rgb.length / 3 },
    (_, k) => 0.299 * rgb[3 * k]! + 0.587 * rgb[3 * k + 1]! + 0.114 * rgb[3 * k + 2]!,
  )
  const own = light.filter((_, k) => isFace(k))
  const sorted = (own.length > 0 ? own : light.slice()).sort()
  const low = sorted[Math.floor(0.05 * sorted.length)]!
  const high = Math.max(low + 1, sorted[Math.floor(0.95 * sorted.length)]!)
  return light.map((value) => 255 * (0.45 + 0.45 * Math.min(1, Math.max(0, (value - low) / (high - low)))))
}

/** Between stops, in OKLab (Ottosson 2020), where equal steps look equal. */
function mixed(side: readonly Rgb[], amount: number): Rgb {
  const at = amount * (side.length - 1)
  const k = Math.min(side.length - 2, Math.floor(at))
  const [a, b] = [toLab(side[k]!), toLab(side[k + 1]!)]
  return toRgb(a.map((value, c) => value + (at - k) * (b[c]! - value)) as unknown as Rgb)
}

/** OKLab's lightness, and how red and how yellow: of red, green and blue from 0 to 255. */
export function toLab(rgb: Rgb): Rgb {
  const [r, g, b] = rgb.map((value) => {
    const x = value / 255
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function toRgb([L, a, b]: Rgb): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((x) =>
    Math.round(255 * Math.min(1, Math.max(0, x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055))),
  ) as unknown as Rgb
}
