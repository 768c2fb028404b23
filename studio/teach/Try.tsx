import { type RefObject, useEffect, useMemo, useRef } from 'react'
import { anotherFrame, frameOf } from '../camera/frame.ts'
import type { Camera } from '../camera/useCamera.ts'
import { overlaid, plain } from '../look/colours.ts'
import { Pixels } from '../look/Pixels.tsx'
import { percent } from '../look/words.ts'
import { openInLook, save, tryOut } from './run.ts'
import { useTeach } from './store.ts'

/** Trying the taught network on other pictures, and what to do with it next. */
export function Try({
  camera: { stream },
  video,
}: {
  readonly camera: Camera
  readonly video: RefObject<HTMLVideoElement | null>
}) {
  const trains = useTeach(({ trains }) => trains)
  const isTaught = useTeach(({ glances }) => glances.length > 0)
  const saved = useTeach(({ saved }) => saved)
  const input = useRef<HTMLInputElement>(null)
  const ready = isTaught && !trains
  useEffect(() => {
    const { current } = video
    if (!stream || !current || !ready) return
    const ending = new AbortController()
    void live(current, ending.signal)
    return () => ending.abort()
  }, [stream, video, ready])
  return (
    <section className="teach-part panel" aria-labelledby="try">
      <h2 id="try">Try</h2>
      {ready ? (
        <>
          <div className="choices">
            <button type="button" className="button" onClick={() => input.current?.click()}>
              Try a file
            </button>
            <input
              ref={input}
              type="file"
              accept="image/*"
              aria-label="Try a file"
              className="unseen"
              tabIndex={-1}
              onChange={({ target }) => {
                const [file] = target.files ?? []
                target.value = ''
                if (file) void tryFile(file)
              }}
            />
          </div>
          <p className="faint tiny">
            {stream ? 'It answers for what the camera sees.' : 'Or turn the camera on.'}
          </p>
          <Answer />
          <div className="choices">
            <button type="button" className="button primary" onClick={() => void openInLook()}>
              Use in Look
            </button>
            <button type="button" className="button" onClick={() => void save()}>
              Save
            </button>
          </div>
          <p className={saved ? 'faint tiny' : 'warn tiny'}>
            {saved
              ? 'Saved: model.onnx and its card, model.card.yaml. `npx regard explain model.onnx photo.jpg` explains it.'
              : 'Examples and model are not saved. They are gone when you close the page.'}
          </p>
        </>
      ) : (
        <p className="faint small">
          {trains ? 'It learns.' : 'Once it is trained, try it here on the camera or a file.'}
        </p>
      )}
    </section>
  )
}

/** Always try the newest frame. */
async function live(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const next = anotherFrame(video, signal)
    const photo = frameOf(video)
    if (photo) await tryOut({ photo, name: 'The frame' })
    await next
  }
}

async function tryFile(file: File): Promise<void> {
  await tryOut({ photo: new Uint8Array(await file.arrayBuffer()), name: file.name })
}

function Answer() {
  const tried = useTeach(({ tried }) => tried)
  const pixels = useMemo(() => {
    if (!tried) return undefined
    const most = tried.map.data.reduce((so, value) => Math.max(so, Math.abs(value)), 0)
    return [plain(tried.seen), overlaid(tried.map, tried.seen, most, 0.7)] as const
  }, [tried])
  if (!tried || !pixels) return null
  return (
    <>
      <ul className="told">
        {tried.classes.map(({ name, probability }) => (
          <li key={name}>
            <span>
              {name} {percent(probability)}
            </span>
            <meter min={0} max={1} value={probability} aria-label={`${name}, probability`} />
          </li>
        ))}
      </ul>
      <div className="triple">
        <Pixels pixels={pixels[0]} label="What the network sees" />
        <Pixels pixels={pixels[1]} label={`What spoke for and against ${tried.name}`} />
      </div>
      <p className="faint tiny">
        Orange speaks for {tried.name}, blue against. It knows only these kinds: whatever it is shown, it
        answers one of them.
      </p>
    </>
  )
}
