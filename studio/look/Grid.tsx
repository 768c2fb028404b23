import type { CSSProperties } from 'react'
import { type BuiltInName, builtIn } from 'regard'
import { CellView } from './CellView.tsx'
import { addNetwork, changed } from './run.ts'
import { cellOf, keyOf, type LookState, requestFor, scaleOf, shownIn, uneditedIn, useLook } from './store.ts'
import { answerInWords, changeInWords } from './words.ts'

/** Networks as columns, questions as rows, like the paper's Figure 2. */
export function Grid() {
  const state = useLook()
  const { columns, networks, questions, here, yours, before } = state
  const one = state.drawing.scale === 'one'
  const others = [...new Set([...here, ...networks.map(({ id }) => id), ...yours])].filter(
    (id) => !columns.includes(id),
  )
  // Each column has room for as many answers, so that their maps lie on one line.
  const most = Math.max(
    1,
    ...networks.filter(({ id }) => columns.includes(id)).map(({ answers }) => answers.length),
  )
  return (
    <div
      className="grid"
      data-several={columns.length > 1 || undefined}
      style={{ '--answers': most } as CSSProperties}
    >
      {columns.map((id) => {
        const network = networks.find((each) => each.id === id)
        const asked = questions.find((question) => cellOf(state, id, question.id).look)
        const look = asked && shownIn(state, id, asked.id)
        const unedited = asked && uneditedIn(state, id, asked.id)
        const answers = (before ? undefined : answersWithoutMap(state, id)) ?? look?.answers
        const isChanged = state.strokes.length > 0 && !before && unedited && unedited !== look
        return (
          <section key={id} className="column" aria-label={id} tabIndex={-1}>
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
              {answers?.map((answer, k) => {
                const [first] = answer.classes
                return (
                  <li key={answer.output}>
                    <strong>
                      {isChanged ? changeInWords(unedited.answers[k]!, answer) : answerInWords(answer)}
                    </strong>
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
                scale={one ? scaleOf(state, question.id) : undefined}
              />
            ))}
          </section>
        )
      })}
      <div className="column add">
        {others.length > 0 && (
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
        )}
        <a className={others.length > 0 ? 'small' : 'button'} href="#/models">
          {others.length > 0 ? 'More in Models' : '+ Network'}
        </a>
      </div>
    </div>
  )
}

/** A network answers before a slow map is there, and where an operator lacks a rule. */
function answersWithoutMap(state: LookState, id: string) {
  return state.questions
    .map((question) => {
      const { answers } = cellOf(state, id, question.id)
      const request = requestFor(state, id, question)
      return request && answers?.key === keyOf(state, request) ? answers.said : undefined
    })
    .find((found) => found)
}
