import { clear, redo, undo } from './edit.ts'
import { getLook, setLook, useLook } from './store.ts'

/** Undo for what is painted, and comparison with the original. */
export function Edited() {
  const isEdited = useLook(({ strokes }) => strokes.length > 0)
  const canRedo = useLook(({ undone }) => undone.length > 0)
  const isOpen = useLook(({ tab }) => tab === 'edit')
  const before = useLook(({ before }) => before)
  if (!isEdited && !isOpen && !canRedo) return null
  const show = (before: boolean) => () => setLook({ before })
  return (
    <div className="edited">
      <div className="choices">
        <button type="button" className="button" disabled={!isEdited} onClick={undo}>
          Undo
        </button>
        <button type="button" className="button" disabled={!canRedo} onClick={redo}>
          Redo
        </button>
        <button type="button" className="button" disabled={!isEdited} onClick={clear}>
          Clear
        </button>
        {/* Held down with a pointer; toggled by keys and assistive technology. */}
        <button
          type="button"
          className="button"
          disabled={!isEdited}
          aria-pressed={before}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId)
            setLook({ before: true })
          }}
          onPointerUp={show(false)}
          onPointerCancel={show(false)}
          onBlur={show(false)}
          onClick={({ detail }) => detail === 0 && setLook({ before: !getLook().before })}
        >
          Before
        </button>
      </div>
      {isEdited && <p className="warn tiny">An edited photo is unlike those the network learned from.</p>}
    </div>
  )
}
