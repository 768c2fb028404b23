/**
 * An atlas as a project of ViRelAy, a viewer of such analyses (Anders, Neumann, Samek, Müller and Lapuschkin, *Software for
 * dataset-wide XAI*, 2021): laid out as in its documentation (contributor's guide, "Project file format" and "Database
 * specification"), and where the program (version 0.6.1) reads something else, as the program reads it.
 */

import { join } from 'node:path'
import { stringify } from 'yaml'
import { writeAtomic } from '../base/files.ts'
import { type Atlas, type ClassAtlas, classOf } from '../evaluation/atlas.ts'
import { type ExplainedFaces, THUMBNAIL } from '../evaluation/explainedFaces.ts'
import { type Hdf5Dataset, hdf5Of } from '../formats/hdf5.ts'
import { spectralClusters } from '../statistics/spectralClusters.ts'

/** The names in the project. */
export interface VirelayNames {
  readonly network: string
  readonly data: string
  /** The composite or method that explained it. */
  readonly by: string
  /** Whether the classes are those that the data set gives, not the network's answers. */
  readonly isTruth: boolean
}

/** The label of a face without one. */
const UNLABELLED = 'without a label'

/**
 * Write `project.yaml`, `label-map.json`, `input.h5`, `attribution.h5` and `analysis.h5` into a folder.
 *
 * Pictures and maps are those of the atlas, {@link THUMBNAIL} pixels a side. ViRelAy expects maps of the pictures'
 * shape: each channel has a third of a pixel's relevance, so that their sum is the whole.
 */
export async function writeVirelay(
  folder: string,
  explained: ExplainedFaces,
  atlas: Atlas,
  { network, data, by, isTruth }: VirelayNames,
): Promise<void> {
  const labels = [...explained.classes, UNLABELLED].map((name, index) => ({ index, word_net_id: name, name }))
  const project = {
    name: `${network} on ${data}`,
    model: network,
    label_map: 'label-map.json',
    dataset: {
      name: data,
      type: 'hdf5',
      path: 'input.h5',
      input_width: THUMBNAIL,
      input_height: THUMBNAIL,
      up_sampling_method: 'none',
      down_sampling_method: 'none',
    },
    attributions: {
      attribution_method: by,
      attribution_strategy: isTruth ? 'true_label' : 'predicted_label',
      sources: ['attribution.h5'],
    },
    analyses: [{ analysis_method: 'Spectral', sources: ['analysis.h5'] }],
  }
  writeAtomic(join(folder, 'input.h5'), await hdf5Of(inputOf(explained)))
  writeAtomic(join(folder, 'attribution.h5'), await hdf5Of(attributionOf(explained)))
  writeAtomic(join(folder, 'analysis.h5'), await hdf5Of(analysisOf(atlas)))
  writeAtomic(join(folder, 'label-map.json'), `${JSON.stringify(labels, undefined, 2)}\n`)
  writeAtomic(join(folder, 'project.yaml'), stringify({ project }))
}

const PIXELS = THUMBNAIL ** 2

/** The pictures, as channels of values from 0 to 1, and the labels of the data set. */
function inputOf({ faces, pictures, classes }: ExplainedFaces): Record<string, Hdf5Dataset> {
  return {
    data: {
      type: 'float32',
      shape: [faces.length, 3, THUMBNAIL, THUMBNAIL],
      row(k) {
        const planes = new Float32Array(3 * PIXELS)
        for (const [place, value] of pictures[k]!.entries())
          planes[(place % 3) * PIXELS + Math.floor(place / 3)] = value / 255
        return planes
      },
    },
    label: {
      type: 'uint16',
      shape: [faces.length],
      row: (k) => [faces[k]!.truth ?? classes.length],
    },
  }
}

/** The maps, the class that each explains, and the network's answer. */
function attributionOf({ faces, maps, grid, classes }: ExplainedFaces): Record<string, Hdf5Dataset> {
  const [rows, columns] = grid
  return {
    index: { type: 'uint32', shape: [faces.length], row: (k) => [k] },
    attribution: {
      type: 'float32',
      shape: [faces.length, 3, THUMBNAIL, THUMBNAIL],
      row(k) {
        const planes = new Float32Array(3 * PIXELS)
        for (let pixel = 0; pixel < PIXELS; pixel++) {
          const row = Math.floor((Math.floor(pixel / THUMBNAIL) * rows) / THUMBNAIL)
          const column = Math.floor(((pixel % THUMBNAIL) * columns) / THUMBNAIL)
          const value = maps[k]![row * columns + column]! / 3
          for (let channel = 0; channel < 3; channel++) planes[channel * PIXELS + pixel] = value
        }
        return planes
      },
    },
    label: { type: 'uint16', shape: [faces.length], row: (k) => [classOf(faces[k]!)] },
    prediction: {
      type: 'float32',
      shape: [faces.length, classes.length],
      row(k) {
        const { answer, probability } = faces[k]!
        // With more than two classes, only the probability of the answer is kept.
        const rest = classes.length === 2 ? 1 - probability : 0
        return classes.map((_, index) => (index === answer ? probability : rest))
      },
    },
  }
}

/**
 * For each class its faces, its eigenvectors, its place in the plane, and its clusters. ViRelAy offers the first
 * class's clusterings for all classes, so each class has one for every number of clusters that any class has.
 */
function analysisOf({ classes }: Atlas): Record<string, Hdf5Dataset> {
  const counts = [...new Set(classes.map(({ clusters }) => clusters.length))].sort((a, b) => a - b)
  return Object.assign({}, ...classes.map((own) => categoryOf(own, counts)))
}

function categoryOf(
  { name, faces, cluster, clusters, plane, spectrum }: ClassAtlas,
  counts: readonly number[],
): Record<string, Hdf5Dataset> {
  const { values, vectors } = spectrum
  const n = faces.length
  return {
    [`${name}/index`]: { type: 'uint32', shape: [n], row: (k) => [faces[k]!] },
    [`${name}/embedding/spectral`]: {
      type: 'float32',
      shape: [n, vectors.length],
      row: (k) => vectors.map((vector) => vector[k]!),
      attributes: { eigenvalue: Float32Array.from(values) },
    },
    [`${name}/embedding/umap`]: { type: 'float32', shape: [n, 2], row: (k) => plane[k]! },
    ...Object.fromEntries(
      counts.map((count): [string, Hdf5Dataset] => {
        const labels =
          count === clusters.length
            ? cluster
            : spectralClusters(spectrum, count, { seed: `atlas ${name}` }).labels.map((label) => label + 1)
        return [
          `${name}/cluster/kmeans-${String(count).padStart(2, '0')}`,
          {
            type: 'uint32',
            shape: [n],
            row: (k) => [labels[k]!],
            attributes: {
              embedding: 'spectral',
              k: count,
              index: Uint32Array.from({ length: count }, (_, k) => k),
            },
          },
        ]
      }),
    ),
  }
}
