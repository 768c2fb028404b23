import { draw } from './address.ts'
import { type Drawing as How, setLook, useLook } from './store.ts'
import { ZOOMS, zoomed } from './zoom.ts'

/** Controls for drawing maps, which need no new computation. */
export function Drawing() {
  const drawing = useLook(({ drawing }) => drawing)
  const zoom = useLook(({ zoom }) => zoom)
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
            onClick={() => draw({ show })}
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
            onChange={({ target }) => draw({ opacity: Number(target.value) })}
          />
        </label>
      )}
      <label className="field">
        Colours
        <select
          className="select"
          value={drawing.show === 'overlay' ? 'light' : drawing.colours}
          disabled={drawing.show !== 'map'}
          onChange={({ target }) => draw({ colours: target.value as How['colours'] })}
        >
          <option value="paper">the paper’s, on black</option>
          <option value="light">light; safe for colour-blind people</option>
        </select>
        {drawing.show !== 'map' && (
          <span className="faint tiny">
            {drawing.show === 'overlay' ? 'Over a photo, maps are always light.' : 'No map is shown.'}
          </span>
        )}
      </label>
      <label className="field">
        Scale
        <select
          className="select"
          value={drawing.scale}
          onChange={({ target }) => draw({ scale: target.value as How['scale'] })}
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
          onChange={({ target }) => draw({ brighten: Number(target.value) })}
        >
          {[1, 2, 4, 8, 16].map((times) => (
            <option key={times} value={times}>
              {times} ×
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        Zoom {Number(zoom.by.toFixed(1))} ×
        <input
          type="range"
          {...ZOOMS}
          value={zoom.by}
          onChange={({ target }) => setLook({ zoom: zoomed(zoom, Number(target.value)) })}
        />
      </label>
    </fieldset>
  )
}
