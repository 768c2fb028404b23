/** How a caller follows and stops long work: every long-running function takes these among its options. */
export interface Watch {
  /** Stops the work before its next step: the function then throws the signal's reason. */
  readonly signal?: AbortSignal
  /** Called after each step with how much of the work is done; the last call has `done` equal to `total`. */
  readonly progress?: (done: number, total: number) => void
}
