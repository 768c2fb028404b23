import { useState } from 'react'
import { messageOf } from '../../src/base/errors.ts'
import { Choice } from './Choice.tsx'
import { FacePicture } from './Faces.tsx'
import type { CheckFile, FindingFile } from './records.ts'
import { folderSource, jsonOf, type Source, textOf } from './source.ts'
import { useRead } from './useRead.ts'
import { counted } from './words.ts'

/** What `regard dataset check` found, with photos; pairs can be marked. */
export function Check({ folders, kind }: { readonly folders: readonly string[]; readonly kind: string }) {
  const [folder] = folders
  const { value, error } = useRead(folder, () => readCheck(folder!))
  if (!folder) {
    return (
      <p>
        No check of this study’s data is here. Write one:{' '}
        <code>{`npx regard dataset check ${kind}:PATH --out out/check`}</code>
      </p>
    )
  }
  return (
    <>
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      {value && <Findings folder={folder} {...value} />}
    </>
  )
}

type MarkName = 'same' | 'different'

interface FindingsProps {
  readonly folder: string
  readonly check: CheckFile
  readonly marks: Readonly<Record<string, MarkName>>
}

async function readCheck(folder: string): Promise<Omit<FindingsProps, 'folder'>> {
  const source = folderSource(folder)
  const check = await jsonOf<CheckFile>(source, 'findings.json')
  return { check, marks: await marksIn(source) }
}

async function marksIn(source: Source): Promise<Record<string, MarkName>> {
  // Opened from disk, it cannot store marks.
  if (source.url('marks.csv') === undefined) return {}
  const text = await textOf(source, 'marks.csv')
  if (text === '') return {}
  const { parse } = await import('csv-parse/browser/esm/sync')
  const rows = parse(text, { columns: true }) as { a: string; b: string; mark: MarkName }[]
  return Object.fromEntries(rows.map(({ a, b, mark }) => [keyOf([a, b]), mark]))
}

/** A pair, whichever of the two is named first. */
function keyOf(pair: readonly string[]): string {
  return JSON.stringify([...pair].sort())
}

const SEVERITIES = { serious: 'Serious', doubtful: 'Doubtful', note: 'Note' } as const

/** How many cases are shown at first. */
const SHOWN = 12

function Findings({ folder, check, marks: kept }: FindingsProps) {
  const [marks, setMarks] = useState(kept)
  const [error, setError] = useState<string>()
  const isServed = folderSource(folder).url('marks.csv') !== undefined
  const made = check.findings.filter(({ count }) => count > 0)
  const passed = check.findings.filter(({ count }) => count === 0)
  const put = async (pair: readonly string[], mark: MarkName | undefined) => {
    setError(undefined)
    try {
      await send(folder, { a: pair[0]!, b: pair[1]!, ...(mark && { mark }) })
      setMarks(({ [keyOf(pair)]: _, ...rest }) => ({
        ...rest,
        ...(mark && { [keyOf(pair)]: mark }),
      }))
    } catch (thrown) {
      setError(`The mark was not saved. ${messageOf(thrown)}`)
    }
  }
  return (
    <>
      <p className="faint small">
        {counted(check.faces, 'face')} of {counted(check.subjects, 'person', 'people')} ({check.kind}).{' '}
        {isServed
          ? 'Marks are kept in marks.csv beside the findings, and the next check respects them.'
          : 'Opened from disk. To see photos and save marks, run regard studio on the folder.'}
      </p>
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      {made.map((finding) => (
        <Finding key={finding.check} finding={finding} folder={folder} marks={marks} put={put} />
      ))}
      {passed.length > 0 && (
        <p className="faint small">Nothing found: {passed.map(({ title }) => title).join('; ')}.</p>
      )}
    </>
  )
}

interface FindingProps {
  readonly finding: FindingFile
  readonly folder: string
  readonly marks: FindingsProps['marks']
  readonly put: (pair: readonly string[], mark: MarkName | undefined) => Promise<void>
}

function Finding({ finding, folder, marks, put }: FindingProps) {
  const { severity, title, advice, count, cases, pairs } = finding
  const [shown, setShown] = useState(SHOWN)
  const source = folderSource(folder)
  const isServed = source.url('marks.csv') !== undefined
  return (
    <details className="study-finding panel" open={severity === 'serious'}>
      <summary>
        <span className={severity === 'serious' ? 'error' : severity === 'doubtful' ? 'warn' : 'faint'}>
          {SEVERITIES[severity]}
        </span>{' '}
        {title} ({count})
      </summary>
      <p className="small">{advice}</p>
      <ul className="study-cases">
        {cases.slice(0, shown).map(({ faces, detail }) => (
          <li key={`${faces.join()} ${detail}`}>
            <div className="study-pair">
              {faces.map((face) => (
                <figure key={face}>
                  <FacePicture face={{ id: face, url: source.photo(face) }} />
                  <figcaption className="tiny faint">{face}</figcaption>
                </figure>
              ))}
            </div>
            <p className="tiny">{detail}</p>
            {pairs && isServed && (
              <Mark pair={faces} mark={marks[keyOf(faces)]} put={(mark) => void put(faces, mark)} />
            )}
          </li>
        ))}
      </ul>
      {cases.length > shown && (
        <button type="button" className="button" onClick={() => setShown(shown + SHOWN)}>
          Show {Math.min(SHOWN, cases.length - shown)} more of {cases.length - shown}
        </button>
      )}
    </details>
  )
}

interface MarkProps {
  readonly pair: readonly string[]
  readonly mark: MarkName | undefined
  readonly put: (mark: MarkName | undefined) => void
}

function Mark({ pair, mark, put }: MarkProps) {
  return (
    <Choice
      name={`${pair.join(' and ')} are`}
      options={[
        ['same', 'Same'],
        ['different', 'Different'],
      ]}
      value={mark}
      // Choosing it again removes the mark.
      choose={(each) => put(mark === each ? undefined : each)}
    />
  )
}

async function send(folder: string, mark: Readonly<Record<string, string>>): Promise<void> {
  const response = await fetch(`api/folders/${encodeURIComponent(folder)}/marks`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(mark),
  })
  if (!response.ok) throw new Error(await response.text())
}
