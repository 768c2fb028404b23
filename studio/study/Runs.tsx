import { lazy, Suspense, useState } from 'react'
import { messageOf } from '../../src/base/errors.ts'
import type { ShownRun, ShownStudy } from '../../src/server/messages.ts'
import { Choice } from './Choice.tsx'
import type { Source } from './source.ts'
import type { Curves } from './store.ts'
import { addRun } from './useInLook.ts'
import { colourOf, isDashed, percent, runTitle } from './words.ts'

const Chart = lazy(() => import('./Chart.tsx').then(({ Chart }) => ({ default: Chart })))

interface RunsProps {
  readonly study: ShownStudy
  readonly curves: Curves
  readonly source: Source
}

/** The runs, as they train: their results and curves. */
export function Runs({ study, curves, source }: RunsProps) {
  const { runs } = study
  const tasks = [...new Set(runs.map(({ task }) => task))]
  const [chosen, setTask] = useState(tasks[0]!)
  const task = tasks.includes(chosen) ? chosen : tasks[0]!
  const [pointed, setPointed] = useState<string>()
  const own = runs.filter((run) => run.task === task)
  const folds = study.folds.test.length
  const lines = own.map((run, place) => ({
    name: run.name,
    title: runTitle(run, folds),
    colour: colourOf(place),
    dashed: isDashed(place),
    curve: curves[run.name],
  }))
  return (
    <>
      {tasks.length > 1 && (
        <Choice
          name="Task"
          options={tasks.map((each) => [each, each] as const)}
          value={task}
          choose={setTask}
        />
      )}
      <Suspense fallback={<div className="study-charts" />}>
        <div className="study-charts">
          <Chart title="Loss of the batches" lines={lines} of="loss" pointed={pointed} />
          <Chart title="Right in validation, %" lines={lines} of="validation" pointed={pointed} />
        </div>
      </Suspense>
      <table className="study-table">
        <caption className="unseen">Runs of the task {task}</caption>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">How far</th>
            <th scope="col" className="number">
              {task === 'years' ? 'Years off' : 'Right'}
            </th>
            <th scope="col">
              <span className="unseen">Use</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {own.map((run, place) => (
            <Row
              key={run.name}
              run={run}
              title={runTitle(run, folds)}
              place={place}
              curve={curves[run.name]}
              source={source}
              id={`${study.title}/${run.name}`}
              point={setPointed}
            />
          ))}
        </tbody>
      </table>
      <p className="faint small">
        Right: of the run’s own test photos, with a 95 % interval by photo (Wilson). The report’s intervals
        count photos of one person as alike.
      </p>
    </>
  )
}

interface RowProps {
  readonly run: ShownRun
  readonly title: string
  /** Its place in the list, which decides its colour. */
  readonly place: number
  readonly curve: Curves[string] | undefined
  readonly source: Source
  readonly id: string
  readonly point: (run: string | undefined) => void
}

function Row({ run, title, place, curve, source, id, point }: RowProps) {
  const { name, network, state, detail, accuracy, interval, years, iterations } = run
  const reached = curve?.points.at(-1)?.[0] ?? 0
  return (
    <tr onPointerEnter={() => point(name)} onPointerLeave={() => point(undefined)} data-state={state}>
      <th scope="row">
        <span
          className="study-swatch"
          data-dashed={isDashed(place) || undefined}
          style={{ color: colourOf(place) }}
        />
        {title}
        <span className="faint tiny">{network}</span>
      </th>
      <td>
        <span className={state === 'failed' ? 'error' : undefined}>{STATES[state]}</span>
        {(state === 'underway' || state === 'begun') && iterations !== undefined && (
          <progress value={reached} max={iterations} aria-label={`${title}: iterations`} />
        )}
        {state !== 'finished' && <span className="faint tiny">{detail}</span>}
        {state === 'finished' && iterations !== undefined && (
          <span className="faint tiny">{iterations} iterations</span>
        )}
      </td>
      <td className="number">
        {years === undefined ? accuracy !== undefined && percent(accuracy) : years.toFixed(1)}
        {years === undefined && interval && (
          <span className="faint tiny">
            {(100 * interval[0]).toFixed(1)}–{(100 * interval[1]).toFixed(1)}
          </span>
        )}
      </td>
      <td>{state === 'finished' && <UseInLook source={source} run={name} id={id} title={title} />}</td>
    </tr>
  )
}

const STATES: Record<ShownRun['state'], string> = {
  finished: 'Finished',
  underway: 'Training',
  begun: 'Stopped',
  waiting: 'Waiting',
  failed: 'Failed',
}

interface UseInLookProps {
  readonly source: Source
  readonly run: string
  readonly id: string
  readonly title: string
}

function UseInLook({ source, run, id, title }: UseInLookProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const use = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await addRun(source, run, id)
    } catch (thrown) {
      setError(messageOf(thrown))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={busy}
        onClick={() => void use()}
        aria-label={busy ? undefined : `Use in Look: ${title}`}
      >
        {busy ? 'Loading …' : 'Use in Look'}
      </button>
      {error && (
        <span role="alert" className="error tiny">
          {error}
        </span>
      )}
    </>
  )
}
