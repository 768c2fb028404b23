import { memo, type RefObject, useMemo, useRef, useState } from 'react'
import { WORDS } from '../app/words.ts'
import { CameraView } from '../camera/CameraView.tsx'
import { frameOf } from '../camera/frame.ts'
import type { Camera } from '../camera/useCamera.ts'
import { plain } from '../look/colours.ts'
import { Pixels } from '../look/Pixels.tsx'
import type { PupilName, Sees } from '../worker/protocol.ts'
import { DRAWINGS } from './drawn.ts'
import { addKind, removeExamples, renameKind, show, showDrawn, showFiles } from './run.ts'
import { type Example, type Kind, setTeach, useTeach } from './store.ts'

/** Milliseconds between two recorded examples. */
const BETWEEN = 120

interface CameraProps {
  readonly camera: Camera
  readonly video: RefObject<HTMLVideoElement | null>
}

/** The examples for the network. */
export function Examples({ camera, video }: CameraProps) {
  const kinds = useTeach(({ kinds }) => kinds)
  const trains = useTeach(({ trains }) => trains)
  const busy = useTeach(({ busy }) => busy)
  const refused = useTeach(({ refused }) => refused)
  return (
    <section className="teach-part panel" aria-labelledby="examples">
      <h2 id="examples">Examples</h2>
      <Setup />
      {camera.stream ? (
        <CameraView camera={camera} video={video} />
      ) : (
        <div className="choices">
          <button
            type="button"
            className="button"
            disabled={camera.waits}
            onClick={() => void camera.start()}
          >
            Camera
          </button>
          <select
            className="select"
            aria-label="Use drawn faces"
            value=""
            disabled={trains || busy !== undefined}
            onChange={({ target }) => void showDrawn(target.value)}
          >
            <option value="" disabled>
              Use drawn faces
            </option>
            {Object.entries(DRAWINGS).map(([id, { title }]) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </div>
      )}
      {camera.error && (
        <p role="alert" className="error small">
          {camera.error}
        </p>
      )}
      {kinds.map((kind) => (
        <KindView key={kind.id} kind={kind} isOn={camera.stream !== undefined} video={video} />
      ))}
      <div className="choices">
        <button type="button" className="button" disabled={trains} onClick={addKind}>
          + Kind
        </button>
      </div>
      {busy && !trains && <p className="faint small">{busy} …</p>}
      {refused && (
        <p role="alert" className="warn small">
          {refused}
        </p>
      )}
      <p className="faint tiny">
        The last fifth of each kind is held out: the network never learns from it, and is tested on it.{' '}
        {WORDS.privacy}
      </p>
    </section>
  )
}

/** Settings that are fixed as soon as there are examples, since these are cut for them. */
function Setup() {
  const pupil = useTeach(({ pupil }) => pupil)
  const sees = useTeach(({ sees }) => sees)
  const fixed = useTeach(({ kinds }) => kinds.some(({ examples }) => examples.length > 0))
  return (
    <div className="setup">
      <label className="field">
        What learns
        <select
          className="select"
          value={pupil}
          disabled={fixed}
          onChange={({ target }) => setTeach({ pupil: target.value as PupilName })}
        >
          <option value="adiencenet">a new AdienceNet</option>
          <option value="faceres">a new head on FaceRes</option>
        </select>
      </label>
      <label className="field">
        What it sees
        <select
          className="select"
          value={sees}
          disabled={fixed}
          onChange={({ target }) => setTeach({ sees: target.value as Sees })}
        >
          <option value="whole">the middle square</option>
          <option value="face">the face, cut out</option>
        </select>
      </label>
      {fixed && <p className="faint tiny">Remove all examples to change these.</p>}
    </div>
  )
}

/** One kind with its examples. */
const KindView = memo(function KindView({
  kind,
  isOn,
  video,
}: {
  readonly kind: Kind
  /** Whether the camera is on. */
  readonly isOn: boolean
  readonly video: RefObject<HTMLVideoElement | null>
}) {
  const trains = useTeach(({ trains }) => trains)
  const watched = useTeach(({ watched }) => watched)
  const many = useTeach(({ kinds }) => kinds.length > 2)
  const input = useRef<HTMLInputElement>(null)
  const { id, name, examples } = kind
  const own = examples.find((example) => example.id === watched)
  const count = examples.length === 1 ? '1 example' : `${examples.length} examples`
  return (
    <fieldset className="kind" disabled={trains}>
      <legend className="unseen">Kind {name}</legend>
      <div className="kind-head">
        <input
          className="select"
          aria-label="Name"
          maxLength={24}
          value={name}
          onChange={({ target }) => renameKind(id, target.value)}
        />
        <span className="faint small" aria-live="polite">
          {count}
        </span>
        {many && (
          <button
            type="button"
            className="button plain"
            aria-label={`Remove the kind ${name}`}
            onClick={() =>
              void removeExamples(
                kind,
                examples.map((example) => example.id),
                true,
              )
            }
          >
            ×
          </button>
        )}
      </div>
      <div className="choices">
        <Recorder kind={id} isOn={isOn} video={video} />
        <button type="button" className="button" onClick={() => input.current?.click()}>
          Add files
        </button>
        <input
          ref={input}
          type="file"
          accept="image/*"
          multiple
          aria-label={`Add files to ${name}`}
          className="unseen"
          tabIndex={-1}
          onChange={({ target }) => {
            const files = [...(target.files ?? [])]
            target.value = ''
            void showFiles(id, files)
          }}
        />
        {examples.length > 0 && (
          <button
            type="button"
            className="button plain"
            onClick={() =>
              void removeExamples(
                kind,
                examples.map((example) => example.id),
              )
            }
          >
            Remove all
          </button>
        )}
        {own && (
          <button type="button" className="button plain" onClick={() => void removeExamples(kind, [own.id])}>
            Remove the watched one
          </button>
        )}
      </div>
      {examples.length > 0 && (
        <ul className="thumbnails">
          {examples.map((example, k) => (
            <li key={example.id}>
              <Thumbnail
                example={example}
                label={`Watch ${name} ${k + 1}`}
                isWatched={example.id === watched}
              />
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  )
})

const Thumbnail = memo(function Thumbnail({
  example: { id, picture },
  label,
  isWatched,
}: {
  readonly example: Example
  readonly label: string
  readonly isWatched: boolean
}) {
  const pixels = useMemo(() => plain(picture), [picture])
  return (
    <button
      type="button"
      className="thumbnail"
      aria-label={label}
      title={label}
      aria-pressed={isWatched}
      onClick={() => setTeach({ watched: isWatched ? undefined : id })}
    >
      <Pixels pixels={pixels} />
    </button>
  )
})

/** Records while it is held down, by pointer or by Space. */
function Recorder({
  kind,
  isOn,
  video,
}: {
  readonly kind: number
  readonly isOn: boolean
  readonly video: RefObject<HTMLVideoElement | null>
}) {
  const held = useRef(false)
  const [records, setRecords] = useState(false)
  const record = async () => {
    if (held.current || records) return
    held.current = true
    setRecords(true)
    setTeach({ refused: undefined })
    while (held.current && video.current) {
      const photo = frameOf(video.current)
      const pause = new Promise((resolve) => setTimeout(resolve, BETWEEN))
      if (photo) await show(kind, { photo, name: 'The frame' })
      await pause
    }
    held.current = false
    setRecords(false)
  }
  const end = () => {
    held.current = false
  }
  return (
    <button
      type="button"
      className="button recorder"
      aria-pressed={records}
      disabled={!isOn}
      title={isOn ? undefined : 'Turn the camera on first.'}
      onPointerDown={({ currentTarget, pointerId }) => {
        currentTarget.setPointerCapture(pointerId)
        void record()
      }}
      onPointerUp={end}
      onPointerCancel={end}
      onBlur={end}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key !== ' ' && event.key !== 'Enter') return
        event.preventDefault()
        void record()
      }}
      onKeyUp={end}
    >
      {records ? 'Recording …' : 'Hold to record'}
    </button>
  )
}
