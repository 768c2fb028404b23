import { type DragEvent, useEffect, useRef, useState } from 'react'
import { useRoute } from '../app/route.ts'
import { WORDS } from '../app/words.ts'
import { useCamera } from '../camera/useCamera.ts'
import type { Align } from '../worker/protocol.ts'
import { Live } from './Live.tsx'
import { changed, openPhoto } from './run.ts'
import { useLook } from './store.ts'

/** More faces than these are shown when they are asked for. */
const FACES = 12

/** The photo with its faces, and ways to open another. */
export function Photo() {
  const photo = useLook(({ photo }) => photo)
  const face = useLook(({ face }) => face)
  const align = useLook(({ align }) => align)
  const [over, setOver] = useState(false)
  const [all, setAll] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const camera = useCamera('open a photo')
  const { view } = useRoute()
  const { stop } = camera
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is another function each time, and does the same
  useEffect(() => {
    if (view !== 'look') stop()
  }, [view])
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const [file] = event.dataTransfer.files
    if (file) void openPhoto(file, file.name)
  }
  const faces = photo?.faces ?? []
  const some = all ? faces : faces.slice(0, FACES)
  return (
    <section
      className="photo panel"
      aria-label="Photo"
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {camera.stream ? (
        <Live camera={camera} video={video} />
      ) : (
        <div className="photo-frame">
          {photo ? (
            <>
              <img src={photo.url} alt={photo.name} width={photo.width} height={photo.height} />
              <svg viewBox={`0 0 ${photo.width} ${photo.height}`} aria-hidden="true">
                {some.map(({ box }, k) => (
                  <g key={`${box.left} ${box.top}`} className={k === face ? 'chosen' : undefined}>
                    <rect
                      x={box.left}
                      y={box.top}
                      width={box.width}
                      height={box.height}
                      rx={photo.width / 80}
                    />
                  </g>
                ))}
              </svg>
            </>
          ) : (
            <p className="faint small">Loading the sample photo …</p>
          )}
        </div>
      )}
      {photo && (
        <fieldset className="faces">
          <legend className="unseen">Which face</legend>
          {some.map(({ box }, k) => (
            <button
              key={`${box.left} ${box.top}`}
              type="button"
              className="button"
              aria-pressed={k === face}
              onClick={() => changed({ face: k, fixed: undefined })}
            >
              Face {k + 1}
            </button>
          ))}
          {faces.length > some.length && (
            <button type="button" className="button" onClick={() => setAll(true)}>
              Show all {faces.length}
            </button>
          )}
          <button
            type="button"
            className="button"
            aria-pressed={face < 0}
            onClick={() => changed({ face: -1, fixed: undefined })}
          >
            Whole photo
          </button>
          {faces.length === 0 && (
            <p className="warn small">No face found. Try a larger one, or use the whole photo.</p>
          )}
        </fieldset>
      )}
      <label className="field">
        Align
        <select
          className="select"
          value={align}
          onChange={({ target }) => changed({ align: target.value as Align })}
        >
          <option value="own">as the network wants</option>
          <option value="r">r: rotated until the eyes are level</option>
          <option value="i">i: fitted to a reference face</option>
        </select>
      </label>
      <div className="photo-ways">
        <button type="button" className="button primary" onClick={() => input.current?.click()}>
          Open a photo
        </button>
        <input
          ref={input}
          type="file"
          accept="image/*"
          aria-label="Open a photo"
          className="unseen"
          tabIndex={-1}
          onChange={({ target }) => {
            const [file] = target.files ?? []
            if (file) void openPhoto(file, file.name)
            target.value = ''
          }}
        />
        {!camera.stream && (
          <button
            type="button"
            className="button"
            disabled={camera.waits}
            onClick={() => void camera.start()}
          >
            Camera
          </button>
        )}
      </div>
      {camera.error && (
        <p role="alert" className="error small">
          {camera.error}
        </p>
      )}
      <p className="faint tiny">Or drop or paste one. {WORDS.privacy}</p>
    </section>
  )
}
