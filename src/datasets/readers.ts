import { readAaf } from './aaf.ts'
import type { Dataset } from './dataset.ts'
import { readImdbWiki } from './imdbWiki.ts'
import { readSynthetic } from './synthetic/read.ts'

/** The data sets that regard can read, by the name that plans and command lines use. */
export type DatasetKind = 'aaf' | 'imdb-wiki' | 'synthetic'

// A new data set is one file and one line here.
const readers: Record<DatasetKind, (root: string) => Dataset | Promise<Dataset>> = {
  aaf: readAaf,
  'imdb-wiki': (root) => readImdbWiki(root),
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
export async function readDataset(kind: DatasetKind, root: string): Promise<Dataset> {
  return readers[kind](root)
}
