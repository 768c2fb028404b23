/**
 * Solves equations of places and their neighbours on finer and coarser grids: an error that extends over a large area
 * takes only a few places on a coarse grid.
 *
 * Every second place of a grid, along and across, is on the next coarser one. A correction of the places between is the mean of
 * those beside them, and the equations of the coarser grid follow from that (Galerkin): a place has one there where it or a
 * place beside it has one here. Briggs, Henson and McCormick 2000, *A Multigrid Tutorial*, chapters 3 and 5.
 */

/**
 * A symmetric system on a grid: the coefficient of a place itself, minus those of its eight neighbours. There is a
 * border of 0 around the grid. The coefficients between the places of a 2 × 2 square are stored at the upper left one.
 */
interface System {
  /** The coefficient of a place itself; 0 where there is no equation. */
  readonly own: Float64Array
  /** The coefficient between the upper two. */
  readonly right: Float64Array
  /** The coefficient between the two on the left. */
  readonly below: Float64Array
  /** The coefficient between the upper left and the lower right one. */
  readonly falling: Float64Array
  /** The coefficient between the lower left and the upper right one. */
  readonly rising: Float64Array
}

/**
 * Places are solved in four turns, by whether their column and their row are odd, so that none waits for another of the same
 * turn. Those of the last turn are on the coarser grid.
 */
const TURNS = [
  [1, 1],
  [0, 1],
  [1, 0],
  [0, 0],
] as const

/**
 * Grids at least this wide or high are solved twice for each solution of the finer one; for smaller ones the calls
 * would cost too much.
 */
const TWICE = 6

/** How many sweeps the coarsest grid, at most 2 × 2 places, gets. */
const OFTEN = 8

