import { memo, useMemo } from 'react'
import type { Look } from '../worker/protocol.ts'
import { Legend } from './Legend.tsx'
import { MapView } from './MapView.tsx'
import { askAgain, changed } from './run.ts'
import {
  answerTo,
  cellOf,
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
  busyInWords,
  layerInWords,
  mapInWords,
  otherWarnings,
  reachedInWords,
  shareInWords,
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
            <p className="small">
              {network && lacksFace(state, network)
                ? 'No face to look at.'
                : state.busy && <span className="faint">{busyInWords(state.busy)}</span>}
            </p>
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

/** The parts with most of what speaks for the answer, or else against it; each lights up in all maps. */
function Parts({ look }: { readonly look: Look }) {
  const amounts = useMemo(() => amountsOf(look).slice(0, 3), [look])
  return (
    <ul className="parts">
      {amounts.map((each) => (
        <li key={each.part}>
          <button
            type="button"
            onPointerEnter={() => setLook({ part: each.part })}
            onPointerLeave={() => setLook({ part: undefined })}
            onFocus={() => setLook({ part: each.part })}
            onBlur={() => setLook({ part: undefined })}
          >
            {shareInWords(each)}
          </button>
        </li>
      ))}
    </ul>
  )
}
