/** What the server tells the page of studies. */

/** What a folder can show. Of the last three it is the page that their command wrote. */
export type FolderKind = 'study' | 'atlas' | 'check' | 'compare' | 'profile' | 'measure'

/** A folder with something to show. */
export interface ShownFolder {
  /** Its path below the folder that is served. */
  readonly name: string
  readonly kinds: readonly FolderKind[]
}

/** A study in the list. */
export interface StudySummary {
  /** As the plan names it. */
  readonly title: string
  readonly runs: number
  readonly finished: number
  readonly underway: number
}

/** An item of the list. */
export interface ListedFolder extends ShownFolder {
  /** Of studies that can be read. */
  readonly study?: StudySummary
  /** Why one cannot be. */
  readonly error?: string
  /** The study, by its name, whose network or data it is about. */
  readonly of?: string
}

/** A run, as it is now. */
export interface ShownRun {
  readonly name: string
  readonly task: string
  readonly network: string
  /** The letter that tables have for the network. */
  readonly letter: string
  /** `r`, `i`, `m`, with what it starts from behind a comma: `r,s`. */
  readonly setting: string
  readonly fold: number
  /** `begun`: nobody makes it at present. `failed`: it was set aside, or cannot be read. */
  readonly state: 'finished' | 'underway' | 'begun' | 'waiting' | 'failed'
  /** In words. */
  readonly detail: string
  /** Of its own test photos that were answered right, 0 to 1; finished runs have it. */
  readonly accuracy?: number
  /** 95 % of it, by Wilson's score over photos. */
  readonly interval?: readonly [low: number, high: number]
  /** Mean years off; of ages in years. */
  readonly years?: number
  /** How many iterations it is to have, where that is known. */
  readonly iterations?: number
  /** How many faces its profile has been made from, where there is one. */
  readonly profiled?: boolean
}

/** A study, as it is now. */
export interface ShownStudy {
  readonly name: string
  readonly title: string
  readonly version: string
  readonly dataset: { readonly kind: string; readonly faces: number; readonly subjects: number }
  readonly folds: { readonly count: number; readonly test: readonly number[] }
  readonly runs: readonly ShownRun[]
  /** Its report, with the names of the files beside the page; none where it is not written yet. */
  readonly report?: { readonly figures: readonly string[]; readonly tables: readonly string[] }
  /** Whether it is known where the photos of its data set lie. */
  readonly photos: boolean
}

/** A point of a curve: up to which iteration, the mean loss, the mean share of the batches that was right. */
export type Point = readonly [iteration: number, loss: number, accuracy: number]

/** A validation: after which iteration, the share that was right. */
export type Validation = readonly [iteration: number, accuracy: number]

/** More of a run's curves. */
export interface CurvePart {
  readonly run: string
  /** What follows stands from this place on; what was there is replaced. */
  readonly from: number
  readonly points: readonly Point[]
  readonly validationsFrom: number
  readonly validations: readonly Validation[]
}

/** What is told as it happens: the name of the event, and its data. */
export type News =
  | { readonly event: 'folders'; readonly data: readonly ListedFolder[] }
  | { readonly event: 'study'; readonly data: ShownStudy }
  /** Those that changed. */
  | { readonly event: 'runs'; readonly data: readonly ShownRun[] }
  | { readonly event: 'curves'; readonly data: readonly CurvePart[] }
  /** The study cannot be read, or is gone: why. */
  | { readonly event: 'unreadable'; readonly data: string }
