/** Labelled pictures of one size, in memory. */
export interface Pictures {
  /** Height and width in pixels. */
  readonly size: number
  /** 3 · size² bytes each, RGB interleaved. */
  readonly pixels: readonly Uint8Array[]
  /** Class indices. */
  readonly labels: readonly number[]
}

/** The mean picture: float32, planes of blue, green and red, each size × size. */
export function meanImage({ size, pixels }: Pictures): Float32Array {
  const sums = new Float64Array(3 * size * size)
  for (const picture of pixels) for (let k = 0; k < sums.length; k++) sums[k]! += picture[k]!
  const area = size * size
  return Float32Array.from(sums, (_, k) => {
    const [plane, place] = [Math.floor(k / area), k % area]
    return sums[place * 3 + 2 - plane]! / pixels.length
  })
}
