import { lazy, Suspense } from 'react'
import { changed } from './run.ts'
import { type Question, useLook } from './store.ts'
import { taskInWords } from './words.ts'

// Few networks have enough classes to need a search.
const ClassSearch = lazy(() =>
  import('./ClassSearch.tsx').then(({ ClassSearch }) => ({ default: ClassSearch })),
)

/** More classes than these are searched rather than listed. */
const LISTED = 20

/** The questions for the networks, one for each row. */
export function Questions() {
  const questions = useLook(({ questions }) => questions)
  const networks = useLook(({ networks }) => networks)
  const columns = useLook(({ columns }) => columns)
  const answers = columns.flatMap((id) => networks.find((each) => each.id === id)?.answers ?? [])
  const tasks = [...new Set(answers.map(({ task }) => task ?? ''))]
  const set = (question: Question) =>
    changed({ questions: questions.map((each) => (each.id === question.id ? question : each)) })
  const unasked = tasks.find((task) => questions.every((each) => each.task !== task))
  return (
    <div className="questions">
      {questions.map((question) => {
        const classes = [
          ...new Set(
            answers.filter(({ task }) => (task ?? '') === question.task).flatMap((each) => each.classes),
          ),
        ]
        const years = question.task === 'years'
        return (
          <div key={question.id} className="question">
            <label className="field-inline">
              <span>Explain</span>
              <select
                className="select"
                value={question.task}
                onChange={({ target }) =>
                  set({
                    id: question.id,
                    task: target.value,
                    class: target.value === 'years' ? 'years' : 'top',
                  })
                }
              >
                {(tasks.includes(question.task) ? tasks : [question.task, ...tasks]).map((task) => (
                  <option key={task} value={task}>
                    {taskInWords(task || undefined)}
                  </option>
                ))}
              </select>
            </label>
            {!years && classes.length > LISTED ? (
              <Suspense>
                <ClassSearch
                  label="Class"
                  row={question.id}
                  classes={classes}
                  value={question.class === 'top' ? undefined : question.class}
                  plain="its top answer"
                  set={(name) => set({ ...question, class: name ?? 'top', minus: undefined })}
                />
              </Suspense>
            ) : (
              <label className="field-inline">
                <span className="unseen">Class</span>
                <select
                  className="select"
                  value={question.class}
                  onChange={({ target }) => set({ ...question, class: target.value, minus: undefined })}
                >
                  {years && <option value="years">the expected age</option>}
                  {!years && <option value="top">its top answer</option>}
                  {(years ? ['0-12', '13-19', '20-39', '40-59', '60+'] : classes).map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
              </label>
            )}
            {years && question.class === 'years' ? (
              <label className="field-inline">
                <span>against</span>
                <input
                  className="select number"
                  type="number"
                  min={0}
                  max={100}
                  placeholder="nothing"
                  value={question.minus ?? ''}
                  onChange={({ target }) => set({ ...question, minus: target.value || undefined })}
                />
                <span>years</span>
              </label>
            ) : (
              classes.length > 2 &&
              !years && (
                <div className="field-inline">
                  <span>rather than</span>
                  {classes.length > LISTED ? (
                    <Suspense>
                      <ClassSearch
                        label="rather than"
                        row={question.id}
                        classes={classes.filter((name) => name !== question.class)}
                        value={question.minus}
                        plain="nothing"
                        set={(minus) => set({ ...question, minus })}
                      />
                    </Suspense>
                  ) : (
                    <select
                      className="select"
                      aria-label="rather than"
                      value={question.minus ?? ''}
                      onChange={({ target }) => set({ ...question, minus: target.value || undefined })}
                    >
                      <option value="">nothing</option>
                      {classes
                        .filter((name) => name !== question.class)
                        .map((name) => (
                          <option key={name} value={name}>
                            {name}
                          </option>
                        ))}
                    </select>
                  )}
                </div>
              )
            )}
            {questions.length > 1 && (
              <button
                type="button"
                className="button plain"
                aria-label={`Remove the question about ${taskInWords(question.task || undefined)}`}
                onClick={() => changed({ questions: questions.filter(({ id }) => id !== question.id) })}
              >
                Remove
              </button>
            )}
          </div>
        )
      })}
      {unasked !== undefined && (
        <button
          type="button"
          className="button plain"
          onClick={() =>
            changed({
              questions: [
                ...questions,
                {
                  id: Math.max(...questions.map(({ id }) => id)) + 1,
                  task: unasked,
                  class: unasked === 'years' ? 'years' : 'top',
                },
              ],
            })
          }
        >
          + Question
        </button>
      )}
    </div>
  )
}
