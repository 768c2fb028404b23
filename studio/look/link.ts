/**
 * The settings of Look as the query of a link: `n=faceres,gear&q=gender:top,years:years~30&show=overlay`. Defaults are
 * left out. A photo, and what is painted on it, is never in a link.
 */

import { composites } from 'regard'
import type { Align } from '../worker/protocol.ts'
import { COMPOSITE_NAMES, METHOD_NAMES, type Tuning } from './rules.ts'
import { type Comparing, PLAIN, type Question, type Settings, SHOWS, type Way } from './store.ts'

/** A setting: how it is written to and read from a link. */
interface Setting {
  /** Undefined for the default. */
  write(state: Settings): string | undefined
  /**
   * What changes.
   *
   * @throws Wrong with the message about the value
   */
  read(value: string, state: Settings): Partial<Settings>
}

class Wrong extends Error {}

const SETTINGS: Readonly<Record<string, Setting>> = {
  n: {
    write: ({ columns }) => joined(columns),
    read: (value) => ({ columns: [...new Set(split(value, ','))] }),
  },
  q: {
    write: ({ questions }) =>
      questions
        .map(
          ({ task, class: name, minus }) =>
            `${piece(task)}:${piece(name)}${minus === undefined ? '' : `~${piece(minus)}`}`,
        )
        .join(','),
    read: (value) => ({ questions: value.split(',').map(questionOf) }),
  },
  al: {
    write: ({ align }) => align,
    read: (value) => ({ align: oneOf<Align>(value, ['own', 'r', 'i']) }),
  },
  c: {
    write: ({ way }) => (way in composites ? way : undefined),
    read: (value) => ({ way: oneOf(value, COMPOSITE_NAMES) }),
  },
  m: {
    write: ({ way }) => (way === 'card' || way in composites ? undefined : way),
    read: (value) => ({ way: oneOf(value, METHOD_NAMES) as Way }),
  },
  a: tuned('alpha', 1, 5),
  g: tuned('gamma', 0, 1),
  e: tuned('epsilon', 1e-9, 1),
  flat: tuned('flat', 0, 1000, true),
  layer: {
    write: ({ layer }) => layer,
    read: (layer) => ({ layer }),
  },
  show: drawn('show', (value) => oneOf(value, SHOWS)),
  o: {
    write: ({ drawing }) => String(Math.round(100 * drawing.opacity)),
    read: (value, { drawing }) => ({ drawing: { ...drawing, opacity: number(value, 0, 100) / 100 } }),
  },
  col: drawn('colours', (value) => oneOf(value, ['paper', 'light'])),
  scale: drawn('scale', (value) => oneOf(value, ['each', 'one'])),
  bright: drawn('brighten', (value) => Number(oneOf(value, ['1', '2', '4', '8', '16']))),
  vs: {
    write: ({ comparing, questions }) => {
      if (!comparing) return undefined
      const { network, row, against } = comparing
      // Links do not contain what was painted, so there is no "before".
      if (against.other === 'before') return undefined
      return [network, String(questions.findIndex(({ id }) => id === row)), against.other, against.name]
        .map(piece)
        .join(':')
    },
    read: (value) => ({ comparing: comparingOf(value) }),
  },
}

function tuned(name: keyof Tuning, min: number, max: number, whole = false): Setting {
  return {
    write: ({ tuning }) => (tuning[name] === undefined ? undefined : String(tuning[name])),
    read: (value, { tuning }) => ({ tuning: { ...tuning, [name]: number(value, min, max, whole) } }),
  }
}

function drawn<Name extends keyof Settings['drawing']>(
  name: Name,
  read: (value: string) => Settings['drawing'][Name],
): Setting {
  return {
    write: ({ drawing }) => String(drawing[name]),
    read: (value, { drawing }) => ({ drawing: { ...drawing, [name]: read(value) } }),
  }
}

/** The query of a link, without its question mark; empty where everything is at its default. */
export function linkOf(state: Settings): string {
  return Object.entries(SETTINGS)
    .flatMap(([key, { write }]) => {
      const value = write(state)
      return value === undefined || value === write(PLAIN) ? [] : [`${key}=${escaped(value)}`]
    })
    .join('&')
}

