import { BRUSH_WORDS, BRUSHES, SIZES } from './edit.ts'
import { paintPart, partsToPaint } from './parts.ts'
import { faceIn, setLook, useLook } from './store.ts'
import { partInWords } from './words.ts'

/** A brush for the photo, and whole parts for users without a pointer. */
export function Edit() {
  const brush = useLook(({ brush }) => brush)
  const size = useLook(({ size }) => size)
  const face = useLook(faceIn)
  return (
    <>
      <fieldset className="group">
        <legend>Brush</legend>
        <div className="choices">
          {BRUSHES.map((each) => (
            <button
              key={each}
              type="button"
              className="button"
              aria-pressed={each === brush}
              onClick={() => setLook({ brush: each })}
            >
              {BRUSH_WORDS[each]}
            </button>
          ))}
        </div>
        <label className="field">
          Size {size} px
          <input
            type="range"
            {...SIZES}
            value={size}
            onChange={({ target }) => setLook({ size: Number(target.value) })}
          />
        </label>
        <p className="faint tiny">{HOW[brush]} Paint on the photo, or take a whole part here.</p>
      </fieldset>
      <fieldset className="group">
        <legend>{face ? 'Parts of the face' : 'Fields of the photo'}</legend>
        <ul className="edit-parts small">
          {partsToPaint(face).map((part) => (
            <li
              key={part}
              onPointerEnter={() => setLook({ part })}
              onPointerLeave={() => setLook({ part: undefined })}
            >
              <span aria-hidden="true">{partInWords(part)}</span>
              <button
                type="button"
                className="button"
                aria-label={`${BRUSH_WORDS[brush]} ${partInWords(part)}`}
                onFocus={() => setLook({ part })}
                onBlur={() => setLook({ part: undefined })}
                onClick={() => paintPart(part)}
              >
                {BRUSH_WORDS[brush]}
              </button>
            </li>
          ))}
        </ul>
      </fieldset>
    </>
  )
}

/** What each brush does. */
const HOW = {
  cover: 'Covers with plain grey.',
  blur: 'Blurs by the width of the brush.',
  erase: 'Fills it in from what is around it.',
} as const
