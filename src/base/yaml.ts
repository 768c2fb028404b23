/**
 * Reads YAML that people write by hand: messages name the file, line, column and field, and for a mistyped name the one
 * that was probably meant.
 */

import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml'
import * as z from 'zod/mini'
import { messageOf, UserError } from './errors.ts'
import { nearest } from './nearest.ts'

/**
 * Read a YAML text and check it against a schema.
 *
 * @param text the YAML
 * @param where the name of its file, for messages
 * @param schemaOf what it must be, or a function that chooses this by the content; the schema's own messages are kept
 * @returns what the schema makes of it
 * @throws UserError naming every mistake, one on each line, as `FILE:LINE:COLUMN: FIELD WHAT`
 */
export function parseYaml<S extends z.core.$ZodType>(
  text: string,
  where: string,
  schemaOf: S | ((data: unknown) => S),
): z.output<S> {
  if (text.length > MOST) {
    const length = `${(text.length / 1e6).toFixed(1)} million characters`
    throw new UserError(`has ${length}; regard reads YAML of up to ${MOST / 1e6} million`, where)
  }
  requireShallow(text, where)
  const lines = new LineCounter()
  // The library compares each key with all others, which takes minutes for thousands.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${where}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  if (document.errors.length > 0) {
    const { message, pos } = document.errors[0]!
    throw new UserError(`this is not YAML: ${message}`, place(pos[0]))
  }
  const repeated = repeatedKey(document.contents)
  if (repeated) throw new UserError(`${brief(repeated.key)} is given twice`, place(repeated.offset))
  let data: unknown
  try {
    data = document.toJS()
  } catch (error) {
    throw new UserError(`this YAML cannot be read (${messageOf(error)})`, where)
  }
  const schema = typeof schemaOf === 'function' ? schemaOf(data) : schemaOf
  const result = z.safeParse(schema, data, { error: wording })
  if (result.success) return result.data

  const find = (path: readonly PropertyKey[], what: 'key' | 'value') =>
    offsetOf(document.contents, path, what, (node) =>
      isAlias(node) ? (node.resolve(document) ?? node) : node,
    )
  const all = problemsOf(result.error.issues, schema)
  const problems = all
    .slice(0, MOST_LISTED)
    .map(({ path, what, at }) => ({ path, what, offset: find(path, at) }))
    .sort((a, b) => a.offset - b.offset)
  const messages = problems.map(({ path, what, offset }) => `${place(offset)}: ${fieldOf(path)}${what}`)
  if (all.length > MOST_LISTED)
    messages.push(`${messages.pop()} (and ${all.length - MOST_LISTED} more mistakes)`)
  throw new UserError([...new Set(messages)])
}

/** The longest text, in characters: a card with the names of 20,000 classes has less than a million. */
const MOST = 2e6

/** How many mistakes are listed. */
const MOST_LISTED = 50

/** The first key that its group has already, and where it stands. */
function repeatedKey(node: unknown): { key: string; offset: number } | undefined {
  if (!isMap(node) && !isSeq(node)) return undefined
  const keys = new Set<string>()
  for (const item of node.items) {
    if (isPair(item) && isScalar(item.key)) {
      const key = String(item.key.value)
      if (keys.has(key)) return { key, offset: item.key.range?.[0] ?? 0 }
      keys.add(key)
    }
    const inside = repeatedKey(isPair(item) ? item.value : item)
    if (inside) return inside
  }
  return undefined
}

/** How deeply groups may be nested; regard's own files need eight levels. */
const DEEPEST = 64

/** Many groups that begin on one line, and lines indented as only very many groups are. */
const BLOCKS = new RegExp(
  [
    `(?:[-?][ \\t]+){${DEEPEST}}`,
    `(?:^|[ \\t])(?:[^\\s:]+:[ \\t]+){${DEEPEST}}`,
    `^[ \\t]{${4 * DEEPEST}}`,
  ].join('|'),
  'm',
)

/** The library reads groups recursively: far too many levels would abort the process, not only the reading. */
function requireShallow(text: string, where: string): void {
  let open = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1)
    if (open > DEEPEST) break
  }
  if (open > DEEPEST || BLOCKS.test(text))
    throw new UserError(`is nested more than ${DEEPEST} levels deep`, where)
}

/** One mistake: the field's path, what is wrong with it, and whether its key or its value is to blame. */
interface Problem {
  readonly path: readonly PropertyKey[]
  readonly what: string
  readonly at: 'key' | 'value'
}

function problemsOf(issues: readonly z.core.$ZodIssue[], schema: z.core.$ZodType): Problem[] {
  const meant = new Set<string>()
  const problems = issues.flatMap((issue): Problem[] => {
    // A missing field has no position of its own: its parent's name is the nearest.
    if (issue.message === MISSING) return [{ path: issue.path, what: issue.message, at: 'key' }]
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, what: issue.message, at: 'value' }]
    const known = keysAt(schema, issue.path)
    return issue.keys.map((key) => {
      const near = nearest(key, known)
      if (near) meant.add(fieldOf([...issue.path, near]))
      const remedy = near ? `Did you mean “${near}”?` : `Known fields: ${[...known].join(', ')}`
      return { path: [...issue.path, key], what: `is not a known field. ${remedy}`, at: 'key' }
    })
  })
  // A mistyped name is one mistake, not an unknown field and a missing one.
  return problems.filter(({ path, what }) => what !== MISSING || !meant.has(fieldOf(path)))
}

