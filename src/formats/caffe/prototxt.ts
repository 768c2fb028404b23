/**
 * Protocol Buffers' text format, as Caffe's `.prototxt` files are written in: `name: value` and `name { … }`.
 * https://protobuf.dev/reference/protobuf/textformat-spec
 *
 * The text is read into a tree without a schema, because Caffe's forks add fields and layers of their own. Each part
 * knows its line, so that a message can point at it, and which of its fields were read, so that nothing that changes a
 * computation is overlooked.
 */

import { UserError } from '../../base/errors.ts'
import { addToGroup } from '../../base/groupBy.ts'

/** How deep messages may be nested: Caffe needs five levels. */
const DEEPEST = 100

interface Scalar {
  readonly kind: 'string' | 'word' | 'number'
  readonly text: string
}

interface Field {
  readonly line: number
  readonly value: Scalar | Message
}

/** A message of the text: named fields, each given any number of times. */
export class Message {
  private readonly fields = new Map<string, Field[]>()
  private readonly read = new Set<string>()
  private readonly file: string
  readonly line: number

  constructor(file: string, line: number) {
    this.file = file
    this.line = line
  }

  /** The file and line that it starts in, for messages. */
  get where(): string {
    return `${this.file}:${this.line}`
  }

  add(name: string, field: Field): void {
    addToGroup(this.fields, name, field)
  }

  has(name: string): boolean {
    this.read.add(name)
    return this.fields.has(name)
  }

  /**
   * A field that was never read, here or in nested messages.
   *
   * @param harmless names of fields that need not be read, whatever they contain
   */
  unread(harmless: ReadonlySet<string>): { readonly name: string; readonly where: string } | undefined {
    for (const [name, fields] of this.fields) {
      if (harmless.has(name)) continue
      for (const { line, value } of fields) {
        const found =
          value instanceof Message
            ? value.unread(harmless)
            : this.read.has(name)
              ? undefined
              : { name, where: `${this.file}:${line}` }
        if (found) return found
      }
    }
    return undefined
  }

  /** Every message called `name`. */
  messages(name: string): Message[] {
    return this.all(name).map(({ line, value }) => {
      if (value instanceof Message) return value
      throw this.wrong(line, name, 'must be a group { … }')
    })
  }

  /** The message called `name`; an empty one where it is omitted. */
  message(name: string): Message {
    this.one(name)
    return this.messages(name)[0] ?? new Message(this.file, this.line)
  }

  /** Every string or word called `name`. */
  texts(name: string): string[] {
    return this.all(name).map(({ line, value }) => {
      if (!(value instanceof Message) && value.kind !== 'number') return value.text
      throw this.wrong(line, name, 'must be text')
    })
  }

  /** The string or word called `name`, if there is one. */
  text(name: string): string | undefined {
    this.one(name)
    return this.texts(name)[0]
  }

  /** Every number called `name`. */
  numbers(name: string): number[] {
    return this.all(name).map(({ line, value }) => {
      const number = value instanceof Message || value.kind === 'string' ? Number.NaN : toNumber(value.text)
      if (Number.isFinite(number)) return number
      throw this.wrong(line, name, 'must be a number')
    })
  }

  /** The number called `name`, or `otherwise` where it is omitted. */
  number(name: string, otherwise: number): number {
    this.one(name)
    return this.numbers(name)[0] ?? otherwise
  }

  /** Every integer called `name`, each at least `least`. */
  integers(name: string, least: number): number[] {
    return this.numbers(name).map((number, k) => {
      if (Number.isInteger(number) && number >= least) return number
      const bound = least > Number.NEGATIVE_INFINITY ? ` of at least ${least}` : ''
      throw this.wrong(this.all(name)[k]!.line, name, `must be a whole number${bound}, not ${number}`)
    })
  }

  /** The integer called `name`; without `otherwise` it is required. */
  integer(name: string, least: number, otherwise?: number): number {
    this.one(name)
    const value = this.integers(name, least)[0] ?? otherwise
    if (value === undefined) throw new UserError(`${name} is missing`, this.where)
    return value
  }

  /** The `true` or `false` called `name`. */
  flag(name: string, otherwise: boolean): boolean {
    const field = this.one(name)
    if (!field) return otherwise
    const text = field.value instanceof Message ? '' : field.value.text
    if (/^(true|True|t|1)$/.test(text)) return true
    if (/^(false|False|f|0)$/.test(text)) return false
    throw this.wrong(field.line, name, 'must be true or false')
  }

  /** One of some words, in the order of their numbers: Caffe accepts either. */
  choice<C extends string>(name: string, words: readonly C[], otherwise: C): C {
    const field = this.one(name)
    if (!field) return otherwise
    const text = field.value instanceof Message ? '' : field.value.text
    const found = words.find((word, k) => word === text || String(k) === text)
    if (!found) throw this.wrong(field.line, name, `must be ${words.join(' or ')}`)
    return found
  }

