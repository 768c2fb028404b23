import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { copyLink } from './address.ts'
import { againstOf, compare, followHistory } from './comparing.ts'
import { cellOf, useLook } from './store.ts'
import './tools.css'

const Export = lazy(() => import('./Export.tsx').then(({ Export }) => ({ default: Export })))

/** Tools for all columns: compare and export. */
export function Tools() {
  const state = useLook()
  const { columns, questions, comparing } = state
  const [exports, setExports] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(followHistory, [])
  const was = useRef(false)
  useEffect(() => {
    if (was.current && !comparing) button.current?.focus()
    was.current = comparing !== undefined
  }, [comparing])
  const shown = questions.flatMap(({ id: row }) =>
    columns.flatMap((id) => (cellOf(state, id, row).look ? [{ network: id, row }] : [])),
  )
  const [first] = shown
  const [against] = first ? againstOf(state, first) : []
  return (
    <div className="tools">
      {!comparing && (
        <button
          ref={button}
          type="button"
          className="button"
          disabled={!first || !against}
          onClick={() => {
            if (first && against) compare({ ...first, against })
          }}
        >
          Compare
        </button>
      )}
      {exports ? (
        <Suspense fallback={<ExportButton disabled />}>
          <Export />
        </Suspense>
      ) : (
        <ExportButton disabled={!first} onClick={() => setExports(true)} />
      )}
      <button type="button" className="button" onClick={copyLink}>
        Copy link
      </button>
    </div>
  )
}

/** The menu is loaded when it is first used. */
function ExportButton({ disabled, onClick }: { readonly disabled: boolean; readonly onClick?: () => void }) {
  return (
    <button
      id="export"
      type="button"
      className="button"
      disabled={disabled}
      aria-haspopup="menu"
      onClick={onClick}
    >
      Export
    </button>
  )
}