const MISSING = 'is missing'

/** What is wrong, in words that fit after the name of the field; zod's own words in rare cases. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  const { input } = issue
  switch (issue.code) {
    case 'invalid_type':
      if (input === undefined) return MISSING
      return `must be ${KINDS[String(issue.expected)] ?? String(issue.expected)}, ${notThis(input)}`
    case 'invalid_value': {
      if (input === undefined) return MISSING
      const values = (issue.values as unknown[]).map(String)
      return oneOf(values, input)
    }
    case 'invalid_union': {
      if (input === undefined) return MISSING
      const discriminator = issue.discriminator as string | undefined
      if (!discriminator) return ofNearest(issue) ?? `has an unknown form: ${brief(input)}`
      const given = (input as Record<string, unknown>)[discriminator]
      // An optional discriminator has undefined among its values.
      const values =
        (issue.options as unknown[] | undefined)?.filter((value) => typeof value === 'string') ?? []
      return given === undefined ? MISSING : oneOf(values, given)
    }
    case 'too_small':
    case 'too_big': {
      const least = issue.code === 'too_small'
      const bound = Number(least ? issue.minimum : issue.maximum)
      const more = least
        ? issue.inclusive
          ? 'at least'
          : 'more than'
        : issue.inclusive
          ? 'at most'
          : 'less than'
      if (issue.origin === 'array') return `must have ${more} ${bound} ${bound === 1 ? 'item' : 'items'}`
      if (issue.origin === 'string') return `must have ${more} ${bound} ${bound === 1 ? 'letter' : 'letters'}`
      return `must be ${more} ${bound}, ${notThis(input)}`
    }
    default:
      return undefined
  }
}

/** What is wrong by the one of several forms that a value is probably meant to have, if its kind shows which. */
function ofNearest({ input, errors = [] }: z.core.$ZodRawIssue): string | undefined {
  const isGroup = typeof input === 'object' && input !== null
  const forms = errors as readonly (readonly z.core.$ZodIssue[])[]
  const [first] =
    forms.find((issues) =>
      issues.every(({ code, path }) => (isGroup ? path.length > 0 : code !== 'invalid_type')),
    ) ?? []
  return first && `${fieldOf(first.path)}${first.message}`
}

const KINDS: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a group of fields',
  record: 'a group of fields',
  string: 'text',
  tuple: 'a list',
}

function oneOf(values: readonly string[], given: unknown): string {
  const near = typeof given === 'string' ? nearest(given, values) : undefined
  const must =
    values.length > 0 ? `must be ${values.join(' or ')}, ${notThis(given)}` : `cannot be ${brief(given)}`
  return near ? `${must}. Did you mean “${near}”?` : must
}

function notThis(input: unknown): string {
  return input === null || input === undefined ? 'and is empty' : `not ${brief(input)}`
}

function brief(input: unknown): string {
  const text = typeof input === 'string' ? `“${input}”` : JSON.stringify(input)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** A field's path as people write it, `networks[0].name`, followed by a space. */
function fieldOf(path: readonly PropertyKey[]): string {
  const text = path
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`
      const name = String(step)
      // A name of invisible characters would not be seen, and one with dots or brackets would look like several.
      return /^[\w-]+$/.test(name) ? `.${name}` : `.${brief(name)}`
    })
    .join('')
  return text === '' ? '' : `${text.replace(/^\./, '')} `
}

/** Where a path leads in the text, or the last step of it that exists. */
function offsetOf(
  root: Node | null,
  path: readonly PropertyKey[],
  what: 'key' | 'value',
  resolve: (node: Node) => Node,
): number {
  let node = root
  let key = 0
  let value = root?.range?.[0] ?? 0
  for (const step of path) {
    const inside = node ? resolve(node) : null
    if (isMap(inside)) {
      const pair = (inside.items as Pair<Node, Node | null>[]).find(
        ({ key: name }) => isScalar(name) && String(name.value) === String(step),
      )
      if (!pair) return key
      key = pair.key.range?.[0] ?? key
      value = pair.value?.range?.[0] ?? key
      node = pair.value
    } else if (isSeq(inside) && inside.items[Number(step)]) {
      node = inside.items[Number(step)] as Node
      key = value = node.range?.[0] ?? value
    } else {
      break
    }
  }
  return what === 'key' ? key : value
}

/** The names of the fields that a schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): Set<string> {
  const { def } = (schema as z.core.$ZodTypes)._zod
  const into = (inner: readonly z.core.$ZodType[], rest = path) =>
    new Set(inner.flatMap((one) => [...keysAt(one, rest)]))
  switch (def.type) {
    case 'object': {
      if (path.length === 0) return new Set(Object.keys(def.shape))
      const field = def.shape[String(path[0])]
      return field ? into([field], path.slice(1)) : new Set()
    }
    case 'array':
      return path.length === 0 ? new Set() : into([def.element], path.slice(1))
    case 'union':
      return into(def.options)
    case 'optional':
    case 'nullable':
    case 'default':
      return into([def.innerType])
    case 'pipe':
      return into([def.in, def.out])
    default:
      return new Set()
  }
}
