/** The result of a measure that gives more than one number. */
export interface Finding {
  /** The main number, for where there is room for only one. */
  readonly value: number
}
