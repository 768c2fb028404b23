import { type Drawing as How, setLook, useLook } from './store.ts'

/** Controls for drawing maps, which need no new computation. */
export function Drawing() {
  const drawing = useLook(({ drawing }) => drawing)
  const set = (change: Partial<How>) => setLook({ drawing: { ...drawing, ...change } })
  return (
    <fieldset className="group">
      <legend>Show</legend>
      <div className="choices">
        {(['map', 'overlay', 'photo'] as const).map((show) => (
          <button
            key={show}
            type="button"
            className="button"
            aria-pressed={drawing.show === show}
            onClick={() => set({ show })}
          >
            {show === 'map' ? 'Map' : show === 'overlay' ? 'Overlay' : 'Photo'}
          </button>
        ))}
      </div>
      {drawing.show === 'overlay' && (
        <label className="field">
          Opacity {Math.round(100 * drawing.opacity)} %
          <input
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={drawing.opacity}
            onChange={({ target }) => set({ opacity: Number(target.value) })}
          />
        </label>
      )}
      <label className="field">
        Colours
        <select
          className="select"
          value={drawing.show === 'overlay' ? 'light' : drawing.colours}
          disabled={drawing.show !== 'map'}
          onChange={({ target }) => set({ colours: target.value as How['colours'] })}
        >
          <option value="paper">the paper’s, on black</option>
          <option value="light">light; safe for colour-blind people</option>
        </select>
      </label>
      <label className="field">
        Scale
        <select
          className="select"
          value={drawing.scale}
          onChange={({ target }) => set({ scale: target.value as How['scale'] })}
        >
          <option value="each">each map its own</option>
          <option value="one">one for a row, in logits</option>
        </select>
      </label>
      <label className="field">
        Brighten
        <select
          className="select"
          value={drawing.brighten}
          onChange={({ target }) => set({ brighten: Number(target.value) })}
        >
          {[1, 2, 4, 8, 16].map((times) => (
            <option key={times} value={times}>
              {times} ×
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  )
}
