import type { TensorOf } from '../../graph/types.ts'
import type { FadingPicture } from './fills.ts'
import { Level } from './multigrid.ts'

/** The weight of a neighbour: 1/6 beside, above and below, 1/12 at the corners. */
const [BESIDE, CORNER] = [1 / 6, 1 / 12]

/**
 * The size of the last change, at most, as a share of a channel's standard deviation: the remaining error is smaller,
 * usually a tenth of it. The noise is three times as large.
 */
const EXACTNESS = 3e-3

/** The most steps towards the solution; it takes about three. */
const MOST = 100

/**
 * Noisy linear imputation: each missing pixel is the weighted mean of its eight neighbours, missing or not, plus a
 * little noise. Together these equations form a sparse linear system. The weight of a neighbour outside the picture is
 * dropped, and the others add up to 1. Where no pixel is left, every one is the mean of its channel, as the equations
 * do not determine it.
 *
 * Rong, Leemann, Borisov, Kasneci and Kasneci 2022, *A Consistent and Efficient Evaluation Strategy for Attribution Methods* (ROAD),
 * “Noisy Linear Imputation”.
 *
 * Multigrid solves them (`multigrid.ts`), starting from the last solution: few pixels change at a time.
 *
 * @param picture [1, channels, height, width]
 * @param noise as many numbers: what is added to each missing pixel
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
          own[from + pixel] = plane.mean + plane.values[place]! + noise[from + pixel]!
        })
      })
    },
  }
}

/** Which pixels are missing, with a border around them, so that each has eight neighbours. */
class Grid {
  /** The equations of the missing pixels, and coarser ones. */
  readonly level: Level
  /** For each place, the sum of the weights of its neighbours in the picture. */
  readonly weights: Float64Array
  private readonly width: number
  private readonly height: number
  private left: number

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.left = width * height
    this.level = new Level(width, height)
    const { side, system } = this.level
    const inside = new Float64Array(system.own.length)
    for (let pixel = 0; pixel < this.left; pixel++) inside[this.placeOf(pixel)] = 1
    this.weights = inside.map((is, place) => {
      if (!is) return 0
      const [upper, lower] = [place - side, place + side]
      return (
        BESIDE * (inside[place - 1]! + inside[place + 1]! + inside[upper]! + inside[lower]!) +
        CORNER * (inside[upper - 1]! + inside[upper + 1]! + inside[lower - 1]! + inside[lower + 1]!)
      )
    })
  }

  placeOf(pixel: number): number {
    return this.level.placeAt(pixel % this.width, Math.floor(pixel / this.width))
  }

  get nothingIsLeft(): boolean {
    return this.left === 0
  }

  remove(pixels: Uint32Array): void {
    const { side, system } = this.level
    const { own, right, below, falling, rising } = system
    const beside = (place: number) => (own[place] === 0 ? 0 : BESIDE)
    const corner = (place: number) => (own[place] === 0 ? 0 : CORNER)
    for (const pixel of pixels) {
      const place = this.placeOf(pixel)
      const [upper, lower] = [place - side, place + side]
      own[place] = this.weights[place]!
      right[place] = beside(place + 1)
      right[place - 1] = beside(place - 1)
      below[place] = beside(lower)
      below[upper] = beside(upper)
      falling[place] = corner(lower + 1)
      falling[upper - 1] = corner(upper - 1)
      rising[upper] = corner(upper + 1)
      rising[place - 1] = corner(lower - 1)
    }
    this.left -= pixels.length
    this.level.update()
  }

  forEachGone(visit: (pixel: number, place: number) => void): void {
    const { own } = this.level.system
    for (let y = 0, pixel = 0; y < this.height; y++) {
      let place = this.level.placeAt(0, y)
      for (const end = place + this.width; place < end; place++, pixel++)
        if (own[place] !== 0) visit(pixel, place)
    }
  }
}

/**
 * One channel on the grid.
 *
 * The mean of the neighbours is written out where it is needed: calling a function for each place would double the
 * time.
 */
class Plane {
  private readonly grid: Grid
  readonly mean: number
  /** The value of each place minus the mean, so that rounding is small beside the deviation; 0 on the border. */
  readonly values: Float64Array
  private readonly deviation: number

  constructor(grid: Grid, plane: Float32Array) {
    this.grid = grid
    this.values = new Float64Array(grid.weights.length)
    this.mean = plane.reduce((sum, value) => sum + value, 0) / plane.length
    const squares = plane.reduce((sum, value) => sum + (value - this.mean) ** 2, 0)
    this.deviation = Math.sqrt(squares / plane.length)
    plane.forEach((value, pixel) => {
      this.values[grid.placeOf(pixel)] = value - this.mean
    })
  }

  /** Solve the equations of the missing pixels, starting from the present values. */
  solve(): void {
    const { grid, values } = this
    const { level } = grid
    if (grid.nothingIsLeft) {
      values.fill(0)
      return
    }
    this.sweep()
    for (let step = 0; step < MOST; step++) {
      this.rest()
      const corrected = level.correct(values, level.lacking)
      const swept = this.sweep()
      if (Math.max(corrected, swept) <= EXACTNESS * this.deviation) return
    }
    throw new Error(`the interpolation of pixels has not converged after ${MOST} steps`)
  }

  /** The difference of each missing pixel from the mean of its neighbours. */
  private rest(): void {
    const { values } = this
    const { weights, level } = this.grid
    const { side, places, lacking, rests } = level
    for (let k = 0; k < lacking; k++) {
      const place = places[k]!
      const upper = place - side
      const lower = place + side
      rests[k] =
        BESIDE * (values[place - 1]! + values[place + 1]! + values[upper]! + values[lower]!) +
        CORNER * (values[upper - 1]! + values[upper + 1]! + values[lower - 1]! + values[lower + 1]!) -
        weights[place]! * values[place]!
    }
  }

  /**
   * Set each missing pixel to the mean of its neighbours, one after another.
   *
   * @returns the largest change
   */
  private sweep(): number {
    const { values } = this
    const { weights, level } = this.grid
    const { side, places, count } = level
    let most = 0
    for (let k = 0; k < count; k++) {
      const place = places[k]!
      const upper = place - side
      const lower = place + side
      const sum =
        BESIDE * (values[place - 1]! + values[place + 1]! + values[upper]! + values[lower]!) +
        CORNER * (values[upper - 1]! + values[upper + 1]! + values[lower - 1]! + values[lower + 1]!)
      const mean = sum / weights[place]!
      const change = Math.abs(mean - values[place]!)
      if (change > most) most = change
      values[place] = mean
    }
    return most
  }
}
