import { readAaf } from './aaf.ts'
import type { Dataset } from './dataset.ts'
import { readSynthetic } from './synthetic/read.ts'

/** The data sets that regard can read, by the name that plans and command lines use. */
export type DatasetKind = 'aaf' | 'synthetic'

// A new data set is one file and one line here.
const readers: Record<DatasetKind, (root: string) => Dataset> = {
  aaf: readAaf,
  synthetic: readSynthetic,
}

/** Every kind, for messages. */
export const DATASET_KINDS = Object.keys(readers) as DatasetKind[]

/**
 * Read the labels of a data set. Its photos are read later, when they are prepared.
 *
 * @param root the folder of the data set
 * @throws UserError naming the file and line that are not as they should be
 */
export function readDataset(kind: DatasetKind, root: string): Dataset {
  return readers[kind](root)
}