/** A grid, and the coarser ones above it. */
export class Level {
  /** The distance in the arrays from a place to the one below it. */
  readonly side: number
  readonly system: System
  /** The places that have an equation, by their turns; the first of the array, as many as {@link count}. */
  readonly places: Int32Array
  /** For each of {@link places}, its residual. */
  readonly rests: Float64Array
  private readonly width: number
  private readonly height: number
  /** How many of {@link places} there are up to the end of each turn. */
  private readonly ends = [0, 0, 0, 0]
  /** For each of {@link places}, the upper left of the coarser grid's places around it. */
  private readonly parents: Int32Array
  private readonly wanted: Float64Array
  private readonly solution: Float64Array
  private readonly above: Level | undefined
  /** An intermediate step to the coarser system: without every second column. */
  private readonly narrow: System

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.side = width + 2
    // One more row below: the coarser grid may have places in the border.
    const size = this.side * (height + 3)
    this.system = emptySystem(size)
    this.places = new Int32Array(width * height)
    this.rests = new Float64Array(width * height)
    this.parents = new Int32Array(width * height)
    this.wanted = new Float64Array(size)
    this.solution = new Float64Array(size)
    this.above = width > 2 || height > 2 ? new Level((width >> 1) + 1, (height >> 1) + 1) : undefined
    this.narrow = emptySystem((this.above?.side ?? 0) * (height + 3))
  }

  placeAt(x: number, y: number): number {
    return (y + 1) * this.side + x + 1
  }

  /** How many places have an equation. */
  get count(): number {
    return this.ends[3]!
  }

  /** How many of them have a residual after a sweep: all except those of the last turn. */
  get lacking(): number {
    return this.ends[2]!
  }

  /** To be called after the system has changed. */
  update(): void {
    const { width, height, places, parents, ends, above, narrow } = this
    const { own } = this.system
    let count = 0
    for (let turn = 0; turn < TURNS.length; turn++) {
      const [odd, oddRow] = TURNS[turn]!
      for (let y = oddRow; y < height; y += 2)
        for (let x = odd; x < width; x += 2) {
          const place = this.placeAt(x, y)
          if (own[place] === 0) continue
          if (above) parents[count] = above.placeAt(x >> 1, y >> 1)
          places[count++] = place
        }
      ends[turn] = count
    }
    if (!above) return
    halve(this.system, narrow, above.width, height, [1, this.side], [1, above.side])
    halve(turned(narrow), turned(above.system), above.height, above.width, [above.side, 1], [above.side, 1])
    above.update()
  }

  /**
   * Correct values by the coarser grid, which makes up for the residuals. Places of the first turn are left unchanged:
   * a sweep must follow, and does not read them.
   *
   * @param count how many of {@link rests} there are; the other places have a residual of 0
   * @param times how often the coarser grid is solved
   * @returns the largest correction
   */
  correct(values: Float64Array, count: number, times = 1): number {
    const { above } = this
    if (!above) return 0
    this.gather(above.wanted, above.side, count)
    above.solve(times)
    return this.spread(above.solution, above.side, values)
  }

  /** Roughly solve for the right-hand side, starting from 0. */
  private solve(times: number): void {
    const { places, count, rests, wanted, solution, above } = this
    solution.fill(0)
    if (!above) {
      for (let k = 0; k < OFTEN; k++) this.sweep()
      return
    }
    const timesAbove = Math.max(above.width, above.height) < TWICE ? 1 : 2
    for (let k = 0; k < count; k++) rests[k] = wanted[places[k]!]!
    this.correct(solution, count, timesAbove)
    this.sweep()
    if (times === 1) return
    this.rest()
    this.correct(solution, this.lacking, timesAbove)
    this.sweep()
  }

  /** The residual: what the solution leaves of the right-hand side. */
  private rest(): void {
    const { side, places, lacking, rests, wanted, solution } = this
    const { own, right, below, falling, rising } = this.system
    for (let k = 0; k < lacking; k++) {
      const place = places[k]!
      const upper = place - side
      const lower = place + side
      rests[k] =
        wanted[place]! +
        right[place]! * solution[place + 1]! +
        right[place - 1]! * solution[place - 1]! +
        below[place]! * solution[lower]! +
        below[upper]! * solution[upper]! +
        falling[place]! * solution[lower + 1]! +
        falling[upper - 1]! * solution[upper - 1]! +
        rising[place - 1]! * solution[lower - 1]! +
        rising[upper]! * solution[upper + 1]! -
        own[place]! * solution[place]!
    }
  }

  /** Solve one equation after another (Gauss–Seidel). */
  private sweep(): void {
    const { side, places, count, wanted, solution } = this
    const { own, right, below, falling, rising } = this.system
    for (let k = 0; k < count; k++) {
      const place = places[k]!
      const upper = place - side
      const lower = place + side
      solution[place] =
        (wanted[place]! +
          right[place]! * solution[place + 1]! +
          right[place - 1]! * solution[place - 1]! +
          below[place]! * solution[lower]! +
          below[upper]! * solution[upper]! +
          falling[place]! * solution[lower + 1]! +
          falling[upper - 1]! * solution[upper - 1]! +
          rising[place - 1]! * solution[lower - 1]! +
          rising[upper]! * solution[upper + 1]!) /
        own[place]!
    }
  }

  /** Share out each place's residual among the coarser grid's places around it. */
  private gather(into: Float64Array, sideAbove: number, count: number): void {
    const { parents, rests, ends } = this
    into.fill(0)
    for (let turn = 0, k = 0; turn < TURNS.length; turn++) {
      const [odd, oddRow] = TURNS[turn]!
      const share = 1 / ((1 + odd) * (1 + oddRow))
      const below = oddRow * sideAbove
      for (const end = Math.min(count, ends[turn]!); k < end; k++) {
        const parent = parents[k]!
        const part = share * rests[k]!
        into[parent]! += part
        if (odd) into[parent + 1]! += part
        if (oddRow) into[parent + below]! += part
        if (odd && oddRow) into[parent + below + 1]! += part
      }
    }
  }

  /** Add to each value the mean of the coarser grid's places around it, except in the first turn. */
  private spread(from: Float64Array, sideAbove: number, values: Float64Array): number {
    const { places, parents, ends } = this
    let most = 0
    for (let turn = 1; turn < TURNS.length; turn++) {
      const [odd, oddRow] = TURNS[turn]!
      const next = odd + oddRow * sideAbove
      for (let k = ends[turn - 1]!; k < ends[turn]!; k++) {
        const parent = parents[k]!
        const change = (from[parent]! + from[parent + next]!) / 2
        values[places[k]!]! += change
        if (Math.abs(change) > most) most = Math.abs(change)
      }
    }
    return most
  }
}

function emptySystem(size: number): System {
  const empty = () => new Float64Array(size)
  return { own: empty(), right: empty(), below: empty(), falling: empty(), rising: empty() }
}

/** The same system with rows and columns swapped. */
function turned({ own, right, below, falling, rising }: System): System {
  return { own, right: below, below: right, falling, rising }
}

/**
 * What remains of a system without every second place of a row, where those are the mean of the two beside them.
 *
 * @param width of the result
 * @param steps from a place to the next one of its row and of its column
 * @param halfSteps the same in the result
 */
function halve(
  { own, right, below, falling, rising }: System,
  half: System,
  width: number,
  height: number,
  [along, down]: readonly [number, number],
  [halfAlong, halfDown]: readonly [number, number],
): void {
  for (let y = 1; y <= height; y++)
    for (let x = 0, at = y * down + along, to = y * halfDown + halfAlong; x < width; x++) {
      const before = at - along
      const after = at + along
      half.own[to] = own[at]! + (own[before]! + own[after]!) / 4 - right[before]! - right[at]!
      half.right[to] = (right[at]! + right[after]!) / 2 - own[after]! / 4
      half.below[to] =
        below[at]! +
        (below[before]! + below[after]!) / 4 +
        (falling[before]! + falling[at]! + rising[before]! + rising[at]!) / 2
      half.falling[to] = (falling[at]! + falling[after]!) / 2 + below[after]! / 4
      half.rising[to] = (rising[at]! + rising[after]!) / 2 + below[after]! / 4
      at += 2 * along
      to += halfAlong
    }
}
