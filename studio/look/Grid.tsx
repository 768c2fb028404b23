import { type BuiltInName, builtIn } from 'regard'
import { CellView } from './CellView.tsx'
import { addNetwork, changed } from './run.ts'
import { cellKey, scaleOf, useLook } from './store.ts'
import { answerInWords } from './words.ts'

/** Networks as columns, questions as rows: the paper's Figure 2. */
export function Grid() {
  const columns = useLook(({ columns }) => columns)
  const networks = useLook(({ networks }) => networks)
  const questions = useLook(({ questions }) => questions)
  const cells = useLook(({ cells }) => cells)
  const one = useLook(({ drawing }) => drawing.scale === 'one')
  const here = useLook(({ here }) => here)
  const yours = useLook(({ yours }) => yours)
  const others = [...new Set([...here, ...networks.map(({ id }) => id), ...yours])].filter(
    (id) => !columns.includes(id),
  )
  return (
    <div className="grid">
      {columns.map((id) => {
        const network = networks.find((each) => each.id === id)
        const look = questions.map((question) => cells[cellKey(id, question.id)]?.look).find((found) => found)
        return (
          <section key={id} className="column" aria-label={id}>
            <header>
              <h2 title={network ? (builtIn[id as BuiltInName]?.title ?? id) : id}>{id}</h2>
              {columns.length > 1 && (
                <button
                  type="button"
                  className="button plain"
                  aria-label={`Take ${id} away`}
                  onClick={() => changed({ columns: columns.filter((each) => each !== id) })}
                >
                  ×
                </button>
              )}
            </header>
            <ul className="answers">
              {look?.answers.map((answer) => {
                const [first] = answer.classes
                return (
                  <li key={answer.output}>
                    <strong>{answerInWords(answer)}</strong>
                    {answer.value === undefined && first && (
                      <meter
                        min={0}
                        max={1}
                        value={first.probability}
                        aria-label={`${first.name}, probability`}
                      />
                    )}
                  </li>
                )
              })}
            </ul>
            {questions.map((question) => (
              <CellView
                key={question.id}
                id={id}
                question={question}
                scale={one ? scaleOf(cells, question.id, columns) : undefined}
              />
            ))}
          </section>
        )
      })}
      {others.length > 0 && (
        <div className="column add">
          <label className="field">
            + Network
            <select
              className="select"
              value=""
              onChange={({ target }) => {
                const id = target.value
                changed({ columns: [...columns, id] })
                void addNetwork(id)
              }}
            >
              <option value="" disabled>
                choose
              </option>
              {others.map((id) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
          <a className="small" href="#/models">
            More in Models
          </a>
        </div>
      )}
    </div>
  )
}
