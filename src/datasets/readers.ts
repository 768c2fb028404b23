import { readAaf } from './aaf.ts'
import { readAdience } from './adience.ts'
import { readCsv } from './csv.ts'
import type { Dataset } from './dataset.ts'
import { readFairface } from './fairface.ts'
import { readFolder } from './folder.ts'
import { readImdbWiki } from './imdbWiki.ts'
import { readSynthetic } from './synthetic/read.ts'
import { readUtkface } from './utkface.ts'
import { without } from './without.ts'

/** The data sets that regard can read, by the name that plans and command lines use. */
export type DatasetKind =
  | 'aaf'
  | 'adience'
  | 'csv'
  | 'fairface'
  | 'folder'
  | 'imdb-wiki'
  | 'synthetic'
  | 'utkface'

/** What a reader can be told besides the folder. */
export interface ReaderOptions {
  /** Only for `adience`: keep the ages of the 72 rows that the published lists lose to a typing error. */
  readonly repairLabels?: boolean
  /** A table of faces that are left out: see {@link without}. */
  readonly without?: string
}

// A new data set is one file and one line here.
const readers: Record<DatasetKind, (root: string, options: ReaderOptions) => Dataset | Promise<Dataset>> = {
  aaf: readAaf,
  adience: readAdience,
  csv: readCsv,
  fairface: readFairface,
  folder: readFolder,
  'imdb-wiki': (root) => readImdbWiki(root),
  synthetic: readSynthetic,
  utkface: readUtkface,
}

/** Every kind, for messages. */
export const DATASET_KINDS = Object.keys(readers) as DatasetKind[]

/**
 * Read the labels of a data set. Its photos are read later, when they are prepared.
 *
 * @param root the folder of the data set, or for `csv` the table
 * @throws UserError naming what is missing, or when no face can be used, or a face to be left out does not exist
 */
export async function readDataset(
  kind: DatasetKind,
  root: string,
  options: ReaderOptions = {},
): Promise<Dataset> {
  const dataset = await readers[kind](root, options)
  return options.without === undefined ? dataset : without(dataset, options.without)
}
