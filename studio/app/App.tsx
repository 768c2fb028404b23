import { lazy, Suspense, useEffect } from 'react'
import { Look } from '../look/Look.tsx'
import { listenToDrops } from './drop.ts'
import { Header } from './Header.tsx'
import { listenToKeys } from './keys.ts'
import { useRoute, type View } from './route.ts'
import { WorkerStatus } from './WorkerStatus.tsx'
import './app.css'

// Code that the first screen does not need is loaded on demand.
const Models = lazy(() => import('../models/Models.tsx').then(({ Models }) => ({ default: Models })))
const Study = lazy(() => import('../study/Study.tsx').then(({ Study }) => ({ default: Study })))
const Teach = lazy(() => import('../teach/Teach.tsx').then(({ Teach }) => ({ default: Teach })))
const Help = lazy(() => import('./Help.tsx').then(({ Help }) => ({ default: Help })))

const TITLES: Record<View, string> = {
  look: 'Look',
  models: 'Models',
  study: 'Study',
  teach: 'Teach',
  help: 'Help',
}

export function App() {
  const { view } = useRoute()
  useEffect(() => {
    document.title = `${TITLES[view]} – regard studio`
  }, [view])
  useEffect(listenToKeys, [])
  useEffect(listenToDrops, [])
  return (
    <>
      <button type="button" className="button skip" onClick={skip}>
        Skip to the content
      </button>
      <Header view={view} />
      <main id="content" tabIndex={-1}>
        <h1 className="unseen">{TITLES[view]}</h1>
        <WorkerStatus />
        {/* Look keeps its state while another view is shown. */}
        <div hidden={view !== 'look'}>
          <Look view={view} />
        </div>
        <Suspense fallback={<p className="faint loading">Loading …</p>}>
          {view === 'models' && <Models />}
          {view === 'study' && <Study />}
          {view === 'teach' && <Teach />}
          {view === 'help' && <Help />}
        </Suspense>
      </main>
    </>
  )
}

/** Not a link, because the fragment says which view is shown. */
function skip() {
  document.getElementById('content')!.focus()
}
