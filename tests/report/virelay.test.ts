import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Atlas, atlasOf } from '../../src/evaluation/atlas.ts'
import { THUMBNAIL } from '../../src/evaluation/explainedFaces.ts'
import { writeVirelay } from '../../src/report/virelay.ts'
import { plantedSplit } from '../evaluation/planted.ts'

const PYTHON = '/usr/bin/python3'
const hasH5py = spawnSync(PYTHON, ['-c', 'import h5py']).status === 0
if (!hasH5py) console.warn('SKIPPED: reading HDF5 files by h5py, for python3-h5py is not installed')

/** Everything in a file, as ViRelAy's library reads it: shapes, types, attributes, and the values of small datasets. */
const READ = `
import h5py, json, sys
found = {}
def visit(name, item):
    if isinstance(item, h5py.Dataset):
        small = item[()].tolist() if item.size < 2000 else None
        attributes = {key: (value if isinstance(value, str) else value.tolist()) for key, value in item.attrs.items()}
        found[name] = dict(shape=item.shape, type=str(item.dtype), value=small, attributes=attributes,
                           sums=item[()].reshape(item.shape[0], -1).sum(1).tolist())
with h5py.File(sys.argv[1], 'r') as file:
    file.visititems(visit)
print(json.dumps(found))
`

interface Read {
  readonly shape: number[]
  readonly type: string
  readonly value: number[]
  readonly attributes: Record<string, unknown>
  /** For each row. */
  readonly sums: number[]
}

const folder = mkdtempSync(join(tmpdir(), 'regard-virelay-'))
const explained = plantedSplit()
let atlas: Atlas

function read(name: string): Record<string, Read> {
  const { stdout, stderr } = spawnSync(PYTHON, ['-c', READ, join(folder, name)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

beforeAll(async () => {
  atlas = await atlasOf(explained, { task: 'gender' })
  await writeVirelay(folder, { ...explained, faces: withoutLabel(explained.faces) }, atlas, {
    network: 'net',
    data: 'csv:faces.csv',
    by: 'paper',
    isTruth: false,
  })
})

/** The first face has no label. */
function withoutLabel(faces: (typeof explained)['faces']) {
  return faces.map((face, k) => (k === 0 ? { ...face, truth: null } : face))
}

describe('a project of ViRelAy', () => {
  it('says where its files are, relative to itself, and names its labels', () => {
    const { project } = parse(readFileSync(join(folder, 'project.yaml'), 'utf8'))
    expect(project).toMatchObject({
      name: 'net on csv:faces.csv',
      model: 'net',
      label_map: 'label-map.json',
      dataset: { type: 'hdf5', path: 'input.h5', input_width: THUMBNAIL, input_height: THUMBNAIL },
      attributions: { attribution_strategy: 'predicted_label', sources: ['attribution.h5'] },
      analyses: [{ analysis_method: 'Spectral', sources: ['analysis.h5'] }],
    })
    const labels = JSON.parse(readFileSync(join(folder, 'label-map.json'), 'utf8'))
    expect(labels.map(({ index, name }: { index: number; name: string }) => [index, name])).toEqual([
      [0, 'm'],
      [1, 'f'],
      [2, 'without a label'],
    ])
  })

  it.runIf(hasH5py)('stores pictures from 0 to 1, channel by channel, with their labels', () => {
    const { data, label } = read('input.h5') as { data: Read; label: Read }
    expect([data.shape, data.type]).toEqual([[180, 3, THUMBNAIL, THUMBNAIL], 'float32'])
    expect(data.sums[51]).toBeCloseTo((51 / 255) * 3 * THUMBNAIL ** 2, 0)
    expect([label.type, label.value[0], label.value[1], label.value[179]]).toEqual(['uint16', 2, 1, 0])
  })

  it.runIf(hasH5py)('stores maps in the pictures’ shape, whose channels add up to the relevance', () => {
    const { attribution, label, prediction, index } = read('attribution.h5') as Record<string, Read>
    expect([attribution!.shape, attribution!.type]).toEqual([[180, 3, THUMBNAIL, THUMBNAIL], 'float32'])
    const [rows, columns] = explained.grid
    const each = THUMBNAIL ** 2 / (rows * columns)
    for (const k of [0, 77])
      expect(attribution!.sums[k]).toBeCloseTo(
        each * explained.maps[k]!.reduce((sum, value) => sum + value, 0),
        1,
      )
    expect([label!.value[0], label!.value[179]]).toEqual([1, 0])
    const [m, f] = prediction!.value[0] as unknown as number[]
    expect([m, f].map((value) => Number(value!.toFixed(6)))).toEqual([0.1, 0.9])
    expect(index!.value).toEqual(Array.from({ length: 180 }, (_, k) => k))
  })

  it.runIf(hasH5py)(
    'stores faces, embeddings and clusters of each class, under names that all classes share',
    () => {
      const found = read('analysis.h5')
      for (const { name, faces, cluster, clusters, plane, spectrum } of atlas.classes) {
        const own = (path: string) => found[`${name}/${path}`]!
        expect([own('index').type, own('index').value]).toEqual(['uint32', faces])
        const { values } = spectrum
        expect(own('embedding/spectral').shape).toEqual([faces.length, values.length])
        for (const [k, value] of (own('embedding/spectral').attributes.eigenvalue as number[]).entries())
          expect(value).toBeCloseTo(values[k]!, 6)
        expect(own('embedding/umap').sums[7]).toBeCloseTo(plane[7]![0] + plane[7]![1], 4)
        const kmeans = own(`cluster/kmeans-0${clusters.length}`)
        expect(kmeans.value).toEqual(cluster)
        expect(kmeans.attributes).toEqual({ embedding: 'spectral', k: clusters.length, index: [0, 1] })
      }
      const names = atlas.classes.map(({ name }) =>
        Object.keys(found)
          .filter((path) => path.startsWith(`${name}/`))
          .map((path) => path.slice(name.length)),
      )
      expect(names[0]).toEqual(names[1])
    },
  )
})
