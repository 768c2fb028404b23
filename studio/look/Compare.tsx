import { type CSSProperties, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react'
import { METHODS } from 'regard'
import type { Look } from '../worker/protocol.ts'
import { coloured } from './colours.ts'
import { comparedInWords, partDifferences, shareDifference } from './compare.ts'
import { againstAsText, againstOf, compare, leave } from './comparing.ts'
import { coloursOf, drawn, stripOf, strongest } from './drawn.ts'
import { Pixels } from './Pixels.tsx'
import {
  type Against,
  type Cell,
  type Comparing,
  type Drawing,
  type LookState,
  NO_CELL,
  setLook,
  shows,
  sidesOf,
  useLook,
} from './store.ts'
import { mapInWords, partInWords, percent, taskInWords } from './words.ts'
import './compare.css'

const GROUPS: readonly (readonly [other: Against['other'], words: string])[] = [
  ['network', 'Another network'],
  ['before', 'Another photo'],
  ['class', 'Another class'],
  ['rules', 'Other rules'],
]

/** A column compared with something else: under a divider, in parts, and pixel by pixel. */
export function Compare({ comparing }: { readonly comparing: Comparing }) {
  const state = useLook()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const { network, row, against } = comparing
  // A link may name something that is not loaded yet.
  const isLoaded = against.other !== 'network' || state.networks.some(({ id }) => id === against.name)
  const found = againstOf(state, comparing)
  const isFound = found.some((each) => againstAsText(each) === againstAsText(against))
  const choices = isFound ? found : [...found, against]
  const [a, b] = sidesOf(state, comparing).map(({ name, request }) => {
    const cell: Cell = state.cells[name] ?? NO_CELL
    return {
      ...cell,
      asked: request,
      waits: request !== undefined && !shows(state, cell, request) && !cell.error,
    }
  }) as [Side, Side]
  return (
    <section className="compare" aria-labelledby="compare">
      <header>
        <h2 id="compare" tabIndex={-1} ref={heading}>
          Compare
        </h2>
        <button type="button" className="button" onClick={leave}>
          Close
        </button>
      </header>
      <div className="compare-sides">
        <label className="field">
          A
          <select
            className="select"
            value={`${row} ${network}`}
            onChange={({ target }) => {
              const [of, ...id] = target.value.split(' ')
              const other = { network: id.join(' '), row: Number(of) }
              const same = againstOf(state, other).find(
                (each) => againstAsText(each) === againstAsText(against),
              )
              const first = same ?? againstOf(state, other)[0]
              if (first) compare({ ...other, against: first })
            }}
          >
            {state.columns.flatMap((id) =>
              state.questions.map((question) => (
                <option key={`${question.id} ${id}`} value={`${question.id} ${id}`}>
                  {id}
                  {state.questions.length > 1 && `, ${taskInWords(question.task || undefined).toLowerCase()}`}
                </option>
              )),
            )}
          </select>
        </label>
        <label className="field">
          B
          <select
            className="select"
            value={againstAsText(against)}
            onChange={({ target }) => {
              const chosen = choices.find((each) => againstAsText(each) === target.value)
              if (chosen) compare({ network, row, against: chosen })
            }}
          >
            {GROUPS.map(([other, words]) => {
              const some = choices.filter((each) => each.other === other)
              return (
                some.length > 0 && (
                  <optgroup key={other} label={words}>
                    {some.map((each) => (
                      <option key={againstAsText(each)} value={againstAsText(each)}>
                        {inWords(each)}
                      </option>
                    ))}
                  </optgroup>
                )
              )
            })}
          </select>
        </label>
      </div>
      {[a, b].map(
        ({ error }, k) =>
          error && (
            <p key={k === 0 ? 'a' : 'b'} role="alert" className="error small">
              {k === 0 ? 'A' : 'B'}: {error}
            </p>
          ),
      )}
      {a.asked && !b.asked && isLoaded && <p className="small">{inWords(against)} does not answer this.</p>}
      {a.look && b.look && a.asked && b.asked ? (
        <Both
          state={state}
          comparing={comparing}
          a={a.look}
          b={b.look}
          outputs={[a.asked.output, b.asked.output]}
          waits={a.waits || b.waits}
        />
      ) : (
        (b.asked || !isLoaded) && !a.error && !b.error && <p className="faint small">Explaining both …</p>
      )}
    </section>
  )
}

interface Side extends Cell {
  readonly asked: ReturnType<typeof sidesOf>[number]['request']
  readonly waits: boolean
}

/** The name of a side in the list of choices. */
function inWords(against: Against): string {
  if (against.other === 'before') return 'before the edits'
  if (against.other !== 'rules') return against.name
  if (against.name === 'card') return 'LRP, as the card has it'
  return against.name in METHODS ? METHODS[against.name as keyof typeof METHODS].title : against.name
}

function Both({
  state,
  comparing: { network, against },
  a,
  b,
  outputs,
  waits,
}: {
  readonly state: LookState
  readonly comparing: Comparing
  readonly a: Look
  readonly b: Look
  readonly outputs: readonly [string, string]
  readonly waits: boolean
}) {
  const { drawing } = state
  const difference = useMemo(() => shareDifference(a, b), [a, b])
  const nameB = against.other === 'network' ? against.name : network
  const names = [sideInWords(network, a), sideInWords(nameB, b, against)] as const
  return (
    <div className="compare-both" data-waits={waits || undefined}>
      <p aria-live="polite">{comparedInWords(a, b, outputs)}</p>
      <div className="compare-pictures">
        <Divided a={a} b={b} names={names} ids={[network, nameB]} drawing={drawing} />
        {difference ? (
          <Difference map={difference} drawing={drawing} />
        ) : (
          <p className="small">Cut differently: no difference map.</p>
        )}
      </div>
      <PartDifferences a={a} b={b} />
    </div>
  )
}

function sideInWords(id: string, look: Look, against?: Against): string {
  const said = look.probability === undefined ? (look.value?.toFixed(0) ?? '') : percent(look.probability)
  const how =
    against?.other === 'before' ? ', before the edits' : against?.other === 'rules' ? `, ${look.by}` : ''
  return `${id}, ${look.name} ${said}${how}`
}

/** B over A, from the divider on. */
function Divided({
  a,
  b,
  names,
  ids,
  drawing,
}: {
  readonly a: Look
  readonly b: Look
  readonly names: readonly [string, string]
  readonly ids: readonly [string, string]
  readonly drawing: Drawing
}) {
  const [at, setAt] = useState(50)
  const scale = useMemo(
    () =>
      drawing.scale === 'one'
        ? Math.max(...[a, b].map((look) => strongest(look, { ...drawing, brighten: 1 }, undefined)))
        : undefined,
    [a, b, drawing],
  )
  const [ofA, ofB] = useMemo(
    () =>
      [a, b].map((look) => drawn(look, drawing, strongest(look, drawing, scale))) as [ImageData, ImageData],
    [a, b, drawing, scale],
  )
  const drag = ({ currentTarget, clientX, buttons, pointerId }: PointerEvent<HTMLElement>) => {
    if (buttons === 0) return
    currentTarget.setPointerCapture(pointerId)
    const box = currentTarget.getBoundingClientRect()
    setAt(Math.round(Math.min(100, Math.max(0, (100 * (clientX - box.left)) / box.width))))
  }
  return (
    <figure>
      <div
        className="map divided"
        style={{ '--at': `${at}%` } as CSSProperties}
        onPointerDown={drag}
        onPointerMove={drag}
      >
        <Pixels pixels={ofA} label={`A: ${mapInWords(ids[0], a)}`} />
        <div className="over">
          <Pixels pixels={ofB} label={`B: ${mapInWords(ids[1], b)}`} />
        </div>
        <div className="divider" />
      </div>
      <input
        type="range"
        min={0}
        max={100}
        value={at}
        aria-label="Divider between A and B"
        aria-valuetext={`${at} % A, ${100 - at} % B`}
        onChange={({ target }) => setAt(Number(target.value))}
      />
      <figcaption className="divided-names tiny">
        <span>
          <strong>A</strong> {names[0]}
        </span>
        <span>
          <strong>B</strong> {names[1]}
        </span>
      </figcaption>
    </figure>
  )
}

/** How much more A gives each pixel than B. */
function Difference({
  map,
  drawing,
}: {
  readonly map: NonNullable<ReturnType<typeof shareDifference>>
  readonly drawing: Drawing
}) {
  const colours = coloursOf(drawing)
  const pixels = useMemo(() => {
    const most = map.data.reduce((so, value) => Math.max(so, Math.abs(value)), 0)
    return coloured(map, most / drawing.brighten, colours)
  }, [map, drawing, colours])
  const strip = useMemo(() => stripOf(colours), [colours])
  return (
    <figure>
      <div className="map">
        <Pixels pixels={pixels} label="A minus B: what A gives each pixel more, as a share of its map" />
      </div>
      <figcaption className="legend tiny">
        <Pixels pixels={strip} />
        <span>less for A</span>
        <span>A − B, in shares</span>
        <span>more for A</span>
      </figcaption>
    </figure>
  )
}

function PartDifferences({ a, b }: { readonly a: Look; readonly b: Look }) {
  const part = useLook(({ part }) => part)
  const rows = partDifferences(a, b)
  const most = rows.reduce((so, row) => Math.max(so, Math.abs(row.a - row.b)), 1e-9)
  return (
    <table className="part-table small">
      <caption className="tiny faint">
        Shares of what speaks for the answer; what differs most comes first.
      </caption>
      <thead>
        <tr>
          <th scope="col">part</th>
          <th scope="col">A</th>
          <th scope="col">B</th>
          <th scope="col">A − B</th>
          <td aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const more = row.a - row.b
          const long = (40 * Math.abs(more)) / most
          return (
            <tr
              key={row.part}
              data-lit={row.part === part || undefined}
              onPointerEnter={() => setLook({ part: row.part })}
              onPointerLeave={() => setLook({ part: undefined })}
            >
              <th scope="row">{partInWords(row.part)}</th>
              <td>{percent(row.a)}</td>
              <td>{percent(row.b)}</td>
              <td>
                {more < 0 ? '−' : '+'}
                {(100 * Math.abs(more)).toFixed(1)}
              </td>
              <td className="difference-bar" aria-hidden="true">
                <svg width="82" height="12" aria-hidden="true">
                  <rect className="middle" x="40.5" width="1" height="12" />
                  <rect
                    className={more < 0 ? 'less' : 'more'}
                    x={more < 0 ? 41 - long : 41}
                    y="2"
                    width={long}
                    height="8"
                  />
                </svg>
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
