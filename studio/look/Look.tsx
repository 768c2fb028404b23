import { lazy, Suspense, useEffect, useState } from 'react'
import { messageOf } from '../../src/base/errors.ts'
import type { View } from '../app/route.ts'
import { WORDS } from '../app/words.ts'
import { stopWork } from '../worker/client.ts'
import { fetched } from '../worker/fetched.ts'
import { Adjust } from './Adjust.tsx'
import { applyAddress, followAddress } from './address.ts'
import { Grid } from './Grid.tsx'
import { Photo } from './Photo.tsx'
import { Questions } from './Questions.tsx'
import { loadColumns, openPhoto } from './run.ts'
import { openSample } from './sample.ts'
import { DATABASE, getLook, setLook, useLook } from './store.ts'
import { Tools } from './Tools.tsx'
import { Where } from './Where.tsx'
import { busyInWords, heardIn } from './words.ts'
import './look.css'
import './edit.css'

const Compare = lazy(() => import('./Compare.tsx').then(({ Compare }) => ({ default: Compare })))

/** A photo, networks side by side, and what each of them looks at. */
export function Look({ view }: { readonly view: View }) {
  const comparing = useLook(({ comparing }) => comparing)
  const shown = view === 'look'
  useEffect(() => {
    begin().catch(report)
  }, [])
  // Models shows what each network sees of the photo; elsewhere nobody waits for it, so nothing is fetched or computed.
  useEffect(() => {
    if (view === 'look' || view === 'models') void openFirst()
  }, [view])
  useEffect(() => {
    if (!shown) return
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const file = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'))
      if (file) void openPhoto(file, file.name)
    }
    addEventListener('paste', paste)
    return () => removeEventListener('paste', paste)
  }, [shown])
  return (
    <div className="look">
      <Photo />
      <section className="look-middle" aria-label="Networks and their maps">
        <div className="look-top">
          <Questions />
          <Tools />
        </div>
        <Note />
        <Alert />
        {comparing ? (
          <Suspense fallback={<p className="faint small">Loading …</p>}>
            <Compare comparing={comparing} />
          </Suspense>
        ) : (
          <Grid />
        )}
        <Status />
        <Heard />
        <Where />
        <details className="notes small">
          <summary>What a map shows, what “gender” means here, and where your photos go</summary>
          <p>{WORDS.map}</p>
          <p>{WORDS.gender}</p>
          <p>{WORDS.privacy}</p>
        </details>
      </section>
      <Adjust />
    </div>
  )
}

let begun: Promise<void> | undefined

/** Learn which networks there are, and what the address asks for. If that fails, the next call tries again. */
function begin(): Promise<void> {
  begun ??= settle().catch((error) => {
    begun = undefined
    throw error
  })
  return begun
}

function report(error: unknown): void {
  setLook({ error: messageOf(error) })
}

async function settle() {
  const here = await fetched(new URL('models/index.json', document.baseURI))
  setLook({ here: JSON.parse(new TextDecoder().decode(here)) })
  // A link may name networks that are kept in this browser.
  if (await mayKeep()) await (await import('../models/store.ts')).begin()
  applyAddress()
  followAddress()
}

let opened = false

/** Show something on the first screen. */
async function openFirst() {
  if (opened) return
  opened = true
  try {
    await begin()
  } catch (error) {
    // The next view that shows a photo tries again.
    opened = false
    setLook({ lacksSample: true })
    return report(error)
  }
  // Networks are fetched while faces are looked for. The user may have opened a photo before them.
  await Promise.all([getLook().photo ? undefined : openSample(), loadColumns()])
}

/** Whether networks may be kept here. Not every browser can say, so true where unknown. */
async function mayKeep(): Promise<boolean> {
  try {
    return (await indexedDB.databases()).some(({ name }) => name === DATABASE)
  } catch {
    return true
  }
}

/** The note about a link. */
function Note() {
  const note = useLook(({ note }) => note)
  return (
    <div role="status">
      {note && (
        <div className="note small">
          <p>{note}</p>
          <button type="button" className="button plain" onClick={() => setLook({ note: undefined })}>
            Close
          </button>
        </div>
      )}
    </div>
  )
}

/** What went wrong: above the maps, where it is seen. */
function Alert() {
  const error = useLook(({ error }) => error)
  return (
    error && (
      <div className="note small">
        <p role="alert" className="error">
          {error}
        </p>
        <button type="button" className="button plain" onClick={() => setLook({ error: undefined })}>
          Close
        </button>
      </div>
    )
  )
}

/** Work underway. */
function Status() {
  const busy = useLook(({ busy }) => busy)
  return (
    <div className="status small">
      <p className="faint">{busy && busyInWords(busy)}</p>
      {busy?.stops && (
        <button type="button" className="button" onClick={stopWork}>
          Stop
        </button>
      )}
    </div>
  )
}

/** Milliseconds without a change before screen readers are told: a slider is moved until then. */
const REST = 500

/** What screen readers hear. */
function Heard() {
  const now = useLook(heardIn)
  const [said, say] = useState('')
  useEffect(() => {
    // Emptied first, so that what is as before is said again.
    say('')
    const timer = setTimeout(() => say(now), REST)
    return () => clearTimeout(timer)
  }, [now])
  return (
    <p className="unseen" aria-live="polite">
      {said}
    </p>
  )
}
