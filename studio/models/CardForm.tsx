import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import type { ModelReport } from '../worker/models.ts'
import { cardFrom, PRESETS, swapped, type Values, valuesOf } from './form.ts'
import { describe } from './store.ts'

/** How long to wait after typing before trying the card, in milliseconds. */
const REST = 400

/** The form for a model's card: what it must say before it can be used on photos, and what it may say. */
export function CardForm({
  id,
  report,
  files,
}: {
  readonly id: string
  readonly report: ModelReport
  readonly files: readonly string[]
}) {
  const [values, setValues] = useState(() => valuesOf(report.card))
  const [card] = useState(report.card)
  const [touched, setTouched] = useState(false)
  const set = (change: Partial<Values>) => {
    setTouched(true)
    setValues((before) => ({ ...before, ...change }))
  }
  useEffect(() => {
    if (!touched) return
    const timer = setTimeout(() => {
      void describe(id, JSON.stringify(cardFrom(values, card, files)))
    }, REST)
    return () => clearTimeout(timer)
  }, [id, card, files, touched, values])

  const { missing, errors, outputs, input } = report
  const isOpen = input?.shape.slice(1).some((d) => typeof d === 'string')
  const asks = (field: string, said: string) =>
    said !== '' || missing.includes(field) || errors.some((error) => error.field === field)
  const bind = (field: keyof Values & string) => ({
    field,
    missing: missing.includes(field),
    errors: errors.filter((error) => error.field === field).map(({ message }) => message),
    value: values[field],
    change: (value: string) => set({ [field]: value } as Partial<Values>),
  })
  const elsewhere = errors.filter(({ field }) => field === undefined || !(field in values))
  return (
    <form className="card-form" onSubmit={(event) => event.preventDefault()}>
      {elsewhere.map(({ message }) => (
        <p key={message} role="alert" className="error small">
          {message}
        </p>
      ))}
      <fieldset className="group">
        <legend>How a photo becomes its input</legend>
        <label className="field">
          Start from
          <select
            className="select"
            value=""
            onChange={({ target }) => set(PRESETS.find(({ name }) => name === target.value)?.values ?? {})}
          >
            <option value="">how it was trained …</option>
            {PRESETS.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Choice
          {...bind('channels')}
          label="Channels"
          options={[
            ['', 'choose'],
            ['RGB', 'RGB: red, green, blue'],
            ['BGR', 'BGR: blue, green, red'],
            ['gray', 'gray: brightness'],
          ]}
        />
        {(values.channels === 'RGB' || values.channels === 'BGR') && (
          <p className="small faint">
            Faces look blue?{' '}
            <button type="button" className="button" onClick={() => set(swapped(values))}>
              Swap RGB and BGR
            </button>
          </p>
        )}
        <div className="pair">
          <Text {...bind('mean')} label="Mean" hint="One number, one for each channel, or a dropped file." />
          <Text {...bind('scale')} label="Scale" hint="(pixel − mean) · scale, pixels from 0 to 255." />
        </div>
        {(isOpen || asks('size', values.size)) && (
          <Text {...bind('size')} label="Size" hint="Pixels: 224, or height × width." />
        )}
        {asks('layout', values.layout) && (
          <Choice
            {...bind('layout')}
            label="Layout"
            options={[
              ['', 'choose'],
              ['NCHW', 'NCHW: channels first'],
              ['NHWC', 'NHWC: channels last'],
            ]}
          />
        )}
        <Choice
          {...bind('cut')}
          errors={errors.filter(({ field }) => field === 'alignment').map(({ message }) => message)}
          label="Faces"
          options={[
            ['none', 'as is: it sees the whole photo'],
            ['r', 'r: rotated until the eyes are level'],
            ['i', 'i: fitted to a reference face'],
            ['box', 'box: around the face, upright'],
          ]}
        />
        {values.cut === 'box' && (
          <div className="pair">
            <Text {...bind('box')} label="Box" hint="How many times as large as the face’s box." />
            <Text
              {...bind('down')}
              label="Down"
              hint="How much lower, as a fraction of the face’s box; 0 if empty."
            />
          </div>
        )}
        <Text
          {...bind('picture')}
          label="Picture"
          hint="The size before the input is cut from its centre; the size of the input if empty."
        />
        {values.cut === 'none' && (
          <Choice
            {...bind('fit')}
            label="Photos of another shape"
            options={[
              ['', 'pad: all of it is seen'],
              ['crop', 'crop: the rest is cut off'],
              ['stretch', 'stretch: distorted'],
            ]}
          />
        )}
      </fieldset>
      <fieldset className="group">
        <legend>What it answers</legend>
        {card.answers ? (
          <p className="small faint">Its card says so for {card.answers.length} outputs.</p>
        ) : (
          <>
            {(outputs.length > 1 || asks('output', values.output)) && (
              <Choice
                {...bind('output')}
                label="Output"
                options={[
                  ['', 'choose'],
                  ...outputs.map(
                    ({ name, shape }) => [name, `${name} [${shape.join(', ')}]`] as [string, string],
                  ),
                  // A part of an output, as a card may name it.
                  ...(values.output && !outputs.some(({ name }) => name === values.output)
                    ? ([[values.output, values.output]] as [string, string][])
                    : []),
                ]}
              />
            )}
            <Text
              {...bind('task')}
              label="Task"
              hint="age (eight groups), gender, years, or a word of your own."
              list={['age', 'gender', 'years']}
            />
            <Classes {...bind('classes')} count={report.classes} set={(classes) => set({ classes })} />
            {values.task === 'years' && (
              <Text {...bind('ages')} label="Ages" hint="The age of each class, if its name is not an age." />
            )}
          </>
        )}
      </fieldset>
    </form>
  )
}

interface Bound {
  readonly field: string
  readonly missing: boolean
  readonly errors: readonly string[]
  readonly value: string
  readonly change: (value: string) => void
}

/** A labelled control with what it means, and what is wrong with it. */
function Field({
  label,
  hint,
  missing,
  errors,
  children,
}: {
  readonly label: string
  readonly hint?: string
  readonly missing: boolean
  readonly errors: readonly string[]
  readonly children: (props: {
    readonly id: string
    readonly 'aria-invalid': boolean | undefined
    readonly 'aria-describedby': string
    readonly 'aria-required': boolean | undefined
  }) => ReactNode
}) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {missing && <span className="needed"> needed</span>}
      </label>
      {children({
        id,
        'aria-invalid': errors.length > 0 || undefined,
        'aria-describedby': `${id}-hint`,
        'aria-required': missing || undefined,
      })}
      <div id={`${id}-hint`} className="tiny">
        {errors.length > 0 ? (
          errors.map((error) => (
            <p key={error} className="error">
              {error}
            </p>
          ))
        ) : (
          <p className="faint">{hint}</p>
        )}
      </div>
    </div>
  )
}

