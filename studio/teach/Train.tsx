import { lazy, Suspense, useMemo } from 'react'
import { coloured, overlaid, plain } from '../look/colours.ts'
import { Pixels } from '../look/Pixels.tsx'
import { percent } from '../look/words.ts'
import type { Glance } from '../worker/protocol.ts'
import { stopTraining, train } from './run.ts'
import { missing, setTeach, useTeach } from './store.ts'

const Curve = lazy(() => import('./Curve.tsx').then(({ Curve }) => ({ default: Curve })))

/** How it learns: the loss of each step, the accuracy on held-out examples, and what it looks at. */
export function Train() {
  const state = useTeach()
  const { trains, steps, seed, mirrored, pupil, losses, glances, busy, error } = state
  const lacks = missing(state)
  const last = glances.at(-1)
  return (
    <section className="teach-part panel" aria-labelledby="train">
      <h2 id="train">Train</h2>
      <fieldset className="setup" disabled={trains}>
        <legend className="unseen">How it learns</legend>
        <label className="field">
          Steps
          <select
            className="select"
            value={steps}
            onChange={({ target }) => setTeach({ steps: Number(target.value) })}
          >
            {[120, 240, 480, 960].map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        <label className="field">
          Seed
          <input
            className="select"
            type="number"
            min={0}
            step={1}
            value={seed}
            onChange={({ target }) => setTeach({ seed: Math.max(0, Math.round(Number(target.value))) })}
          />
        </label>
        {pupil === 'adiencenet' && (
          <label className="check">
            <input
              type="checkbox"
              checked={mirrored}
              onChange={({ target }) => setTeach({ mirrored: target.checked })}
            />
            Mirror pictures at random
          </label>
        )}
      </fieldset>
      <div className="choices">
        {trains ? (
          <button type="button" className="button" onClick={() => void stopTraining()}>
            Stop
          </button>
        ) : (
          <button
            type="button"
            className="button primary"
            disabled={lacks !== undefined || busy !== undefined}
            onClick={() => void train()}
          >
            {glances.length > 0 ? 'Train again' : 'Train'}
          </button>
        )}
        {lacks && !trains && <p className="warn small">{lacks}</p>}
        {busy && trains && <p className="faint small">{busy} …</p>}
      </div>
      {error && (
        <p role="alert" className="error small">
          {error}
        </p>
      )}
      {last ? (
        <>
          <progress className="training" max={steps} value={losses.length} aria-label="Steps taken" />
          <p className="measures">
            <span>
              Step {losses.length} of {steps}
            </span>
            <span>{losses.length > 0 && `Loss ${meanOfLast(losses).toFixed(3)}`}</span>
            <strong>
              Held-out accuracy {percent(last.right / last.held)} ({last.right} of {last.held})
            </strong>
          </p>
          <p className="unseen" aria-live="polite">
            {tenthInWords(losses.length, steps, last)}
          </p>
          <Suspense fallback={<div className="curve" />}>
            <Curve losses={losses} glances={glances} steps={steps} />
          </Suspense>
          <Timeline />
          <Numbers />
        </>
      ) : (
        <p className="faint small">
          {`AdienceNet tells the two drawn kinds apart after 240 steps: at least 90 % of what is held out. Maps below its curve show where it looked, from the first step on.`}
        </p>
      )}
    </section>
  )
}

/** How many steps the reported mean loss covers: a single one says little. */
const LAST = 16

function meanOfLast(losses: readonly number[]): number {
  const some = losses.slice(-LAST)
  return some.reduce((sum, loss) => sum + loss, 0) / some.length
}

/** Announced at each tenth of the way. */
function tenthInWords(done: number, steps: number, { right, held }: Glance): string {
  const tenth = Math.floor((10 * done) / steps)
  return `${10 * tenth} % of the steps. Held-out accuracy ${percent(right / held)}.`
}

/** The network's view of the watched example, from before the first step on. */
function Timeline() {
  const glances = useTeach(({ glances }) => glances)
  const shown = useTeach(({ shown }) => shown)
  const at = Math.min(shown ?? Number.POSITIVE_INFINITY, glances.length - 1)
  const { done, watched } = glances[at]!
  // One scale for all, so that what is weak at first looks weak.
  const most = useMemo(
    () =>
      glances.reduce(
        (most, { watched: { map } }) => map.data.reduce((so, value) => Math.max(so, Math.abs(value)), most),
        0,
      ),
    [glances],
  )
  const pixels = useMemo(
    () => [
      plain(watched.seen),
      coloured(watched.map, most, 'paper'),
      overlaid(watched.map, watched.seen, most, 0.7),
    ],
    [watched, most],
  )
  const sure = watched.classes.find(({ name }) => name === watched.name)!.probability
  const said = `Step ${done}: ${watched.name} ${percent(sure)}`
  return (
    <div className="timeline">
      <h3>The watched example as it learns</h3>
      <div className="triple">
        <Pixels pixels={pixels[0]!} label="What the network sees of it" />
        <Pixels
          pixels={pixels[1]!}
          label={`Map after step ${done}: what spoke for and against ${watched.name}`}
        />
        <Pixels pixels={pixels[2]!} label="The same map over the picture" />
      </div>
      <label className="field">
        {said}
        <input
          type="range"
          min={0}
          max={glances.length - 1}
          step={1}
          value={at}
          aria-valuetext={said}
          onChange={({ target }) => {
            const chosen = Number(target.value)
            setTeach({ shown: chosen === glances.length - 1 ? undefined : chosen })
          }}
        />
      </label>
      <p className="faint tiny">
        Why it may be {watched.name}; all maps by one scale, ±{most.toPrecision(2)}. To watch another example,
        choose it on the left and train again.
      </p>
    </div>
  )
}

/** The same in numbers, for users who cannot see curves, or want to compare them. */
function Numbers() {
  const losses = useTeach(({ losses }) => losses)
  const glances = useTeach(({ glances }) => glances)
  return (
    <details className="numbers small">
      <summary>Numbers</summary>
      <div>
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Loss</th>
              <th scope="col">Held-out</th>
            </tr>
          </thead>
          <tbody>
            {losses.map((loss, k) => {
              const glance = glances.find(({ done }) => done === k + 1)
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
                <tr key={k}>
                  <th scope="row">{k + 1}</th>
                  <td>{loss.toFixed(6)}</td>
                  <td>{glance && percent(glance.right / glance.held)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </details>
  )
}
