import { type CSSProperties, lazy, Suspense, useEffect, useRef, useState } from 'react'
import type { Box, FoundFace } from 'regard'
import { useDrop } from '../app/drop.ts'
import { useRoute } from '../app/route.ts'
import { WORDS } from '../app/words.ts'
import { useCamera } from '../camera/useCamera.ts'
import type { Align } from '../worker/protocol.ts'
import { Edited } from './Edited.tsx'
import { Live } from './Live.tsx'
import { changed, openPhoto } from './run.ts'
import { openSample, SAMPLE } from './sample.ts'
import { faceIn, type OpenedPhoto, setLook, useLook } from './store.ts'
import { elsewhere } from './words.ts'

// Code that the first screen does not need is loaded on demand.
const Painted = lazy(() => import('./Paint.tsx').then(({ Painted }) => ({ default: Painted })))
const Brush = lazy(() => import('./Paint.tsx').then(({ Brush }) => ({ default: Brush })))
const Eyes = lazy(() => import('./Eyes.tsx').then(({ Eyes }) => ({ default: Eyes })))

/** How many faces are shown at first; more on request. */
const FACES = 12

/** The photo with its faces, and ways to open another. */
export function Photo() {
  const photo = useLook(({ photo }) => photo)
  const lacksSample = useLook(({ lacksSample }) => lacksSample)
  const face = useLook(({ face }) => face)
  const align = useLook(({ align }) => align)
  const tab = useLook(({ tab }) => tab)
  const fixing = useLook(({ fixing }) => fixing)
  const fixed = useLook(({ fixed }) => fixed)
  const [all, setAll] = useState(false)
  const [near, setNear] = useState(false)
  const [more, setMore] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const camera = useCamera('open a photo')
  const { view } = useRoute()
  const { stop } = camera
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is another function each time, and does the same
  useEffect(() => {
    if (view !== 'look') stop()
  }, [view])
  useDrop(({ items, files }) => {
    const [file] = files
    if (!file) return
    if (items[0]?.webkitGetAsEntry()?.isDirectory) setLook({ error: elsewhere(file.name, true) })
    else void openPhoto(file, file.name)
  }, view === 'look')
  const faces = photo?.faces ?? []
  const some = all ? faces : faces.slice(0, FACES)
  return (
    <section
      className="photo panel"
      aria-label="Photo"
      data-large={camera.stream || fixing || tab === 'edit' ? true : undefined}
    >
      {camera.stream ? (
        <Live camera={camera} video={video} />
      ) : photo ? (
        <Frame photo={photo} faces={some} near={near} />
      ) : (
        <div className="photo-frame">
          <p className="faint small">{lacksSample ? 'No photo is open.' : 'Loading the sample photo …'}</p>
        </div>
      )}
      {!camera.stream && <Edited />}
      <div className="photo-side">
        {photo && faces.length === 0 && face >= 0 && !camera.stream && (
          <div className="no-face" role="status">
            <p className="warn small">No face found. Try a photo that shows it larger.</p>
            <button type="button" className="button" onClick={() => choose(-1)}>
              Use whole photo
            </button>
          </div>
        )}
        {photo && (faces.length > 0 || face < 0) && (
          <fieldset className="faces">
            <legend className="unseen">Which face</legend>
            {some.map(({ box }, k) => (
              <button
                key={`${box.left} ${box.top}`}
                type="button"
                className="button"
                aria-pressed={k === face}
                onClick={() => choose(k)}
              >
                <span className="face-word">Face</span> {k + 1}
              </button>
            ))}
            <button type="button" className="button" aria-pressed={face < 0} onClick={() => choose(-1)}>
              Whole photo
            </button>
          </fieldset>
        )}
        {faces.length > some.length && (
          <p className="small faint" role="status">
            {faces.length} faces; the {FACES} largest are shown.{' '}
            <button type="button" className="button" onClick={() => setAll(true)}>
              Show all
            </button>
          </p>
        )}
        <div className="photo-ways">
          <button type="button" className="button primary" onClick={() => input.current?.click()}>
            Open a photo
          </button>
          <input
            ref={input}
            id="open-photo"
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
          {(photo ? photo.name !== SAMPLE : lacksSample) && !camera.stream && (
            <button type="button" className="button" onClick={() => void openSample()}>
              Sample
            </button>
          )}
          <button
            type="button"
            className="button plain photo-more"
            aria-expanded={more}
            onClick={() => setMore(!more)}
          >
            {more ? 'Less' : 'More'}
          </button>
        </div>
      </div>
      <div className="photo-rest" data-open={more || undefined}>
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
        {fixing && (
          <p id="eyes-how" className="faint tiny">
            Drag the rings onto the eyes, or move them with the arrow keys, with Shift by ten pixels.
          </p>
        )}
        <div className="photo-ways">
          <button
            type="button"
            className="button"
            disabled={!faces[face]}
            aria-pressed={fixing}
            onClick={() => setLook({ fixing: !fixing })}
          >
            Fix eyes
          </button>
          {fixed && (
            <button type="button" className="button" onClick={() => changed({ fixed: undefined })}>
              Undo fix
            </button>
          )}
          <button
            type="button"
            className="button"
            aria-pressed={tab === 'edit'}
            onClick={() => setLook({ tab: tab === 'edit' ? 'rules' : 'edit' })}
          >
            Edit
          </button>
          {photo && canBeNearer(photo, face) && (
            <button type="button" className="button" aria-pressed={near} onClick={() => setNear(!near)}>
              Nearer
            </button>
          )}
        </div>
      </div>
      {camera.error && (
        <p role="alert" className="error small">
          {camera.error}
        </p>
      )}
      <p className="faint tiny photo-stays">Or drop or paste one. {WORDS.privacy}</p>
    </section>
  )
}

