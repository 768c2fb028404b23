import { interpolation } from '../../rules/gradient/interpolation.ts'

/** A map enlarged by bilinear interpolation, the corners of its pixels on those of the picture. */
export function interpolated(
  map: Float64Array,
  [rows, columns]: readonly [number, number],
  [height, width]: readonly [number, number],
): Float32Array {
  const line = (size: number, outputs: number) =>
    interpolation({ size, outputs, scale: outputs / size, coordinates: 'half_pixel', kind: 'linear' })!
  const [down, across] = [line(rows, height), line(columns, width)]
  const wide = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < width; x++) {
      wide[row * width + x] = across[x]!.reduce((sum, weight, k) => sum + weight * map[row * columns + k]!, 0)
    }
  }
  const result = new Float32Array(height * width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      result[y * width + x] = down[y]!.reduce((sum, weight, k) => sum + weight * wide[k * width + x]!, 0)
    }
  }
  return result
}
