import { useRef } from 'react'
import type { FolderKind, ListedFolder } from '../../src/server/messages.ts'
import { filesDropped, useDrop } from '../app/drop.ts'
import { thenGo } from '../app/route.ts'
import { openFolder } from './disk.ts'
import { useStudies } from './store.ts'
import { counted, FOUND } from './words.ts'

/** All known studies, and a way to open another. */
export function StudyList() {
  const connection = useStudies(({ connection }) => connection)
  const folders = useStudies(({ folders }) => folders)
  const opened = useStudies(({ opened }) => opened)
  const refused = useStudies(({ refused }) => refused)
  const studies = folders.filter(({ kinds }) => kinds.includes('study'))
  const fromDisk = Object.values(opened).flatMap(({ study }) => study?.shown ?? [])
  const others = [...folders, ...Object.values(opened).map(({ folder }) => folder)].filter(
    ({ kinds }) => !kinds.includes('study'),
  )
  const isEmpty = studies.length + fromDisk.length === 0 && connection !== 'asking'
  const open = (picked: Parameters<typeof openFolder>[0]) =>
    thenGo(async () => {
      const name = await openFolder(picked)
      return name === undefined ? undefined : link(name)
    })
  useDrop(({ items }) => void filesDropped(items).then(open))
  return (
    <section aria-label="All studies" className="study-list">
      {isEmpty ? (
        <p className="study-empty">
          No study yet. Run <code>npx regard study PLAN.yaml</code> or open its folder.
        </p>
      ) : (
        <h2>Studies</h2>
      )}
      <ul className="study-cards">
        {studies.map((folder) => (
          <StudyCard key={folder.name} folder={folder} />
        ))}
        {fromDisk.map((study) => (
          <li key={study.name} className="panel">
            <a href={link(study.name)}>{study.title}</a>
            <p className="faint tiny">from disk</p>
            <Progress
              finished={study.runs.filter(({ state }) => state === 'finished').length}
              runs={study.runs.length}
              underway={0}
            />
          </li>
        ))}
      </ul>
      <OpenFolder open={open} />
      {refused && (
        <p role="alert" className="error">
          {refused}
        </p>
      )}
      {others.length > 0 && (
        <>
          <h2>Atlases, checks and findings</h2>
          <ul className="study-cards">
            {others.map((folder) => (
              <Other key={folder.name} {...folder} />
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function link(name: string): string {
  return `#/study/${encodeURIComponent(name)}`
}

/** Findings about a study, which are shown with it, or about something else. */
function Other({ name, kinds, of }: ListedFolder) {
  const [kind] = kinds as [Exclude<FolderKind, 'study'>]
  const tab = kind in FOUND ? 'findings' : kind
  return (
    <li className="panel">
      <a href={of ? `${link(of)}/${tab}` : link(name)}>{`${OTHERS[kind]}: ${name.replace(/^disk:/, '')}`}</a>
      {of && <p className="faint tiny">of {of.replace(/^disk:/, '')}</p>}
    </li>
  )
}

const OTHERS = { atlas: 'Atlas', check: 'Check', ...FOUND }

function StudyCard({ folder: { name, study, error } }: { readonly folder: ListedFolder }) {
  return (
    <li className="panel">
      <a href={link(name)}>{study?.title ?? name}</a>
      <p className="faint tiny">{name}</p>
      {study && <Progress {...study} />}
      {error && <p className="error small">{error}</p>}
    </li>
  )
}

interface ProgressProps {
  readonly finished: number
  readonly runs: number
  readonly underway: number
}

function Progress({ finished, runs, underway }: ProgressProps) {
  return (
    <>
      <progress value={finished} max={Math.max(1, runs)} aria-label="Runs finished" />
      <p className="small">
        {finished} of {counted(runs, 'run')} finished{underway > 0 && `, ${underway} underway`}
      </p>
    </>
  )
}

interface OpenFolderProps {
  readonly open: (picked: { path: string; file: File }[]) => void
}

function OpenFolder({ open }: OpenFolderProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <p className="study-open">
      <button type="button" className="button" onClick={() => input.current!.click()}>
        Open a study’s folder
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        // Folders instead of files; React's types do not know this attribute yet.
        {...{ webkitdirectory: '' }}
        aria-label="A study’s folder"
        onChange={({ target }) => {
          open([...(target.files ?? [])].map((file) => ({ path: file.webkitRelativePath, file })))
          target.value = ''
        }}
      />
      <span className="faint small">or drop it here. It is read in this page and sent nowhere.</span>
    </p>
  )
}
