import { useState } from 'react'
import type { ShownRun, ShownStudy } from '../../src/server/messages.ts'
import { Choice } from './Choice.tsx'
import { ownTest } from './disk.ts'
import { Faces } from './Faces.tsx'
import { type Answer, type Answers, answersOf } from './predictions.ts'
import { RunChoice } from './RunChoice.tsx'
import type { Source } from './source.ts'
import { useRead } from './useRead.ts'
import { counted, percent } from './words.ts'

interface ConfusionProps {
  readonly study: ShownStudy
  readonly source: Source
}

/** A run's confusion matrix, and the photos behind each cell. */
export function Confusion({ study, source }: ConfusionProps) {
  const finished = study.runs.filter(({ state }) => state === 'finished')
  const [chosen, setChosen] = useState(finished[0]?.name)
  const run = finished.find(({ name }) => name === chosen) ?? finished[0]
  const { value, error } = useRead(run && `${study.name} ${run.name}`, () => answersOf(source, run!.name))
  if (!run) return <p>No run is finished yet. The answers of the first one will appear here.</p>
  return (
    <>
      <RunChoice runs={finished} folds={study.folds.test.length} run={run} choose={setChosen} />
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      {value && <Matrix key={run.name} run={run} answers={value} source={source} photos={study.photos} />}
    </>
  )
}

interface MatrixProps {
  readonly run: ShownRun
  readonly answers: Answers
  readonly source: Source
  readonly photos: boolean
}

function Matrix({ run, answers: all, source, photos }: MatrixProps) {
  const kinds = [...new Set(all.answers.map(({ on }) => on))]
  const [chosen, setOn] = useState(ownTest(run.setting))
  const on = kinds.includes(chosen) ? chosen : kinds[0]!
  const [cell, setCell] = useState<readonly [truth: number, predicted: number]>()
  const { names, groupOf } = groupsOf(run.task, all.classes)
  const answers = all.answers.filter((answer) => answer.on === on)
  const inCell = (truth: number, predicted: number) =>
    answers.filter((each) => groupOf(each.truth) === truth && groupOf(each.predicted) === predicted)
  const counts = names.map((_, truth) => names.map((_, predicted) => inCell(truth, predicted).length))
  return (
    <>
      {kinds.length > 1 && (
        <Choice
          name="Tested on"
          options={kinds.map((kind) => [kind, KINDS[kind] ?? kind] as const)}
          value={on}
          choose={setOn}
        />
      )}
      <div className="study-confusion">
        <div className="study-scroll">
          <table className="study-matrix" data-many={names.length > 4 || undefined}>
            <caption className="small faint">
              Rows: what the data set says. Columns: the network’s answer. Choose a cell to see its faces.
            </caption>
            <thead>
              <tr>
                <td />
                {names.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {counts.map((row, truth) => (
                <tr key={names[truth]}>
                  <th scope="row">{names[truth]}</th>
                  {row.map((count, predicted) => {
                    const share =
                      count /
                      Math.max(
                        1,
                        row.reduce((sum, each) => sum + each),
                      )
                    const isChosen = cell?.[0] === truth && cell[1] === predicted
                    return (
                      <td key={names[predicted]}>
                        <button
                          type="button"
                          aria-pressed={isChosen}
                          disabled={count === 0}
                          aria-label={`${inWords(names[truth]!, names[predicted]!)}: ${counted(count, 'face')}, ${percent(share)} of the row`}
                          style={{
                            background: `color-mix(in srgb, var(--accent) ${Math.round(45 * share)}%, var(--surface))`,
                          }}
                          onClick={() => setCell(isChosen ? undefined : [truth, predicted])}
                        >
                          {count}
                        </button>
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {cell && (
          <Behind
            key={`${on} ${cell.join()}`}
            title={inWords(names[cell[0]]!, names[cell[1]]!)}
            answers={inCell(...cell)}
            classes={all.classes}
            source={source}
            photos={photos}
          />
        )}
      </div>
    </>
  )
}

const KINDS: Readonly<Record<string, string>> = { r: 'Photos aligned by [r]', i: 'Photos aligned by [i]' }

function inWords(truth: string, predicted: string): string {
  return truth === predicted ? `${truth}, answered right` : `${truth} taken for ${predicted}`
}

/** Ages in years are shown by decade: a hundred rows would be unreadable. */
function groupsOf(task: string, classes: readonly string[]) {
  if (task !== 'years') return { names: classes, groupOf: (k: number) => k }
  const decades = Math.ceil(classes.length / 10)
  return {
    names: Array.from({ length: decades }, (_, k) =>
      10 * k === classes.length - 1 ? `${10 * k}` : `${10 * k}–${Math.min(10 * k + 9, classes.length - 1)}`,
    ),
    groupOf: (k: number) => Math.floor(k / 10),
  }
}

interface BehindProps {
  readonly title: string
  readonly answers: readonly Answer[]
  readonly classes: readonly string[]
  readonly source: Source
  readonly photos: boolean
}

/** The faces of a cell, those that the network is surest of first. */
function Behind({ title, answers, classes, source, photos }: BehindProps) {
  const faces = [...answers]
    .sort((a, b) => b.probability - a.probability)
    .map(({ face, truth, predicted, probability }) => ({
      id: face,
      url: photos ? source.photo(face) : undefined,
      caption: `${classes[truth]} → ${classes[predicted]}, ${(100 * probability).toFixed(0)} %`,
    }))
  return (
    <section className="study-behind" aria-label={title}>
      <h3>
        {title}: {counted(faces.length, 'face')}
      </h3>
      {!photos && (
        <p className="faint small">Its photos are not shown: the folder does not say where they are.</p>
      )}
      <Faces faces={faces} />
    </section>
  )
}
