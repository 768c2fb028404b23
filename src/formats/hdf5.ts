/** Writes HDF5 files, with h5wasm: numbers in datasets, which slashes in their names put into groups. */

import type { Dataset, File, Group } from 'h5wasm'

/** Numbers in a file. */
export interface Hdf5Dataset {
  readonly type: keyof typeof ARRAYS
  /** At least one axis, and at least one row along the first. */
  readonly shape: readonly [number, ...number[]]
  /** The numbers of one row along the first axis: as many as the product of the other dimensions. */
  readonly row: (k: number) => ArrayLike<number>
  readonly attributes?: Readonly<Record<string, Hdf5Attribute>>
}

/** A string, an integer, or a list of numbers. */
type Hdf5Attribute = string | number | Float32Array | Uint32Array

const ARRAYS = { float32: Float32Array, uint16: Uint16Array, uint32: Uint32Array }

/** How many bytes of rows are written at a time. */
const TOGETHER = 4 * 2 ** 20

/** Rows of at least this many bytes are compressed, each by itself, so that a reader can read any one alone. */
const LARGE = 1024

/** Gives each file that is being written its own name in the library's file system. */
let files = 0

/**
 * Make an HDF5 file.
 *
 * @param datasets by their paths, such as `f/embedding/umap`
 * @returns its bytes
 */
export async function hdf5Of(datasets: Readonly<Record<string, Hdf5Dataset>>): Promise<Uint8Array> {
  const h5wasm = await import('h5wasm')
  const { FS, activate_throwing_error_handler } = await h5wasm.ready
  activate_throwing_error_handler()
  // The library only writes files; its file system is in memory.
  const name = `${files++}.h5`
  const file = new h5wasm.File(name, 'w')
  try {
    try {
      for (const [path, dataset] of Object.entries(datasets)) add(file, path, dataset)
    } finally {
      file.close()
    }
    return FS.readFile(name)
  } finally {
    FS.unlink(name)
  }
}

function add(file: File, path: string, { type, shape, row, attributes = {} }: Hdf5Dataset): void {
  const steps = path.split('/')
  const name = steps.pop()!
  let group: Group = file
  for (const step of steps) group = (group.get(step) as Group | null) ?? group.create_group(step)
  const [rows, ...sides] = shape
  const width = sides.reduce((product, side) => product * side, 1)
  const bytes = width * ARRAYS[type].BYTES_PER_ELEMENT
  const step = Math.min(rows, Math.max(1, Math.floor(TOGETHER / bytes)))
  const slab = (from: number, to: number) => {
    const data = new ARRAYS[type]((to - from) * width)
    for (let k = from; k < to; k++) data.set(row(k), (k - from) * width)
    return data
  }
  // The library cannot create a dataset without data: the first rows create it, and it grows to take the others.
  const dataset = group.create_dataset({
    name,
    data: slab(0, step),
    shape: [step, ...sides],
    ...(step < rows && { maxshape: [rows, ...sides] }),
    ...((step < rows || bytes >= LARGE) && { chunks: [bytes >= LARGE ? 1 : step, ...sides] }),
    ...(bytes >= LARGE && { compression: 'gzip', compression_opts: 4 }),
  })
  if (step < rows) dataset.resize([rows, ...sides])
  for (let from = step; from < rows; from += step) {
    const to = Math.min(rows, from + step)
    dataset.write_slice([[from, to], ...sides.map((side): [number, number] => [0, side])], slab(from, to))
  }
  for (const [key, value] of Object.entries(attributes)) addAttribute(dataset, key, value)
}

function addAttribute(dataset: Dataset, key: string, value: Hdf5Attribute): void {
  // A string of variable length, as h5py writes them, and a 64-bit integer.
  if (typeof value === 'number') dataset.create_attribute(key, value, [], '<q')
  else dataset.create_attribute(key, value)
}
