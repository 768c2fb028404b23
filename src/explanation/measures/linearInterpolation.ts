import type { TensorOf } from '../../graph/types.ts'
import type { FadingPicture } from './fills.ts'
import { type Level, levelsOf, roughlySolved, WAYS } from './multigrid.ts'

/** What a neighbour counts: 1/6 beside, above and below, 1/12 at the corners. */
const [BESIDE, CORNER] = [1 / 6, 1 / 12]

/** The last change that is made, at most, as a share of a channel's deviation: less is left then. The noise is three times that. */
const EXACTNESS = 3e-3

/** The most steps towards the solution; it takes about ten. */
const MOST = 100

/**
 * Noisy linear imputation: each pixel that is gone is the weighted mean of its eight neighbours, gone or not, and has a
 * little noise. All of these equations hold together: a sparse linear system. Of a neighbour that would lie outside the
 * picture the weight is left out, and the others add up to 1. Of a picture of which nothing is left, every pixel is the
 * mean of its channel: the equations leave it open.
 *
 * Rong, Leemann, Borisov, Kasneci and Kasneci 2022, *A Consistent and Efficient Evaluation Strategy for Attribution Methods* (ROAD),
 * “Noisy Linear Imputation”.
 *
 * Σ_j w_ij (x_i − x_j) = 0 is symmetric and positive definite in the x that are gone, so conjugate gradients solve it
 * (Hestenes and Stiefel 1952, section 3), preconditioned by `multigrid.ts` and from what was there last: few pixels change at a
 * time.
 *
 * @param picture [1, channels, height, width]
 * @param noise as many numbers: what is added to each where it is gone
 */
export function interpolating({ shape, data }: TensorOf<'float32'>, noise: Float32Array): FadingPicture {
  const [, , height, width] = shape as [number, number, number, number]
  const area = width * height
  const grid = new Grid(width, height)
  const planes = Array.from(
    { length: data.length / area },
    (_, channel) => new Plane(grid, data.subarray(channel * area, (channel + 1) * area)),
  )
  const own = data.slice()
  return {
    data: own,
    replace(pixels) {
      grid.remove(pixels)
      planes.forEach((plane, channel) => {
        plane.solve()
        const from = channel * area
        grid.forEachGone((pixel, place) => {
          own[from + pixel] = plane.values[place]! + noise[from + pixel]!
        })
      })
    },
  }
}

/** Which pixels are gone, with a border around them, so that each has eight neighbours. */
class Grid {
  readonly width: number
  readonly height: number
  /** From a place to the one below. */
  readonly side: number
  readonly size: number
  /** Of each place, what the neighbours that it has in the picture count together; 0 on the border. */
  readonly weights: Float64Array
  /** 1 where a pixel is gone. */
  private readonly gone: Float64Array
  private count = 0
  /** The equations of the pixels that are gone, and coarser ones. */
  levels: readonly Level[] = []

  /** The weighted sum of the neighbours of a place. */
  private readonly around: (values: Float64Array, place: number) => number

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    const side = width + 2
    this.side = side
    this.around = (values, place) => {
      const [above, below] = [place - side, place + side]
      return (
        BESIDE * (values[place - 1]! + values[place + 1]! + values[above]! + values[below]!) +
        CORNER * (values[above - 1]! + values[above + 1]! + values[below - 1]! + values[below + 1]!)
      )
    }
    this.size = this.side * (height + 2)
    this.gone = new Float64Array(this.size)
    const inside = new Float64Array(this.size)
    for (let pixel = 0; pixel < width * height; pixel++) inside[this.placeOf(pixel)] = 1
    this.weights = inside.map((is, place) => (is ? this.around(inside, place) : 0))
  }

  placeOf(pixel: number): number {
    return (Math.floor(pixel / this.width) + 1) * this.side + (pixel % this.width) + 1
  }

  get nothingIsLeft(): boolean {
    return this.count === this.width * this.height
  }

  remove(pixels: Uint32Array): void {
    const { gone, weights, side } = this
    for (const pixel of pixels) gone[this.placeOf(pixel)] = 1
    this.count += pixels.length
    this.levels = levelsOf({
      width: this.width,
      height: this.height,
      diagonal: weights.map((weight, place) => (gone[place] ? weight : 0)),
      neighbours: this.around,
      between: (place, way) => {
        const [right, down] = WAYS[way]!
        if (!gone[place + down * side + right]) return 0
        return right !== 0 && down !== 0 ? CORNER : BESIDE
      },
    })
  }

  forEachGone(visit: (pixel: number, place: number) => void): void {
    for (let pixel = 0; pixel < this.width * this.height; pixel++) {
      const place = this.placeOf(pixel)
      if (this.gone[place]) visit(pixel, place)
    }
  }

  /** What is missing for each pixel that is gone to be the mean of its neighbours; 0 elsewhere. */
  missing(values: Float64Array): Float64Array {
    return this.gone.map((is, place) =>
      is ? this.around(values, place) - this.weights[place]! * values[place]! : 0,
    )
  }
}

/** One channel on the grid. */
class Plane {
  private readonly grid: Grid
  /** At each place; 0 on the border. */
  readonly values: Float64Array
  private readonly mean: number
  private readonly deviation: number

  constructor(grid: Grid, plane: Float32Array) {
    this.grid = grid
    this.values = new Float64Array(grid.size)
    this.mean = plane.reduce((sum, value) => sum + value, 0) / plane.length
    const squares = plane.reduce((sum, value) => sum + (value - this.mean) ** 2, 0)
    this.deviation = Math.sqrt(squares / plane.length)
    plane.forEach((value, pixel) => {
      this.values[grid.placeOf(pixel)] = value
    })
  }

  /** Solve the equations of the pixels that are gone, from the values that stand there. */
  solve(): void {
    const { grid, values } = this
    if (grid.nothingIsLeft) {
      grid.forEachGone((_, place) => {
        values[place] = this.mean
      })
      return
    }
    const left = grid.missing(values)
    const direction = new Float64Array(grid.size)
    let last = Number.POSITIVE_INFINITY
    for (let step = 0; step < MOST; step++) {
      // About what the values lack.
      const lacking = roughlySolved(grid.levels, left)
      const isLast = largest(lacking) <= EXACTNESS * this.deviation
      const now = product(left, lacking)
      // All equations hold to the bit.
      if (now === 0) return
      const kept = now / last
      for (let place = 0; place < grid.size; place++)
        direction[place] = lacking[place]! + kept * direction[place]!
      const change = grid.levels[0]!.times(direction)
      const length = now / product(direction, change)
      for (let place = 0; place < grid.size; place++) {
        values[place]! += length * direction[place]!
        left[place]! -= length * change[place]!
      }
      if (isLast) return
      last = now
    }
  }
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

function largest(values: Float64Array): number {
  let most = 0
  for (let k = 0; k < values.length; k++) most = Math.max(most, Math.abs(values[k]!))
  return most
}
