interface ChoiceProps<Value extends string> {
  /** The name of the choice, for screen readers. */
  readonly name: string
  readonly options: readonly (readonly [value: Value, label: string])[]
  readonly value: Value | undefined
  readonly choose: (value: Value) => void
}

/** One of a few options, as buttons side by side. */
export function Choice<Value extends string>({ name, options, value, choose }: ChoiceProps<Value>) {
  return (
    <fieldset className="study-choice">
      <legend className="unseen">{name}</legend>
      {options.map(([each, label]) => (
        <button
          key={each}
          type="button"
          className="button"
          aria-pressed={each === value}
          onClick={() => choose(each)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}
