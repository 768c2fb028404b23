/** What the server sends the page about studies. */

/** What a folder can show. For the last three it is the page that their command wrote. */
export type FolderKind = 'study' | 'atlas' | 'check' | 'compare' | 'profile' | 'measure'

/** A folder with something to show. */
export interface ShownFolder {
  /** Its path below the folder that is served. */
  readonly name: string
  readonly kinds: readonly FolderKind[]
}

/** A study in the list. */
export interface StudySummary {
  /** The plan's name for it. */
  readonly title: string
  readonly runs: number
  readonly finished: number
  readonly underway: number
}

/** An item of the list. */
export interface ListedFolder extends ShownFolder {
  /** Only for studies that can be read. */
  readonly study?: StudySummary
  /** Why a study cannot be read. */
  readonly error?: string
  /** The name of the study whose network or data it is about. */
  readonly of?: string
}

/** The present state of a run. */
export interface ShownRun {
  readonly name: string
  readonly task: string
  readonly network: string
  /** The network's letter in tables. */
  readonly letter: string
  /** `r`, `i` or `m`, followed by its start after a comma: `r,s`. */
  readonly setting: string
  readonly fold: number
  /** `begun`: no process makes it at present. `failed`: it was set aside, or cannot be read. */
  readonly state: 'finished' | 'underway' | 'begun' | 'waiting' | 'failed'
  /** In words. */
  readonly detail: string
  /** The share of its own test photos that were answered right, 0 to 1; only for finished runs. */
  readonly accuracy?: number
  /** The 95 % interval of the accuracy, by Wilson's score over photos. */
  readonly interval?: readonly [low: number, high: number]
  /** The mean absolute error in years; for ages in years. */
  readonly years?: number
  /** How many iterations it will have, if known. */
  readonly iterations?: number
  /** How many faces its profile is based on, if there is one. */
  readonly profiled?: boolean
}

/** The present state of a study. */
export interface ShownStudy {
  readonly name: string
  readonly title: string
  readonly version: string
  readonly dataset: { readonly kind: string; readonly faces: number; readonly subjects: number }
  readonly folds: { readonly count: number; readonly test: readonly number[] }
  readonly runs: readonly ShownRun[]
  /** Its report, with the names of the files beside the page; absent if it is not written yet. */
  readonly report?: { readonly figures: readonly string[]; readonly tables: readonly string[] }
  /** Whether the place of its data set's photos is known. */
  readonly photos: boolean
}

/** A point of a curve: the last iteration, the mean loss, and the mean accuracy on the batches. */
export type Point = readonly [iteration: number, loss: number, accuracy: number]

/** A validation: the iteration, and the accuracy. */
export type Validation = readonly [iteration: number, accuracy: number]

/** More of a run's curves. */
export interface CurvePart {
  readonly run: string
  /** The points replace those from this index on. */
  readonly from: number
  readonly points: readonly Point[]
  readonly validationsFrom: number
  readonly validations: readonly Validation[]
}

/** Live news: the name of the event, and its data. */
export type News =
  | { readonly event: 'folders'; readonly data: readonly ListedFolder[] }
  | { readonly event: 'study'; readonly data: ShownStudy }
  /** The runs that changed. */
  | { readonly event: 'runs'; readonly data: readonly ShownRun[] }
  | { readonly event: 'curves'; readonly data: readonly CurvePart[] }
  /** Why the study cannot be read, or that it is gone. */
  | { readonly event: 'unreadable'; readonly data: string }
