/**
 * Equations of pixels and their neighbours, solved roughly, near and far: each level has the equations of squares of 2 × 2
 * places of the one below, added up, so that what is wrong over a large area is a matter of few places somewhere.
 *
 * A V-cycle of unsmoothed aggregation: Braess 1995, *Towards algebraic multigrid for elliptic problems of second order*, Computing 55,
 * with its factor for what comes from above. It is symmetric, as a preconditioner of conjugate gradients has to be.
 */

/**
 * A symmetric system on a grid with a border of one place: what a place has of itself, less what it has of its neighbours.
 * Values are 0 wherever there is no equation.
 */
export interface System {
  readonly width: number
  readonly height: number
  /** What each place has of itself; 0 at places that have no equation. */
  readonly diagonal: Float64Array
  /** What the neighbours of a place add to it. */
  readonly neighbours: (values: Float64Array, place: number) => number
  /** What two neighbours have of each other: a place and, by {@link WAYS}, the one to the east and so on. */
  readonly between: (place: number, way: number) => number
}

/** The four ways from a place to neighbours, steps to the right and down; the other four lead back. */
export const WAYS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [-1, 1],
] as const

/** By how much a correction from a coarser level is stretched: it is too small where squares have one value each. */
const STRETCH = 1.8

/** The equations, and those of coarser grids up to a single place. */
export function levelsOf(system: System): Level[] {
  const levels = [new Level(system)]
  for (let last = levels[0]!; last.width * last.height > 1; last = levels.at(-1)!) levels.push(last.coarser())
  return levels
}

/** About the solution: one V-cycle from zero. The result is used again by the next call. */
export function roughlySolved(levels: readonly Level[], wanted: Float64Array, depth = 0): Float64Array {
  const level = levels[depth]!
  const { solution } = level
  solution.fill(0)
  level.sweep(wanted, 1)
  const above = levels[depth + 1]
  if (above) {
    level.gather(level.rest(wanted), above.wanted, above.side)
    level.spread(roughlySolved(levels, above.wanted, depth + 1), above.side)
  }
  level.sweep(wanted, -1)
  return solution
}

/** One grid. */
export class Level {
  readonly width: number
  readonly height: number
  readonly side: number
  readonly wanted: Float64Array
  readonly solution: Float64Array
  private readonly system: System
  private readonly scratch: Float64Array

  constructor(system: System) {
    this.system = system
    this.width = system.width
    this.height = system.height
    this.side = system.width + 2
    this.wanted = new Float64Array(system.diagonal.length)
    this.solution = new Float64Array(system.diagonal.length)
    this.scratch = new Float64Array(system.diagonal.length)
  }

  /** The system times some values. The result is used again by the next call. */
  times(values: Float64Array): Float64Array {
    const { side, scratch } = this
    const { diagonal, neighbours } = this.system
    for (let place = side; place < diagonal.length - side; place++) {
      const own = diagonal[place]!
      scratch[place] = own === 0 ? 0 : own * values[place]! - neighbours(values, place)
    }
    return scratch
  }

  /** What the solution so far leaves of what is wanted. */
  rest(wanted: Float64Array): Float64Array {
    const rest = this.times(this.solution)
    for (let place = 0; place < rest.length; place++) rest[place] = wanted[place]! - rest[place]!
    return rest
  }

  /** Solve one equation after the other (Gauss and Seidel), forwards or backwards. */
  sweep(wanted: Float64Array, way: 1 | -1): void {
    const { side, solution } = this
    const { diagonal, neighbours } = this.system
    const [low, high] = [side, diagonal.length - side - 1]
    for (let place = way > 0 ? low : high; place >= low && place <= high; place += way) {
      const own = diagonal[place]!
      if (own !== 0) solution[place] = (wanted[place]! + neighbours(solution, place)) / own
    }
  }

  /** Add up values over squares of 2 × 2 places. */
  gather(values: Float64Array, into: Float64Array, sideAbove: number): void {
    into.fill(0)
    for (let y = 0; y < this.height; y++)
      for (let x = 0; x < this.width; x++)
        into[placeAt(x >> 1, y >> 1, sideAbove)]! += values[placeAt(x, y, this.side)]!
  }

  /** Add a correction of squares of 2 × 2 places to the solution. */
  spread(values: Float64Array, sideAbove: number): void {
    const { diagonal } = this.system
    for (let y = 0; y < this.height; y++)
      for (let x = 0; x < this.width; x++) {
        const place = placeAt(x, y, this.side)
        if (diagonal[place] !== 0)
          this.solution[place]! += STRETCH * values[placeAt(x >> 1, y >> 1, sideAbove)]!
      }
  }

  /** The level above, with a place for each square of 2 × 2. */
  coarser(): Level {
    const { diagonal, between } = this.system
    const [width, height] = [(this.width + 1) >> 1, (this.height + 1) >> 1]
    const side = width + 2
    const empty = () => new Float64Array(side * (height + 2))
    const sums = empty()
    const weights = WAYS.map(empty) as [Float64Array, Float64Array, Float64Array, Float64Array]
    for (let y = 0; y < this.height; y++)
      for (let x = 0; x < this.width; x++) {
        const place = placeAt(x, y, this.side)
        if (diagonal[place] === 0) continue
        const own = placeAt(x >> 1, y >> 1, side)
        sums[own]! += diagonal[place]!
        for (let way = 0; way < WAYS.length; way++) {
          const weight = between(place, way)
          if (weight === 0) continue
          const right = ((x + WAYS[way]![0]) >> 1) - (x >> 1)
          const down = ((y + WAYS[way]![1]) >> 1) - (y >> 1)
          // Inside a square, both equations lose it.
          if (right === 0 && down === 0) sums[own]! -= 2 * weight
          else if (down === 0) weights[0][right > 0 ? own : own - 1]! += weight
          else weights[right === 0 ? 1 : right > 0 ? 2 : 3][own]! += weight
        }
      }
    // What rounding leaves of equal sums is no equation.
    for (let place = 0; place < sums.length; place++) if (sums[place]! < 1e-9) sums[place] = 0
    return new Level({ width, height, diagonal: sums, ...weighted(weights, side) })
  }
}

/** Neighbours by weights for each place and way. */
function weighted(
  weights: readonly [Float64Array, Float64Array, Float64Array, Float64Array],
  side: number,
): Pick<System, 'neighbours' | 'between'> {
  const [east, south, southEast, southWest] = weights
  return {
    neighbours: (values, place) => {
      const [above, below] = [place - side, place + side]
      return (
        east[place]! * values[place + 1]! +
        east[place - 1]! * values[place - 1]! +
        south[place]! * values[below]! +
        south[above]! * values[above]! +
        southEast[place]! * values[below + 1]! +
        southEast[above - 1]! * values[above - 1]! +
        southWest[place]! * values[below - 1]! +
        southWest[above + 1]! * values[above + 1]!
      )
    },
    between: (place, way) => weights[way]![place]!,
  }
}

function placeAt(x: number, y: number, side: number): number {
  return (y + 1) * side + x + 1
}
