/** What a measure finds that says more than one number. */
export interface Finding {
  /** The number that counts where there can be one only. */
  readonly value: number
}
