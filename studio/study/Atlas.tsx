import { useState } from 'react'
import { Choice } from './Choice.tsx'
import { Cloud, type Dot } from './Cloud.tsx'
import { Faces } from './Faces.tsx'
import type { AtlasClass, AtlasFile } from './records.ts'
import { folderSource, jsonOf, textOf } from './source.ts'
import { useRead } from './useRead.ts'
import { colourOf, counted, percent } from './words.ts'

/** Faces that a network explains alike, from the folder that `regard atlas` wrote. */
export function Atlas({ folders }: { readonly folders: readonly string[] }) {
  const [chosen, setChosen] = useState(folders[0])
  const folder = folders.find((each) => each === chosen) ?? folders[0]
  const { value, error } = useRead(folder, () => readAtlas(folder!))
  if (!folder) {
    return (
      <p>
        No atlas of this study’s networks is here. Write one:{' '}
        <code>npx regard atlas FOLDER/runs/RUN/model.onnx --data KIND:PATH --out out/atlas</code>
      </p>
    )
  }
  return (
    <>
      {folders.length > 1 && (
        <label className="field study-run">
          Atlas
          <select className="select" value={folder} onChange={({ target }) => setChosen(target.value)}>
            {folders.map((each) => (
              <option key={each} value={each}>
                {each.replace(/^disk:/, '')}
              </option>
            ))}
          </select>
        </label>
      )}
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      {value && <OneAtlas key={folder} folder={folder} {...value} />}
    </>
  )
}

interface Point extends Dot {
  readonly face: string
  readonly of: string
  readonly answer: string
  readonly label: string
}

interface OneAtlasProps {
  readonly folder: string
  readonly atlas: AtlasFile
  readonly points: readonly Point[]
}

async function readAtlas(folder: string): Promise<Omit<OneAtlasProps, 'folder'>> {
  const source = folderSource(folder)
  const [{ parse }, atlas, text] = await Promise.all([
    import('csv-parse/browser/esm/sync'),
    jsonOf<AtlasFile>(source, 'atlas.json'),
    textOf(source, 'atlas.csv'),
  ])
  const rows = parse(text, { columns: true }) as Record<string, string>[]
  const points = rows.map((row) => ({
    face: row.face!,
    of: row.class!,
    cluster: Number(row.cluster),
    x: Number(row.x),
    y: Number(row.y),
    answer: row.answer!,
    label: row.label!,
  }))
  return { atlas, points }
}

function OneAtlas({ folder, atlas, points }: OneAtlasProps) {
  const [name, setName] = useState(atlas.classes[0]?.name)
  const own = atlas.classes.find((each) => each.name === name)
  if (!own) return <p>No class of the atlas has enough faces.</p>
  return (
    <>
      <p className="faint small">
        {counted(atlas.faces, 'face')} of {atlas.data}, {atlas.task}, by the network {networkOf(atlas.model)},
        explained by {atlas.by}. Faces whose maps have the same pattern lie together (UMAP); neither axes nor
        the size of gaps mean anything.
      </p>
      {atlas.classes.length > 1 && (
        <Choice
          name="Class"
          options={atlas.classes.map((each) => [each.name, `${each.name} (${each.faces})`] as const)}
          value={name}
          choose={setName}
        />
      )}
      <ClassView
        key={own.name}
        folder={folder}
        own={own}
        points={points.filter(({ of }) => of === own.name)}
      />
    </>
  )
}

/** A network by its file, or by the folder of its run. */
function networkOf(model: string): string {
  const [folder = '', file] = model.split(/[\\/]/).slice(-2)
  return file === 'model.onnx' ? folder : (file ?? folder)
}

interface ClassViewProps {
  readonly folder: string
  readonly own: AtlasClass
  readonly points: readonly Point[]
}

function ClassView({ folder, own, points }: ClassViewProps) {
  const [selected, setSelected] = useState<{ readonly title: string; readonly faces: readonly Point[] }>()
  const source = folderSource(folder)
  const byFace = new Map(points.map((point) => [point.face, point]))
  return (
    <>
      <div className="study-atlas">
        <Cloud
          dots={points}
          name={`Faces of class ${own.name} in ${counted(own.clusters.length, 'cluster')}`}
          selected={new Set(selected?.faces)}
          select={(dots) =>
            setSelected(
              dots.length > 0
                ? { title: `Brushed: ${counted(dots.length, 'face')}`, faces: dots as Point[] }
                : undefined,
            )
          }
        />
        <ul className="study-clusters">
          {own.clusters.map((cluster) => (
            <li key={cluster.number}>
              <button
                type="button"
                className="button plain"
                onClick={() =>
                  setSelected({
                    title: `Cluster ${cluster.number}, the most typical first`,
                    faces: cluster.faces.flatMap((face) => byFace.get(face) ?? []),
                  })
                }
              >
                <span className="study-swatch" style={{ color: colourOf(cluster.number - 1) }} />
                Cluster {cluster.number}: {counted(cluster.faces.length, 'face')}
              </button>
              <p className="tiny faint">{toldOf(cluster)}</p>
            </li>
          ))}
          {own.whole && (
            <li className="tiny faint">The class has no clear clusters: these are parts of one continuum.</li>
          )}
        </ul>
      </div>
      {selected && (
        <section className="study-behind" aria-label={selected.title}>
          <h3>{selected.title}</h3>
          <Faces
            key={selected.title}
            wide
            faces={selected.faces.map(({ face, answer, label }) => ({
              id: face,
              url: source.face(face),
              caption: label === '' || label === answer ? answer : `${answer}, label ${label}`,
            }))}
          />
        </section>
      )}
    </>
  )
}

/** The groups that a cluster has more of than chance would bring. */
function toldOf({ told, composition }: AtlasClass['clusters'][number]): string {
  if (told.length === 0) return 'no group is more frequent than by chance'
  return told
    .map((group) => {
      const { share, rest } = composition.find((each) => each.group === group)!
      return `${group}: ${percent(share)}${rest === null ? '' : ` against ${percent(rest)}`}`
    })
    .join('; ')
}
