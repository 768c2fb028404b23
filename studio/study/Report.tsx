import type { ShownStudy } from '../../src/server/messages.ts'
import type { Source } from './source.ts'
import { WrittenPage } from './WrittenPage.tsx'

/** The study's report, and its tables and figures as files. */
export function Report({
  study: { title, report },
  source,
}: {
  readonly study: ShownStudy
  readonly source: Source
}) {
  if (!report) {
    return (
      <p>
        No report yet. It is written when the study is finished; <code>npx regard report FOLDER</code> writes
        one of what is done.
      </p>
    )
  }
  return (
    <>
      <details className="study-files">
        <summary>Files of the report: tables for spreadsheets and LaTeX, figures</summary>
        <Files source={source} kind="tables" names={report.tables} />
        <Files source={source} kind="figures" names={report.figures} />
      </details>
      <WrittenPage source={source} path="report/index.html" title={`Report of ${title}`} />
    </>
  )
}

interface FilesProps {
  readonly source: Source
  readonly kind: 'tables' | 'figures'
  readonly names: readonly string[]
}

function Files({ source, kind, names }: FilesProps) {
  return (
    <ul className="small">
      {names.map((name) => {
        const url = source.url(`report/${kind}/${name}`)
        return (
          <li key={name}>
            {url ? (
              <a href={url} download={name}>
                {name}
              </a>
            ) : (
              name
            )}
          </li>
        )
      })}
    </ul>
  )
}