function Text({
  label,
  hint,
  list,
  value,
  change,
  ...bound
}: Bound & { readonly label: string; readonly hint: string; readonly list?: readonly string[] }) {
  const id = useId()
  return (
    <Field label={label} hint={hint} {...bound}>
      {(props) => (
        <>
          <input
            {...props}
            className="select"
            type="text"
            spellCheck={false}
            autoComplete="off"
            list={list ? id : undefined}
            value={value}
            onChange={({ target }) => change(target.value)}
          />
          {list && (
            <datalist id={id}>
              {list.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  )
}

function Choice({
  label,
  options,
  value,
  change,
  ...bound
}: Bound & { readonly label: string; readonly options: readonly (readonly [string, string])[] }) {
  return (
    <Field label={label} {...bound}>
      {(props) => (
        <select {...props} className="select" value={value} onChange={({ target }) => change(target.value)}>
          {options.map(([each, words]) => (
            <option key={each} value={each}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** The names of the classes: typed one on each line, or from a text file. */
function Classes({
  count,
  set,
  value,
  change,
  ...bound
}: Bound & { readonly count: number | undefined; readonly set: (classes: string) => void }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Field
        label="Classes"
        hint={`${count === undefined ? 'One' : `${count === 1 ? 2 : count} of them, one`} per line; numbers if empty.`}
        {...bound}
      >
        {(props) => (
          <textarea
            {...props}
            className="select"
            rows={4}
            spellCheck={false}
            value={value}
            onChange={({ target }) => change(target.value)}
          />
        )}
      </Field>
      <div>
        <button type="button" className="button" onClick={() => input.current?.click()}>
          Classes from a text file
        </button>
        <input
          ref={input}
          type="file"
          accept=".txt,text/plain"
          aria-label="Classes from a text file"
          className="unseen"
          tabIndex={-1}
          onChange={async ({ target }) => {
            const [file] = target.files ?? []
            target.value = ''
            if (file) set((await file.text()).trimEnd())
          }}
        />
      </div>
    </>
  )
}
