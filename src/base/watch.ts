/** How a caller follows work that takes a while, and stops it: every long function takes this among its options. */
export interface Watch {
  /** Stops the work before its next step: the function then throws the signal's reason. */
  readonly signal?: AbortSignal
  /** Called after each step with how much of the work is done; the last call has `done` equal to `total`. */
  readonly progress?: (done: number, total: number) => void
}