/** The photo in its frame: whole, or zoomed to the chosen face, together with whatever lies over it. */
function Frame({
  photo,
  faces,
  near,
}: {
  readonly photo: OpenedPhoto
  readonly faces: readonly FoundFace[]
  readonly near: boolean
}) {
  const number = useLook(({ face }) => face)
  const face = useLook(faceIn)
  const isEditing = useLook(({ tab }) => tab === 'edit')
  const fixing = useLook(({ fixing }) => fixing)
  const strokes = useLook(({ strokes }) => strokes.length > 0)
  // The frame ignores corrected eyes, or it would move under the pointer.
  const box = near && photo.faces[number]?.box
  return (
    <div className="photo-frame" data-near={box ? true : undefined}>
      <div className="photo-stage" style={box ? nearTo(box, photo) : whole(photo)}>
        <img src={photo.url} alt={photo.name} width={photo.width} height={photo.height} />
        <Suspense>{strokes && <Painted photo={photo} />}</Suspense>
        <svg viewBox={`0 0 ${photo.width} ${photo.height}`} aria-hidden="true">
          {faces.map((each, k) => {
            const { left, top, width, height } = (k === number && face ? face : each).box
            return (
              <g key={`${each.box.left} ${each.box.top}`} className={k === number ? 'chosen' : undefined}>
                <rect x={left} y={top} width={width} height={height} rx={photo.width / 80} />
              </g>
            )
          })}
        </svg>
        <Suspense>
          {isEditing && <Brush key={photo.number} photo={photo} />}
          {fixing && <Eyes photo={photo} />}
        </Suspense>
      </div>
    </div>
  )
}

/** The side of the square that is shown when zoomed in, in sides of the face's box. */
const NEAR = 1.6

function sideNear({ width, height }: Box): number {
  return NEAR * Math.max(width, height)
}

function canBeNearer({ faces, width, height }: OpenedPhoto, face: number): boolean {
  const found = faces[face]
  return found !== undefined && sideNear(found.box) < 0.9 * Math.max(width, height)
}

function nearTo(box: Box, photo: OpenedPhoto): CSSProperties {
  const { left, top, width, height } = box
  const side = sideNear(box)
  const [x, y] = [left + (width - side) / 2, top + (height - side) / 2]
  return {
    position: 'absolute',
    width: `${(100 * photo.width) / side}%`,
    left: `${(-100 * x) / side}%`,
    top: `${(-100 * y) / side}%`,
  }
}

/** As wide as the frame, within the allowed height. */
function whole({ width, height }: OpenedPhoto): CSSProperties {
  return { width: `min(100%, calc(var(--photo-height) * ${width / height}))` }
}

/** Choose another face: corrections to the last one do not apply to it. */
function choose(face: number): void {
  changed({ face, fixed: undefined, fixing: false })
}