  private all(name: string): readonly Field[] {
    this.read.add(name)
    return this.fields.get(name) ?? []
  }

  private one(name: string): Field | undefined {
    const [field, second] = this.all(name)
    if (second) throw this.wrong(second.line, name, `is given a second time (first on line ${field!.line})`)
    return field
  }

  private wrong(line: number, name: string, what: string): UserError {
    return new UserError(`${name} ${what}`, `${this.file}:${line}`)
  }
}

/** A number as C writes it: decimal, hexadecimal, octal, or with a float's trailing `f`. */
function toNumber(text: string): number {
  const compact = text.replace(/\s/g, '')
  if (/^-/.test(compact)) return -toNumber(compact.slice(1))
  if (/^0x/i.test(compact)) return Number(compact)
  if (/^0[0-7]+$/.test(compact)) return Number.parseInt(compact, 8)
  return Number(compact.replace(/f$/i, ''))
}

/**
 * Read a text.
 *
 * @param file its name, for messages
 * @throws UserError naming the file and the line that is not in the text format
 */
export function parsePrototxt(text: string, file: string): Message {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what binary files have.
  if (/[\u0000-\u0008\ufffd]/.test(text.slice(0, 1000))) {
    throw new UserError('is binary, and a prototxt is text', file, 'Give the network’s .prototxt file')
  }
  return new Parser(text.replace(/^\ufeff/, ''), file).message('', 1, 0)
}

const SKIPPED = /(?:\s+|#[^\n]*)+/y
const NAME = /[A-Za-z_]\w*|\[[\w./-]+\]/y
const NUMBER = /-?\s*(?:0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?f?|inf(?:inity)?|nan)(?![\w.])/iy
const STRING = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'/y

class Parser {
  private readonly text: string
  private readonly file: string
  private at = 0
  private line = 1

  constructor(text: string, file: string) {
    this.text = text
    this.file = file
  }

  /** The fields up to the closing bracket; up to the end of the text without one. */
  message(closing: string, line: number, depth: number): Message {
    if (depth > DEEPEST) throw this.wrong(`messages are nested more than ${DEEPEST} deep`)
    const message = new Message(this.file, line)
    while (!this.closes(closing, line)) {
      const at = this.line
      const name = this.take(NAME)?.[0]
      if (!name) throw this.wrong(`expected the name of a field, not ${this.here()}`)
      const colon = this.sign(':')
      for (const value of this.values(name, colon, depth)) message.add(name, { line: at, value })
      this.sign(',') || this.sign(';')
    }
    return message
  }

  private closes(closing: string, line: number): boolean {
    this.skip()
    if (this.at < this.text.length) return closing !== '' && this.sign(closing)
    if (closing === '') return true
    throw new UserError(
      `the bracket is never closed: the file ends before its ${closing}`,
      `${this.file}:${line}`,
      'It may be cut short',
    )
  }

  /** What follows a name: one value, or several between square brackets. */
  private values(name: string, colon: boolean, depth: number): (Scalar | Message)[] {
    if (!colon || !this.sign('[')) return [this.value(name, colon, depth)]
    const values: (Scalar | Message)[] = []
    while (!this.sign(']')) {
      values.push(this.value(name, colon, depth))
      this.sign(',')
    }
    return values
  }

  private value(name: string, colon: boolean, depth: number): Scalar | Message {
    this.skip()
    const line = this.line
    if (this.sign('{')) return this.message('}', line, depth + 1)
    if (this.sign('<')) return this.message('>', line, depth + 1)
    if (!colon) throw this.wrong(`expected “:” or “{” after ${name}, not ${this.here()}`)
    const number = this.take(NUMBER)
    if (number) return { kind: 'number', text: number[0] }
    const word = this.take(NAME)
    if (word) return { kind: 'word', text: word[0] }
    let text: string | undefined
    // Adjacent strings are one.
    for (let part = this.take(STRING); part; part = this.take(STRING)) {
      text = (text ?? '') + unescaped(part[1] ?? part[2]!)
    }
    if (text === undefined) throw this.wrong(`expected the value of ${name}, not ${this.here()}`)
    return { kind: 'string', text }
  }

  private skip(): void {
    SKIPPED.lastIndex = this.at
    const found = SKIPPED.exec(this.text)?.[0]
    if (!found) return
    this.at += found.length
    for (const letter of found) if (letter === '\n') this.line++
  }

  private sign(sign: string): boolean {
    this.skip()
    if (!this.text.startsWith(sign, this.at)) return false
    this.at += sign.length
    return true
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    this.skip()
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found) this.at += found[0].length
    return found
  }

  private here(): string {
    const rest = this.text.slice(this.at, this.at + 20).split('\n')[0]
    return rest ? `“${rest}”` : 'the end of the file'
  }

  private wrong(what: string): UserError {
    return new UserError(
      what,
      `${this.file}:${this.line}`,
      'A prototxt consists of name: value and name { … }',
    )
  }
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' }

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter)
}