/** What a link says. */
export interface FromLink {
  readonly settings: Settings
  /** What in it cannot be followed, a sentence each; the rest is followed. */
  readonly faults: readonly string[]
}

/**
 * Read the query of a link.
 *
 * @param networks the ones that can be shown
 */
export function fromLink(query: string, networks: readonly string[]): FromLink {
  let settings = PLAIN
  const faults: string[] = []
  for (const [key, value] of new URLSearchParams(query)) {
    const setting = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined
    if (!setting) {
      faults.push(`The link has an unknown setting, “${key}”.`)
      continue
    }
    try {
      settings = { ...settings, ...setting.read(value, settings) }
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      faults.push(`The link says ${key}=${value}: ${error.message}.`)
    }
  }
  const { columns } = settings
  const known = columns.filter((id) => networks.includes(id))
  for (const id of columns)
    if (!known.includes(id)) faults.push(`${id} is not on this device. Drop its file in Models.`)
  settings = { ...settings, columns: known.length > 0 ? known : PLAIN.columns }
  const { comparing } = settings
  if (!comparing) return { settings, faults }
  const { network, row, against } = comparing
  const isThere =
    settings.columns.includes(network) &&
    settings.questions[row] !== undefined &&
    (against.other !== 'network' || networks.includes(against.name))
  if (isThere) return { settings, faults }
  faults.push('What this link compares with is not available.')
  return { settings: { ...settings, comparing: undefined }, faults }
}

/** `faceres:0:network:gear`: the network, the number of its question, and what that is compared with. */
function comparingOf(text: string): Comparing {
  const [network, row, other, ...names] = text.split(':').map(unpieced)
  const [name] = names
  const wrong = new Wrong(
    `“${text}” is not a comparison, such as faceres:0:network:gear or faceres:0:rules:epsilon`,
  )
  if (network === undefined || row === undefined || names.length > 1) throw wrong
  const of = { network, row: number(row, 0, 99, true) }
  if (other === 'network' || other === 'class') {
    if (!name) throw wrong
    return { ...of, against: { other, name } }
  }
  if (other !== 'rules' || name === undefined) throw wrong
  return { ...of, against: { other, name: oneOf<Way>(name, ['card', ...COMPOSITE_NAMES, ...METHOD_NAMES]) } }
}

function questionOf(text: string, id: number): Question {
  const [, task, name, minus] = /^([^:~]*):([^:~]+)(?:~([^:~]+))?$/.exec(text) ?? []
  if (task === undefined || name === undefined)
    throw new Wrong(`“${text}” is not a question, such as gender:top or years:years~30`)
  return {
    id,
    task: unpieced(task),
    class: unpieced(name),
    ...(minus !== undefined && { minus: unpieced(minus) }),
  }
}

function oneOf<Value extends string>(value: string, values: readonly Value[]): Value {
  const found = values.find((each) => each === value)
  if (found === undefined) throw new Wrong(`it is not one of ${values.join(', ')}`)
  return found
}

function number(value: string, min: number, max: number, whole = false): number {
  const found = value.trim() === '' ? Number.NaN : Number(value)
  if (!(found >= min && found <= max) || (whole && !Number.isInteger(found)))
    throw new Wrong(`it is not a ${whole ? 'whole ' : ''}number from ${min} to ${max}`)
  return found
}

/** A name in a list: separators in it are escaped. */
function piece(name: string): string {
  return name.replace(/[%,:~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function unpieced(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Wrong(`“${text}” is cut off or damaged`)
  }
}

function joined(names: readonly string[]): string {
  return names.map(piece).join(',')
}

function split(text: string, by: string): string[] {
  return text
    .split(by)
    .filter((each) => each !== '')
    .map(unpieced)
}

/** Escaped for an address, where commas and colons may stay as they are. */
function escaped(value: string): string {
  return encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%3A', ':')
}
