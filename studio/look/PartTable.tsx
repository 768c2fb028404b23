import { setLook, shownIn, useLook } from './store.ts'
import { amountsOf, partInWords, percent } from './words.ts'

/** The share of each part of the face, network by network. */
export function PartTable() {
  const state = useLook()
  const { columns, questions, part } = state
  const looks = columns.flatMap((id) => {
    const look = questions.map((question) => shownIn(state, id, question.id)).find((found) => found)
    return look ? [{ id, look, amounts: amountsOf(look) }] : []
  })
  if (looks.length === 0) return <p className="faint small">No map yet.</p>
  const parts = looks[0]!.amounts.map((each) => each.part)
  return (
    <table className="part-table small">
      <caption className="tiny faint">
        Shares of what speaks for the answer, and their area. Hair, ears and background are estimates.
      </caption>
      <thead>
        <tr>
          <th scope="col">part</th>
          {looks.map(({ id }) => (
            <th key={id} scope="col">
              {id}
            </th>
          ))}
          <th scope="col">area</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((each) => (
          <tr
            key={each}
            data-lit={each === part || undefined}
            onPointerEnter={() => setLook({ part: each })}
            onPointerLeave={() => setLook({ part: undefined })}
          >
            <th scope="row">{partInWords(each)}</th>
            {looks.map(({ id, amounts }) => (
              <td key={id}>{percent(amounts.find((one) => one.part === each)?.positive ?? 0)}</td>
            ))}
            <td className="faint">{percent(looks[0]!.amounts.find((one) => one.part === each)!.area)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
