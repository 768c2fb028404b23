import type { ShownStudy } from '../../src/server/messages.ts'
import { OwnPicture } from './OwnPicture.tsx'
import type { Source } from './source.ts'

/** The study's report, and its tables and figures as files. */
export function Report({
  study: { name, title, report },
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
  const page = source.url('report/index.html')
  return (
    <>
      <details className="study-files">
        <summary>Files of the report: tables for spreadsheets and LaTeX, figures</summary>
        <Files source={source} kind="tables" names={report.tables} />
        <Files source={source} kind="figures" names={report.figures} />
      </details>
      {page ? (
        <>
          <p className="small">
            <a href={page} target="_blank" rel="noreferrer">
              Open it in a tab of its own
            </a>
          </p>
          {/* It runs no scripts, and reaches nothing. */}
          <iframe className="study-report panel" title={`Report of ${title}`} src={page} sandbox="" />
        </>
      ) : (
        <>
          <p className="faint small">
            The figures of {name.replace(/^disk:/, '')}. The whole report is report/index.html in its folder.
          </p>
          <div className="study-figures">
            {report.figures.map((figure) => (
              <figure key={figure} className="panel">
                <OwnPicture
                  source={source}
                  path={`report/figures/${figure}`}
                  alt={figure.replace('.svg', '')}
                />
                <figcaption className="tiny faint">{figure}</figcaption>
              </figure>
            ))}
          </div>
        </>
      )}
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
