import { useEffect, useRef } from 'react'
import { type BuiltInName, builtIn } from 'regard'
import { filesDropped, useDrop } from '../app/drop.ts'
import { thenGo, useRoute } from '../app/route.ts'
import { useLook } from '../look/store.ts'
import { absentInWords } from '../look/words.ts'
import { BuiltIn } from './BuiltIn.tsx'
import { bytesOf, megabytes } from './kept.ts'
import { LoadedNetwork } from './LoadedNetwork.tsx'
import { Stored } from './Stored.tsx'
import { addFiles, begin, dismissProblems, useModels } from './store.ts'
import { YourNetwork } from './YourNetwork.tsx'
import './models.css'

const NAMES = Object.keys(builtIn) as BuiltInName[]

/** The networks: those that come with the page, and the user's own. */
export function Models() {
  const { rest } = useRoute()
  const here = useLook(({ here }) => here)
  const yours = useModels(({ yours }) => yours)
  const loaded = useLook(({ networks }) => networks)
  useEffect(() => {
    void begin()
  }, [])
  const id = rest[0] || here[0] || NAMES[0]!
  const own = yours.find((each) => each.id === id)
  const others = loaded.filter(
    (each) => !NAMES.includes(each.id as BuiltInName) && yours.every((one) => one.id !== each.id),
  )
  useDrop(({ items }) => void filesDropped(items).then((found) => take(found.map(({ file }) => file))))
  return (
    <div className="models">
      <nav className="models-list panel" aria-label="Networks">
        <h2>Built in</h2>
        <ul>
          {NAMES.map((name) => {
            const isHere = here.includes(name)
            return (
              <li key={name}>
                <a href={`#/models/${name}`} aria-current={name === id ? 'page' : undefined}>
                  <span>{name}</span>
                  <span className="faint tiny">
                    {isHere || here.length === 0 ? tasksOf(name) : 'not on this device'}
                  </span>
                </a>
              </li>
            )
          })}
        </ul>
        {others.length > 0 && (
          <>
            <h2>From Study and Teach</h2>
            <ul>
              {others.map((network) => (
                <li key={network.id}>
                  <a
                    href={`#/models/${encodeURIComponent(network.id)}`}
                    aria-current={network.id === id ? 'page' : undefined}
                  >
                    <span>{network.id}</span>
                    <span className="faint tiny">{megabytes(network.bytes)}</span>
                  </a>
                </li>
              ))}
            </ul>
          </>
        )}
        <h2>Yours</h2>
        {yours.length === 0 && <p className="faint small">None yet.</p>}
        <ul>
          {yours.map((network) => (
            <li key={network.id}>
              <a
                href={`#/models/${encodeURIComponent(network.id)}`}
                aria-current={network.id === id ? 'page' : undefined}
              >
                <span>{network.id}</span>
                <span className="faint tiny">
                  {megabytes(bytesOf(network))}
                  {network.kept ? ', kept here' : ''}
                  {network.report && !network.report.network ? ', needs its card' : ''}
                </span>
              </a>
            </li>
          ))}
        </ul>
        <Open />
        <Stored />
      </nav>
      <div className="models-middle">
        <Problems />
        {own ? (
          <YourNetwork key={own.id} network={own} />
        ) : NAMES.includes(id as BuiltInName) ? (
          <BuiltIn
            key={id}
            name={id as BuiltInName}
            isHere={here.length > 0 ? here.includes(id) : undefined}
          />
        ) : others.some((each) => each.id === id) ? (
          <LoadedNetwork key={id} id={id} />
        ) : (
          <section className="panel model" aria-label={id}>
            <h2>{id}</h2>
            <p>{absentInWords(id)}</p>
          </section>
        )}
      </div>
    </div>
  )
}

/** Add files, and show the result. */
async function take(files: readonly File[]): Promise<void> {
  if (files.length === 0) return
  await thenGo(async () => {
    const last = await addFiles(files)
    return last === undefined ? undefined : `#/models/${encodeURIComponent(last)}`
  })
}

function tasksOf(name: BuiltInName): string {
  return builtIn[name].card.answers.map(({ task }) => (task === 'years' ? 'age' : task)).join(', ')
}

/** The button for files, and what can be dropped. */
function Open() {
  const input = useRef<HTMLInputElement>(null)
  return (
    <div className="models-open">
      <button type="button" className="button primary" onClick={() => input.current?.click()}>
        Open a model
      </button>
      <input
        ref={input}
        type="file"
        multiple
        aria-label="Open a model"
        className="unseen"
        tabIndex={-1}
        onChange={({ target }) => {
          void take([...(target.files ?? [])])
          target.value = ''
        }}
      />
      <p className="faint tiny">
        Or drop .onnx, .caffemodel + .prototxt, or model.json + .bin, with the card and the mean if there are
        any. It stays on this device.
      </p>
    </div>
  )
}

/** Work underway, and problems with dropped files. */
function Problems() {
  const problems = useModels(({ problems }) => problems)
  const busy = useModels(({ busy }) => busy)
  return (
    <>
      <p aria-live="polite" className="faint small models-busy">
        {busy && `${busy} …`}
      </p>
      {problems.length > 0 && (
        <div className="panel problems">
          <div role="alert">
            {problems.map((problem) => (
              <p key={problem} className="error">
                {problem}
              </p>
            ))}
          </div>
          <button type="button" className="button" onClick={dismissProblems}>
            Close
          </button>
        </div>
      )}
    </>
  )
}
