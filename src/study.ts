/** What needs Node: data sets, photos in bulk, whole trainings, studies and reports: `regard/study`. */

/* Data sets. */
export { type Checked, type CheckOptions, checkDataset } from './datasets/check/check.ts'
export type { Case, Finding, Severity } from './datasets/check/finding.ts'
export type { Dataset, Face } from './datasets/dataset.ts'
export { type DatasetKind, type ReaderOptions, readDataset } from './datasets/readers.ts'

/* What a model says of photos. */
export {
  type AgeAnswer,
  type ClassAnswer,
  type NumberAnswer,
  type PredictedFace,
  type PredictedPhoto,
  type PredictOptions,
  predict,
} from './evaluation/predict.ts'

/* Studies and their reports. */
export { readStudy, type Study } from './report/cells.ts'
export { writeReport } from './report/report.ts'
export { type Plan, readPlan } from './study/plan.ts'
export { runStudy } from './study/run.ts'
export { formatSetting, parseSetting, type Setting } from './study/setting.ts'
