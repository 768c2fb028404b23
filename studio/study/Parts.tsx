import { useEffect, useRef, useState } from 'react'
import { CLASSES } from '../../src/datasets/task.ts'
import type { ShownStudy } from '../../src/server/messages.ts'
import { coloured } from '../look/colours.ts'
import { partInWords } from '../look/words.ts'
import { Choice } from './Choice.tsx'
import { classesOf } from './predictions.ts'
import { RunChoice } from './RunChoice.tsx'
import type { ProfiledFace, ProfileFile } from './records.ts'
import { jsonOf, type Source } from './source.ts'
import { useRead } from './useRead.ts'
import { counted, percent } from './words.ts'

interface PartsProps {
  readonly study: ShownStudy
  readonly source: Source
}

/** What a run's network looks at, part by part. */
export function Parts({ study, source }: PartsProps) {
  const profiled = study.runs.filter((run) => run.profiled)
  const [chosen, setChosen] = useState(profiled[0]?.name)
  const run = profiled.find(({ name }) => name === chosen) ?? profiled[0]
  const { value, error } = useRead(run && `${study.name} ${run.name}`, async () => ({
    profile: await jsonOf<ProfileFile>(source, `runs/${run!.name}/profile.json`),
    classes: await classesOf(source, run!.name),
  }))
  if (!run) {
    return (
      <p>
        No finished run has a profile. Put <code>explain: {'{ profile: 100 }'}</code> into the plan, and run
        it again.
      </p>
    )
  }
  return (
    <>
      <RunChoice runs={profiled} folds={study.folds.test.length} run={run} choose={setChosen} />
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      {value && <Profile key={run.name} {...value} />}
    </>
  )
}

interface ProfileProps {
  readonly profile: ProfileFile
  readonly classes: readonly string[]
}

function Profile({ profile, classes }: ProfileProps) {
  const groups = groupsOf(profile.faces, classes)
  const [chosen, setChosen] = useState('all')
  const faces = groups.get(chosen)!
  const rows = rowsOf(faces, profile.parts)
  const empty = faces.filter(({ parts }) =>
    parts!.every((each) => each.positive === 0 && each.negative === 0),
  )
  const most = Math.max(...rows.flatMap(({ positive, negative }) => [positive, negative]))
  const isAges = classes.length > 20
  return (
    <>
      <Choice
        name="Faces"
        options={[...groups].map(([name, own]) => [name, `${name} (${own.length})`] as const)}
        value={chosen}
        choose={setChosen}
      />
      {empty.length > 0 && (
        <p className="warn small">
          {empty.length} of {counted(faces.length, 'map')} {empty.length === 1 ? 'is' : 'are'} empty: nothing
          reached the pixels. They do not count.
        </p>
      )}
      <div className="study-profile">
        <table className="study-table study-parts">
          <caption className="small faint">
            Means over {counted(faces.length, 'face')} whose parts are known. For: the part’s share of all
            that speaks for the label; against: of all that speaks against. The report has intervals and
            tests.
          </caption>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">For</th>
              <th scope="col">Against</th>
              <th scope="col" className="number">
                × its area
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ part, positive, negative, area }) => (
              <tr key={part}>
                <th scope="row">{partInWords(part)}</th>
                <Bar share={positive} most={most} side="for" />
                <Bar share={negative} most={most} side="against" />
                <td className="number">{area > 0 ? (positive / area).toFixed(1) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className="study-averages">
          {profile.averages.map(({ class: of, faces: n, map }) => {
            // For ages in years, the average maps are for groups.
            const name = isAges ? CLASSES.age[of] : classes[of]
            return (
              <figure key={of}>
                <AverageMap map={map} grid={profile.grid} name={name ?? String(of)} />
                <figcaption className="tiny">
                  {name}, mean of {n}
                </figcaption>
              </figure>
            )
          })}
        </div>
      </div>
    </>
  )
}

function Bar({
  share,
  most,
  side,
}: {
  readonly share: number
  readonly most: number
  readonly side: 'for' | 'against'
}) {
  return (
    <td className="study-bar" data-side={side}>
      <span style={{ width: `${(100 * share) / Math.max(most, Number.MIN_VALUE)}%` }} />
      <span className="tiny">{percent(share)}</span>
    </td>
  )
}

function AverageMap({
  map,
  grid: [height, width],
  name,
}: {
  readonly map: readonly number[]
  readonly grid: readonly [rows: number, columns: number]
  readonly name: string
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const data = Float32Array.from(map)
    const scale = map.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    canvas.current!.getContext('2d')!.putImageData(coloured({ width, height, data }, scale, 'paper'), 0, 0)
  }, [map, width, height])
  return (
    <canvas ref={canvas} width={width} height={height} role="img" aria-label={`The average map of ${name}`} />
  )
}

/** All faces, and those of each label, and of right and wrong answers. */
function groupsOf(faces: readonly ProfiledFace[], classes: readonly string[]): Map<string, ProfiledFace[]> {
  const known = faces.filter(({ parts }) => parts !== null)
  const groups = new Map<string, ProfiledFace[]>([['all', known]])
  if (classes.length <= 20) {
    classes.forEach((name, k) => {
      groups.set(
        `label ${name}`,
        known.filter(({ truth }) => truth === k),
      )
    })
  }
  groups.set(
    'right',
    known.filter(({ truth, answer }) => truth === answer),
  )
  groups.set(
    'wrong',
    known.filter(({ truth, answer }) => truth !== null && truth !== answer),
  )
  return new Map([...groups].filter(([name, own]) => own.length > 0 || name === 'all'))
}

interface PartRow {
  readonly part: string
  readonly positive: number
  readonly negative: number
  readonly area: number
}

/** The mean shares of each part, the largest first; faces without relevance of a sign do not count for it. */
function rowsOf(faces: readonly ProfiledFace[], parts: readonly string[]): PartRow[] {
  const mean = (values: readonly number[]) =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
  const shares = (sign: 'positive' | 'negative', k: number) =>
    faces.flatMap(({ parts: own }) => {
      const sum = own!.reduce((all, each) => all + each[sign], 0)
      return sum === 0 ? [] : [own![k]![sign] / sum]
    })
  return parts
    .map((part, k) => ({
      part,
      positive: mean(shares('positive', k)),
      negative: mean(shares('negative', k)),
      area: mean(faces.map(({ parts: own }) => own![k]!.area)),
    }))
    .filter(({ area }) => area > 0)
    .sort((a, b) => b.positive - a.positive)
}
