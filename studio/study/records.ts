/** Files of a study, an atlas and a check, as far as the page reads them. */

/** `study.json`. */
export interface StudyFile {
  readonly name: string
  readonly version: string
  readonly dataset: { readonly kind: string; readonly faces: number; readonly subjects: number }
  readonly folds: { readonly count: number; readonly test: readonly number[] }
  readonly runs: readonly StoredRun[]
  /** The hash of each run's configuration; older studies lack it. */
  readonly configs?: Readonly<Record<string, string>>
}

/** `config.json` of a run. */
export interface ConfigFile {
  readonly hash: string
}

export interface StoredRun {
  readonly task: string
  readonly network: string
  readonly letter: string
  readonly setting: string
  readonly fold: number
}

/** `result.json` of a run. Rows are true classes, columns answers. */
export interface ResultFile {
  readonly iterations: number
  readonly tests: Readonly<Record<string, TestFile>>
}

export interface TestFile {
  readonly confusion: readonly (readonly number[])[]
  readonly errors?: { readonly n: number; readonly sum: number }
}

/** `profile.json` of a run. */
export interface ProfileFile {
  readonly parts: readonly string[]
  readonly grid: readonly [rows: number, columns: number]
  readonly faces: readonly ProfiledFace[]
  readonly averages: readonly {
    readonly class: number
    readonly faces: number
    readonly map: readonly number[]
  }[]
}

export interface ProfiledFace {
  readonly truth: number | null
  readonly answer: number
  readonly groups: readonly string[]
  readonly parts:
    | readonly { readonly positive: number; readonly negative: number; readonly area: number }[]
    | null
}

/** `atlas.json`. */
export interface AtlasFile {
  readonly data: string
  readonly model: string
  readonly task: string
  readonly by: string
  readonly faces: number
  readonly classes: readonly AtlasClass[]
}

export interface AtlasClass {
  readonly name: string
  readonly faces: number
  readonly whole: boolean
  readonly clusters: readonly AtlasCluster[]
}

interface AtlasCluster {
  readonly number: number
  readonly faces: readonly string[]
  readonly people: number
  readonly silhouette: number
  /** Groups of which it has more than chance would bring. */
  readonly told: readonly string[]
  readonly composition: readonly {
    readonly group: string
    readonly share: number
    readonly rest: number | null
    readonly p: number | null
  }[]
}

/** `findings.json`. */
export interface CheckFile {
  readonly kind: string
  readonly faces: number
  readonly subjects: number
  readonly findings: readonly FindingFile[]
}

export interface FindingFile {
  readonly check: string
  readonly severity: 'serious' | 'doubtful' | 'note'
  readonly title: string
  readonly advice: string
  /** Whether its cases are pairs that can be marked. */
  readonly pairs?: true
  readonly count: number
  readonly cases: readonly { readonly faces: readonly string[]; readonly detail: string }[]
}
