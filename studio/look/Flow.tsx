import { useEffect, useId, useMemo, useState } from 'react'
import type { Look } from '../worker/protocol.ts'
import { flowOf, LEAKS, type Leak, ribbonsOf } from './flow.ts'
import { changed } from './run.ts'
import { cellOf, conserves, layerOf, requestFor, shows, useLook } from './store.ts'
import { layerInWords, percent, taskInWords } from './words.ts'
import './flow.css'

/** The widest width of the band, and the height of a layer, in pixels. */
const BAND = { width: 72, row: 44 }
const ALL = BAND.width + 24

const LEAK_WORDS: Record<Leak, string> = {
  bias: 'biases',
  epsilon: 'ε and empty sums',
  constants: 'constants',
  padding: 'padding',
}

/** The conservation report as a picture: where the relevance of one column went. */
export function Flow() {
  const state = useLook()
  const [chosen, setChosen] = useState<{ readonly id: string; readonly row: number } | undefined>(undefined)
  useEffect(() => {
    // The report makes networks larger and slower: it is requested only while it is shown.
    changed({ flow: true })
    return () => changed({ flow: false })
  }, [])
  const { columns, questions } = state
  const id = chosen && columns.includes(chosen.id) ? chosen.id : columns[0]
  const question = questions.find((each) => each.id === chosen?.row) ?? questions[0]
  if (id === undefined || !question) return <p className="faint small">No network to look into.</p>
  const network = state.networks.find((each) => each.id === id)
  const cell = cellOf(state, id, question.id)
  const { look, error } = cell
  const request = requestFor(state, id, question)
  const waits = request !== undefined && !shows(state, cell, request)
  return (
    <section className="flow" aria-label="Where the relevance went">
      {(columns.length > 1 || questions.length > 1) && (
        <label className="field">
          Of
          <select
            className="select"
            value={`${question.id} ${id}`}
            onChange={({ target }) => {
              const [row, ...name] = target.value.split(' ')
              setChosen({ id: name.join(' '), row: Number(row) })
            }}
          >
            {columns.flatMap((each) =>
              questions.map((asked) => (
                <option key={`${asked.id} ${each}`} value={`${asked.id} ${each}`}>
                  {each}
                  {questions.length > 1 && `, ${taskInWords(asked.task || undefined).toLowerCase()}`}
                </option>
              )),
            )}
          </select>
        </label>
      )}
      {network && !conserves(state, network) ? (
        <p className="small">
          This method gives no report: only LRP passes relevance down layer by layer, which shows where it
          stays.
        </p>
      ) : error ? (
        <p className="error small">{error}</p>
      ) : (
        look && <Way id={id} look={look} waits={waits} />
      )}
    </section>
  )
}

