import { useId, useState } from 'react'
import { cellOf, useLook } from './store.ts'
import { percent } from './words.ts'

/** Choose a class among many by typing, the likeliest first. */
export function ClassSearch({
  label,
  row,
  classes,
  value,
  plain,
  set,
}: {
  readonly label: string
  /** The question, by its id. */
  readonly row: number
  readonly classes: readonly string[]
  /** One of `classes`; undefined for `plain`. */
  readonly value: string | undefined
  readonly plain: string
  readonly set: (name: string | undefined) => void
}) {
  const list = useId()
  const [typed, setTyped] = useState<string | undefined>(undefined)
  const likely = useLook((state) => {
    const [id] = state.columns
    const look = id === undefined ? undefined : cellOf(state, id, row).look
    return look?.answers.find((answer) => answer.classes.some(({ name }) => classes.includes(name)))?.classes
  })
  const isUnknown = typed !== undefined && typed !== '' && !classes.includes(typed)
  return (
    <>
      <input
        className="select class-search"
        type="search"
        list={list}
        aria-label={label}
        aria-invalid={isUnknown && typed.length > 2 && !classes.some((each) => each.includes(typed))}
        placeholder={plain}
        value={typed ?? value ?? ''}
        onChange={({ target }) => {
          const text = target.value
          setTyped(text)
          if (text === '') set(undefined)
          else if (classes.includes(text)) set(text)
        }}
        onBlur={() => setTyped(undefined)}
      />
      <datalist id={list}>
        {likely?.map(({ name, probability }) => (
          <option key={name} value={name} label={`${name}, ${percent(probability)}`} />
        ))}
        {classes
          .filter((each) => !likely?.some(({ name }) => name === each))
          .map((each) => (
            <option key={each} value={each} />
          ))}
      </datalist>
    </>
  )
}
