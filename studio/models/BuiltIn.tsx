import { useEffect } from 'react'
import { type BuiltInName, builtIn } from 'regard'
import { WORDS } from '../app/words.ts'
import { addNetwork } from '../look/run.ts'
import { absentInWords } from '../look/words.ts'
import { Actions } from './Actions.tsx'
import { Facts } from './Facts.tsx'
import { groupTables } from './groups.ts'
import { Layers } from './Layers.tsx'
import { Preview } from './Preview.tsx'
import { useReport } from './useReport.ts'

/** A network that comes with regard. */
export function BuiltIn({
  name,
  isHere,
}: {
  readonly name: BuiltInName
  /** Undefined until known. */
  readonly isHere: boolean | undefined
}) {
  const about = builtIn[name]
  const { network, report, error } = useReport(name)
  useEffect(() => {
    if (isHere) void addNetwork(name)
  }, [name, isHere])
  const { utkface } = about.figures
  return (
    <section className="panel model" aria-label={name}>
      <header>
        <h2>{name}</h2>
        <p className="faint">{about.title}</p>
      </header>
      {isHere !== false ? (
        <Actions id={name} network={network} />
      ) : (
        <p className="warn">{absentInWords(name)} Then start the studio again.</p>
      )}
      {error && (
        <p role="alert" className="error small">
          {error}
        </p>
      )}
      <div className="model-parts">
        <div className="model-part">
          <Facts
            network={network}
            report={report}
            rows={[
              ['Source', about.source],
              ['Licence', about.licence],
              ['Trained on', about.trainedOn],
              [
                'On 959 faces of UTKFace',
                [
                  utkface.error === undefined ? '' : `age off by ${utkface.error} years`,
                  utkface.gender === undefined ? '' : `gender label right for ${utkface.gender} %`,
                ]
                  .filter((each) => each !== '')
                  .join('; '),
              ],
            ]}
          />
          <h3>Limits</h3>
          <ul className="bullets small">
            {about.limits.map((limit) => (
              <li key={limit}>{limit}.</li>
            ))}
          </ul>
          <p className="faint small">{WORDS.gender}</p>
        </div>
        {network && <Preview network={network} isSure />}
      </div>
      <Groups name={name} />
      {report && <Layers report={report} />}
    </section>
  )
}

/** How often it is right, group by group. */
function Groups({ name }: { readonly name: BuiltInName }) {
  const tables = groupTables(name)
  if (tables.length === 0) return null
  return (
    <details className="groups" open>
      <summary>Accuracy by group</summary>
      <p className="faint small">
        With 95 % intervals. How each figure is measured: docs/networks.md, “How often they are right”.
      </p>
      <div className="group-tables">
        {tables.map(({ title, data, rows }) => (
          <table key={`${title} ${data}`} className="figures small">
            <caption>
              {title.startsWith('Age') ? 'Age, error in years' : 'Gender label right, %'}: {data}
            </caption>
            <thead>
              <tr>
                <th scope="col">faces</th>
                <th scope="col">n</th>
                <th scope="col">{title.startsWith('Age') ? 'years' : '%'}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ group, count, figure }) => (
                <tr key={group}>
                  <th scope="row">{group}</th>
                  <td>{count}</td>
                  <td>{figure}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
      </div>
    </details>
  )
}