function Way({
  id,
  look,
  waits,
}: {
  readonly id: string
  readonly look: Look
  /** Whether a new one is being computed. */
  readonly waits: boolean
}) {
  const shown = useLook((state) => {
    const network = state.networks.find((each) => each.id === id)
    return network && layerOf(state, network)
  })
  const flow = useMemo(() => flowOf(look), [look])
  const hatched = useId()
  const dotted = useId()
  if (!flow) {
    return (
      <p className="faint small">
        {waits ? 'Following the relevance …' : 'No layer of this network can keep anything.'}
      </p>
    )
  }
  const { steps, start, reached } = flow
  const height = steps.length * BAND.row
  const kinds = LEAKS.filter((leak) => steps.some(({ stayed }) => stayed.some((each) => each.leak === leak)))
  const fill = (kind: string) =>
    kind === 'bias' ? `url(#${hatched})` : kind === 'epsilon' ? `url(#${dotted})` : undefined
  const share = (amount: number) => signed(start === 0 ? 0 : amount / start)
  return (
    <>
      <p className="small">{endInWords(reached, start)}</p>
      {Math.abs(start - look.logit) > 1e-3 * Math.abs(look.logit) && (
        <p className="faint tiny">
          What is handed down starts at {number(start)}; the logit is {number(look.logit)}.
        </p>
      )}
      <p className="faint tiny">
        Percentages are of the whole answer. Parts may cancel: what stays with a minus was added.
      </p>
      <ul className="flow-key tiny faint" aria-label="What stays">
        {kinds.map((leak) => (
          <li key={leak}>
            <svg width="16" height="12" aria-hidden="true">
              <rect className={`leak ${leak}`} width="16" height="12" fill={fill(leak)} />
            </svg>
            {LEAK_WORDS[leak]}
          </li>
        ))}
      </ul>
      <div className="flow-way">
        <p className="flow-end tiny">
          the answer {look.name}: {number(start)}
        </p>
        <div className="flow-steps">
          <svg className="flow-band" width={ALL} height={height} aria-hidden="true">
            <defs>
              <pattern id={hatched} width="5" height="5" patternUnits="userSpaceOnUse">
                <rect className="ground" width="5" height="5" />
                <path className="line" d="M-1 1l2 -2M0 5l5 -5M4 6l2 -2" />
              </pattern>
              <pattern id={dotted} width="5" height="5" patternUnits="userSpaceOnUse">
                <rect className="ground" width="5" height="5" />
                <circle className="dot" cx="2.5" cy="2.5" r="1.1" />
              </pattern>
            </defs>
            {ribbonsOf(flow, BAND).map(({ kind, path }) => (
              <path
                key={`${kind} ${path}`}
                className={kind === 'for' || kind === 'against' ? `band ${kind}` : `leak ${kind}`}
                d={path}
                fill={fill(kind)}
              />
            ))}
          </svg>
          <ol>
            {steps.map((step) => (
              <li key={step.layer}>
                <button
                  type="button"
                  className="flow-step"
                  aria-disabled={step.value === undefined || undefined}
                  aria-pressed={step.value === undefined ? undefined : step.value === shown}
                  title={`${step.layer}\n${step.operator}, ${step.rule}`}
                  onClick={() => {
                    if (step.value !== undefined)
                      changed({ layer: step.value === shown ? undefined : step.value })
                  }}
                >
                  <span className="flow-name">
                    {layerInWords(step.layer)}
                    <span className="unseen">
                      {step.operator}, {step.rule}.
                    </span>
                  </span>
                  <span className="faint tiny">
                    <span className="unseen">In</span>
                    {number(step.in)}
                    <span aria-hidden="true"> → </span>
                    <span className="unseen">out</span>
                    {number(step.out)}
                    {step.stayed
                      .filter(({ amount }) => isSeen(amount, start))
                      .map(({ leak, amount }) => ` · ${leak === 'epsilon' ? 'ε' : leak} ${share(amount)}`)}
                    <span className="unseen">
                      {share(step.after)} left.{' '}
                      {step.value === undefined ? 'It has no map.' : 'Show its map.'}
                    </span>
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </div>
        <p className="flow-end tiny">
          the pixels: {number(reached)}, {share(reached)}
        </p>
      </div>
      <details className="small">
        <summary>As a table</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys */}
        <section className="flow-table" aria-label="Layers in numbers" tabIndex={0}>
          <table className="part-table tiny">
            <caption className="faint">
              In logits. In = out + what stayed; what is left is summed over all branches of the network.
            </caption>
            <thead>
              <tr>
                <th scope="col">layer</th>
                <th scope="col">in</th>
                <th scope="col">out</th>
                {kinds.map((leak) => (
                  <th key={leak} scope="col">
                    {leak === 'epsilon' ? 'ε' : leak}
                  </th>
                ))}
                <th scope="col">left</th>
              </tr>
            </thead>
            <tbody>
              {steps.map((step) => (
                <tr key={step.layer}>
                  <th scope="row">{layerInWords(step.layer)}</th>
                  <td>{number(step.in)}</td>
                  <td>{number(step.out)}</td>
                  {kinds.map((leak) => (
                    <td key={leak}>{number(step.stayed.find((each) => each.leak === leak)?.amount ?? 0)}</td>
                  ))}
                  <td>{number(step.after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </>
  )
}

/** Whether an amount is worth mentioning. */
function isSeen(amount: number, start: number): boolean {
  return Math.abs(amount) >= 0.001 * Math.abs(start)
}

function signed(share: number): string {
  return `${share < 0 ? '−' : ''}${percent(Math.abs(share))}`
}

function number(value: number): string {
  return Math.abs(value) < 0.0005 ? '0' : value.toPrecision(3).replace('-', '−')
}

/** `62 % of the logit reached the pixels.` */
function endInWords(reached: number, start: number): string {
  if (start === 0) return 'The logit is 0: there is nothing to hand down.'
  const share = reached / start
  if (share < 0) return 'What reached the pixels speaks against the answer; read with care.'
  if (share < 0.05)
    return `${percent(share)} of the logit reached the pixels. Little reached the pixels; read with care.`
  return `${percent(share)} of the logit reached the pixels.`
}
