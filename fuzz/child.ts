import { mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fuzz, inputOf } from './fuzz.ts'
import { type Input, outcomeOf } from './target.ts'
import { targets } from './targets/index.ts'

/** How many inputs of one kind of fault are kept. */
const KEPT = 3

/**
 * What a process does for `run.js`:
 *
 * - `fuzz TARGET SEED FROM TO UNTIL PLACE FOLDER`: read inputs, one after another. The file PLACE holds the number of
 *   the current one, so that it is known even if the process dies; faults are kept in FOLDER;
 * - `keep TARGET SEED NUMBER FOLDER`: write one input, without reading it;
 * - `replay TARGET FOLDER`: read an input that was kept.
 */
export async function main([what, name, ...rest]: string[]): Promise<void> {
  const target = await targets[name!]!()
  if (what === 'replay') {
    const outcome = await outcomeOf(target, inputIn(rest[0]!))
    return send(typeof outcome === 'object' ? outcome : { outcome })
  }
  if (what === 'keep') return keep(rest[2]!, inputOf(target, rest[0]!, Number(rest[1])))
  const [seed, from, to, until, place, folder] = rest as [string, string, string, string, string, string]
  const file = openSync(place, 'w')
  const number = new Float64Array(1)
  const kept = new Map<string, number>()
  const tally = await fuzz(
    target,
    { seed, from: Number(from), to: Number(to), until: Number(until) },
    {
      before(k) {
        number[0] = k
        writeSync(file, number, 0, 8, 0)
      },
      fault(k, fault, input) {
        const kind = kindOf(fault)
        const before = kept.get(kind) ?? 0
        kept.set(kind, before + 1)
        const at = join(folder, String(k))
        if (before < KEPT) keep(at, input)
        void send({ fault, kind, at: before < KEPT ? at : undefined })
      },
    },
  )
  await send({ tally })
}

/** A fault without what differs from input to input: numbers, and quoted names. */
function kindOf(fault: string): string {
  const [first = '', ...stack] = fault.split('\n')
  const place = stack.find((line) => /[/\\](src|fuzz)[/\\]/.test(line)) ?? ''
  return `${first.slice(0, 160).replace(/-?[\d.]+(e[+-]?\d+)?|"[^"]*"|“[^”]*”/g, '…')} ${place
    .trim()
    .replace(/^.*[/\\](src|fuzz)[/\\]/, '')
    .replace(/:\d+\)?$/, '')}`
}

function keep(folder: string, input: Input): void {
  for (const [name, bytes] of input) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
}

function inputIn(folder: string): Input {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => statSync(join(folder, name)).isFile())
  return new Map(files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
}

/** Send a message, and wait until it is sent, as the process ends soon. */
function send(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, () => resolve())
    else resolve()
  })
}
