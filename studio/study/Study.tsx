import { lazy, type ReactNode, Suspense, useEffect, useMemo } from 'react'
import type { ListedFolder, ShownStudy } from '../../src/server/messages.ts'
import { useRoute } from '../app/route.ts'
import { follow } from './news.ts'
import { Runs } from './Runs.tsx'
import { StudyList } from './StudyList.tsx'
import { folderSource, type Source } from './source.ts'
import { type Curves, useStudies } from './store.ts'
import { counted } from './words.ts'
import './study.css'

const Report = lazy(() => import('./Report.tsx').then(({ Report }) => ({ default: Report })))
const Confusion = lazy(() => import('./Confusion.tsx').then(({ Confusion }) => ({ default: Confusion })))
const Parts = lazy(() => import('./Parts.tsx').then(({ Parts }) => ({ default: Parts })))
const Atlas = lazy(() => import('./Atlas.tsx').then(({ Atlas }) => ({ default: Atlas })))
const Findings = lazy(() => import('./Findings.tsx').then(({ Findings }) => ({ default: Findings })))
const Check = lazy(() => import('./Check.tsx').then(({ Check }) => ({ default: Check })))

const TABS = [
  ['runs', 'Runs'],
  ['report', 'Report'],
  ['confusion', 'Confusion'],
  ['parts', 'Parts'],
  ['atlas', 'Atlas'],
  ['findings', 'Findings'],
  ['check', 'Check'],
] as const
type Tab = (typeof TABS)[number][0]

/** The list of studies, or one: `#/study/NAME/TAB`. */
export function Study() {
  const { rest } = useRoute()
  const [name, tab] = rest
  const opened = useStudies(({ opened }) => opened)
  const own = name === undefined ? undefined : opened[name]?.study
  const isFromDisk = name?.startsWith('disk:') ?? false
  useEffect(() => (isFromDisk ? undefined : follow(name)), [name, isFromDisk])
  const study = useStudies(({ study }) => study)
  const curves = useStudies(({ curves }) => curves)
  const folders = useStudies(({ folders }) => folders)
  const listed = isFromDisk ? Object.values(opened).map(({ folder }) => folder) : folders
  // biome-ignore lint/correctness/useExhaustiveDependencies: another folder may be opened under the same name
  const source = useMemo(() => folderSource(name ?? ''), [name, opened])
  return (
    <div className="study">
      <Connection />
      {name === undefined ? (
        <StudyList />
      ) : own ? (
        <OneStudy study={own.shown} curves={own.curves} source={source} tab={tab} folders={listed} />
      ) : study?.name === name ? (
        <OneStudy study={study} curves={curves} source={source} tab={tab} folders={listed} />
      ) : (
        <OtherFolder name={name} folders={listed} />
      )}
    </div>
  )
}

/** The message that the server is gone, and when to try again. */
function Connection() {
  const connection = useStudies(({ connection }) => connection)
  const again = useStudies(({ again }) => again)
  const isLost = connection === 'lost'
  return (
    <>
      <p role="status" className="unseen">
        {isLost && 'Connection lost. The study continues; reconnecting.'}
      </p>
      {isLost && (
        <p className="study-lost warn" aria-hidden="true">
          Connection lost. The study continues; reconnecting in {again} s.
        </p>
      )}
    </>
  )
}

interface OneStudyProps {
  readonly study: ShownStudy
  readonly curves: Curves
  readonly source: Source
  readonly tab: string | undefined
  readonly folders: readonly ListedFolder[]
}

function OneStudy({ study, curves, source, tab, folders }: OneStudyProps) {
  const { name, title, dataset, folds, runs } = study
  const shown: Tab = TABS.find(([each]) => each === tab)?.[0] ?? 'runs'
  const finished = runs.filter(({ state }) => state === 'finished').length
  const own = folders.filter((folder) => folder.of === name || folder.name === name)
  const of = (kind: 'atlas' | 'check') =>
    own.flatMap((folder) => (folder.kinds.includes(kind) ? folder.name : []))
  return (
    <>
      <Head title={title}>
        {counted(dataset.faces, 'face')} of {counted(dataset.subjects, 'person', 'people')} ({dataset.kind}
        ), {folds.test.length} of {folds.count} folds tested. {finished} of {counted(runs.length, 'run')}{' '}
        finished.
      </Head>
      <Tabs name={name} shown={shown} />
      <Suspense fallback={<p className="faint study-body">Loading …</p>}>
        <div className="study-body">
          {shown === 'runs' && <Runs study={study} curves={curves} source={source} />}
          {shown === 'report' && <Report study={study} source={source} />}
          {shown === 'confusion' && <Confusion study={study} source={source} />}
          {shown === 'parts' && <Parts study={study} source={source} />}
          {shown === 'atlas' && <Atlas folders={of('atlas')} />}
          {shown === 'findings' && <Findings folders={own} />}
          {shown === 'check' && <Check folders={of('check')} kind={dataset.kind} />}
        </div>
      </Suspense>
    </>
  )
}

interface OtherFolderProps {
  readonly name: string
  readonly folders: readonly ListedFolder[]
}

/** Findings about something other than a study here, or a study that cannot be read. */
function OtherFolder({ name, folders }: OtherFolderProps) {
  const connection = useStudies(({ connection }) => connection)
  const unreadable = useStudies(({ unreadable }) => unreadable)
  const folder = folders.find((each) => each.name === name)
  if (!folder && (name.startsWith('disk:') || connection === 'none')) {
    return (
      <>
        <Head title={name.replace(/^disk:/, '')} />
        <p className="study-body">
          A folder from disk must be opened again each time. Open it from <a href="#/study">the list</a>.
        </p>
      </>
    )
  }
  if (folder && !folder.kinds.includes('study')) {
    return (
      <Suspense fallback={<p className="faint study-body">Loading …</p>}>
        <Head title={name.replace(/^disk:/, '')} />
        <div className="study-body">
          {folder.kinds.includes('atlas') ? (
            <Atlas folders={[name]} />
          ) : folder.kinds.includes('check') ? (
            <Check folders={[name]} kind="" />
          ) : (
            <Findings folders={[folder]} />
          )}
        </div>
      </Suspense>
    )
  }
  return (
    <>
      <Head title={name} />
      {unreadable ? (
        <p className="study-body error" role="alert">
          {unreadable}
        </p>
      ) : (
        <p className="study-body faint">Loading …</p>
      )}
    </>
  )
}

function Head({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <header className="study-head">
      <p className="small">
        <a href="#/study">Studies</a>
      </p>
      <h2>{title}</h2>
      {children && <p className="faint small">{children}</p>}
    </header>
  )
}

function Tabs({ name, shown }: { readonly name: string; readonly shown: Tab }) {
  return (
    <nav aria-label="Study" className="study-tabs">
      <ul>
        {TABS.map(([tab, title]) => (
          <li key={tab}>
            <a
              href={`#/study/${encodeURIComponent(name)}/${tab}`}
              aria-current={tab === shown ? 'page' : undefined}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
