import { memo, type PointerEvent, useMemo, useState } from 'react'
import type { Look } from '../worker/protocol.ts'
import { drawn, strongest } from './drawn.ts'
import { Legend } from './Legend.tsx'
import { Pixels } from './Pixels.tsx'
import { askAgain, changed } from './run.ts'
import {
  answerTo,
  cellOf,
  type Drawing,
  lacksFace,
  type Question,
  requestFor,
  setLook,
  shownIn,
  shows,
  useLook,
} from './store.ts'
import {
  amountsOf,
  layerInWords,
  mapInWords,
  otherWarnings,
  partInWords,
  percent,
  reachedInWords,
  readout,
} from './words.ts'

interface CellProps {
  readonly id: string
  readonly question: Question
  /** The |R| of the strongest colour; by default the map's own. */
  readonly scale: number | undefined
}

/** One network's map for one question, with its meaning in words. */
export const CellView = memo(function CellView({ id, question, scale }: CellProps) {
  const state = useLook()
  const cell = cellOf(state, id, question.id)
  const { error } = cell
  const look = shownIn(state, id, question.id)
  const network = state.networks.find((each) => each.id === id)
  const request = requestFor(state, id, question)
  const waits =
    request !== undefined && !error && (state.before ? look === undefined : !shows(state, cell, request))
  if (network && !answerTo(network, question)) {
    return <p className="cell faint small">{id} does not answer this.</p>
  }
  if (!look) {
    return (
      <div className="cell">
        <div className="map empty">
          {error ? (
            <CellError id={id} row={question.id} error={error} />
          ) : (
            network && lacksFace(state, network) && <p className="small">No face to look at.</p>
          )}
        </div>
      </div>
    )
  }
  return (
    <figure className="cell" data-waits={waits || undefined}>
      {state.layer !== undefined && (
        <p className="at small">
          {look.layer === undefined ? (
            <span className="faint">at the pixels</span>
          ) : (
            <button
              type="button"
              className="button"
              aria-label={`At ${layerInWords(look.layer)}: back to the pixels`}
              title={look.layer}
              onClick={() => changed({ layer: undefined })}
            >
              at {layerInWords(look.layer)} ×
            </button>
          )}
        </p>
      )}
      <MapView id={id} look={look} drawing={state.drawing} scale={scale} />
      <figcaption>
        {error && <CellError id={id} row={question.id} error={error} />}
        <Parts look={look} />
        <Legend look={look} drawing={state.drawing} scale={scale} />
        <p className="faint tiny">
          {look.by}. {reachedInWords(look)}
        </p>
        <details className="tiny">
          <summary>In words</summary>
          <p>{mapInWords(id, look)}</p>
        </details>
        {otherWarnings(look).map((warning) => (
          <p key={warning} className="warn tiny">
            {warning[0]!.toUpperCase()}
            {warning.slice(1)}.
          </p>
        ))}
      </figcaption>
    </figure>
  )
})

function CellError({
  id,
  row,
  error,
}: {
  readonly id: string
  readonly row: number
  readonly error: string
}) {
  return (
    <>
      <p className="error small" role="alert">
        {error}
      </p>
      <div>
        <button type="button" className="button" onClick={() => askAgain(id, row)}>
          Ask again
        </button>
      </div>
    </>
  )
}

function MapView({
  id,
  look,
  drawing,
  scale,
}: {
  readonly id: string
  readonly look: Look
  readonly drawing: Drawing
  readonly scale: number | undefined
}) {
  const part = useLook(({ part }) => part)
  const [at, setAt] = useState<{ readonly x: number; readonly y: number } | undefined>(undefined)
  const most = strongest(look, drawing, scale)
  const pixels = useMemo(() => drawn(look, drawing, most), [look, drawing, most])
  const outline = useMemo(() => (part ? outlineOf(look, part) : ''), [look, part])
  const move = ({ currentTarget, clientX, clientY }: PointerEvent) => {
    const box = currentTarget.getBoundingClientRect()
    const x = Math.floor(((clientX - box.left) / box.width) * look.labels.width)
    const y = Math.floor(((clientY - box.top) / box.height) * look.labels.height)
    if (x < 0 || y < 0 || x >= look.labels.width || y >= look.labels.height) return
    setAt({ x, y })
    setLook({ part: look.parts[look.labels.data[y * look.labels.width + x]!] })
  }
  const amounts = useMemo(() => amountsOf(look), [look])
  const pointed = part && amounts.find((each) => each.part === part)
  return (
    <>
      <div
        className="map"
        onPointerMove={move}
        onPointerDown={move}
        onPointerLeave={() => {
          setAt(undefined)
          setLook({ part: undefined })
        }}
      >
        <Pixels pixels={pixels} label={mapInWords(id, look)} />
        <svg
          viewBox={`0 0 ${look.labels.width} ${look.labels.height}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path d={outline} />
        </svg>
      </div>
      <p className="readout tiny">
        {pointed ? readout(pointed, look.name) : ' '}
        {at &&
          look.map.width === look.labels.width &&
          ` · pixel ${signed(look.map.data[at.y * look.map.width + at.x]!)}`}
      </p>
    </>
  )
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toPrecision(2)}`
}

/** The edges between a part's pixels and others. */
function outlineOf({ labels, parts }: Look, part: string): string {
  const which = parts.indexOf(part)
  const { width, height, data } = labels
  const is = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === which
  const lines: string[] = []
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (is(x, y) !== is(x, y - 1)) lines.push(`M${x} ${y}h1`)
      if (is(x, y) !== is(x - 1, y)) lines.push(`M${x} ${y}v1`)
    }
  }
  return lines.join('')
}

/** The parts with most of what speaks for the answer; each lights up in all maps. */
function Parts({ look }: { readonly look: Look }) {
  const amounts = useMemo(() => amountsOf(look).slice(0, 3), [look])
  return (
    <ul className="parts">
      {amounts.map(({ part, positive }) => (
        <li key={part}>
          <button
            type="button"
            onPointerEnter={() => setLook({ part })}
            onPointerLeave={() => setLook({ part: undefined })}
            onFocus={() => setLook({ part })}
            onBlur={() => setLook({ part: undefined })}
          >
            {partInWords(part)} {percent(positive)}
          </button>
        </li>
      ))}
    </ul>
  )
}
