/**
 * Measures of explanations: `regard/measures`, in Node and in a page alike.
 *
 * They have an entry point of their own because each is a file that is loaded on first use: a bundler that
 * makes a worker one file could not leave this table out of it, even where nothing uses it.
 */

export type { Completeness } from './explanation/measures/completeness.ts'
export type { EfficientParameterRandomisation } from './explanation/measures/efficientParameterRandomisation.ts'
export type { Explained } from './explanation/measures/explained.ts'
export type { Fill } from './explanation/measures/fills.ts'
export type { Finding } from './explanation/measures/finding.ts'
export type { Mask } from './explanation/measures/mask.ts'
export type { MaxSensitivity } from './explanation/measures/maxSensitivity.ts'
export type { ParameterRandomisation } from './explanation/measures/parameterRandomisation.ts'
export type { Curves, Order, Perturbation } from './explanation/measures/perturbation.ts'
export type { RandomLogit } from './explanation/measures/randomLogit.ts'
export { type Better, MEASURES, type MeasureName, type MeasureNeeds } from './explanation/measures.ts'
export { channelsFirst, networkChannelsFirst } from './explanation/methods/channelsFirst.ts'
export { loadScores } from './explanation/methods/loadPrograms.ts'
export type { ScoresOf } from './explanation/methods/program.ts'
