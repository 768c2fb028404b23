/** Fuzzing: feeds changed files to every reader; see `--help`. */

import { fork } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const HELP = `Feed changed files to every reader, and compute random networks in several ways.

  node fuzz/run.js [TARGET…] [--seconds N] [--inputs N] [--seed S]
  node fuzz/run.js TARGET --replay FOLDER

  TARGET      what to fuzz (default: all):
              TARGETS
  --seconds   the most time for each target (default: 60, or no limit with --inputs)
  --inputs    the most inputs for each target
  --seed      the same seed gives the same inputs (default: 1)
  --replay    read an input again that was kept under out/fuzz/

A reader must either read an input, and give a consistent result, or refuse it with a message that says why. Everything
else is a fault: other errors, crashes, more than 10 s, more than 2 GB. Inputs with faults are kept under out/fuzz/.
The exit code is 0 if no fault was found, 1 if one was, and 2 for wrong use.

Example:
  $ npm run fuzz -- onnx npy --seconds 10
`

/** The most that one input may take: seconds of computing, and bytes of memory of the whole process. */
const PATIENCE = 10
const MEMORY = 2e9

/** What is wrong with a process that ended as if all were well, but did not say what it found. */
const EARLY = 'the process ended by itself, before it was done'

const CHILD = fileURLToPath(new URL('child.js', import.meta.url))
const KEPT = join(fileURLToPath(new URL('..', import.meta.url)), 'out', 'fuzz')

/** As in targets/index.ts, which is TypeScript and takes seconds to load. */
const NAMES = [
  ...['onnx', 'prototxt', 'caffemodel', 'tensorflowjs', 'npy', 'safetensors', 'matlab5', 'matlab73'],
  ...['pictures', 'plan', 'card', 'composite', 'table', 'datasets', 'studio', 'graphs'],
]

function usage(message) {
  console.error(`${message}\nSee node fuzz/run.js --help`)
  process.exit(2)
}

function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        inputs: { type: 'string' },
        seed: { type: 'string', default: '1' },
        replay: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    return usage(error.message)
  }
}

const { values, positionals } = given()
if (values.help) {
  console.log(
    HELP.replace(
      'TARGETS',
      NAMES.join(', ')
        .replace(', matlab5', ',\n              matlab5')
        .replace(', plan', ',\n              plan'),
    ),
  )
  process.exit()
}
const unknown = positionals.find((name) => !NAMES.includes(name))
if (unknown) usage(`there is no target ${unknown}; choose from ${NAMES.join(', ')}`)
for (const name of ['seconds', 'inputs'])
  if (values[name] !== undefined && !(Number(values[name]) > 0))
    usage(`--${name} must be a number above 0, not ${values[name]}`)

if (values.replay) {
  if (positionals.length !== 1) usage('--replay needs the one target that the input is for')
  await replay(positionals[0], values.replay)
} else {
  const inputs = Number(values.inputs ?? Number.POSITIVE_INFINITY)
  const seconds = Number(values.seconds ?? (values.inputs ? Number.POSITIVE_INFINITY : 60))
  const results = []
  for (const name of positionals.length > 0 ? positionals : NAMES)
    results.push(await fuzzed(name, inputs, seconds))
  print(results)
  process.exitCode = results.some(({ kinds }) => kinds.size > 0) ? 1 : 0
}

async function replay(name, folder) {
  if (!existsSync(folder)) usage(`there is no folder ${folder}`)
  let { fault, outcome } = {}
  const hear = (message) => {
    fault = message.fault
    outcome = message.outcome
  }
  fault = (await watched(['replay', name, folder], () => 0, hear)) ?? fault
  if (outcome === undefined) fault ??= EARLY
  console.log(fault ?? outcome)
  process.exitCode = fault ? 1 : 0
}

/** Fuzz one target; whenever its process dies, another continues after that input. */
async function fuzzed(name, inputs, seconds) {
  const scratch = mkdtempSync(join(tmpdir(), 'regard-fuzz-'))
  const place = join(scratch, 'place')
  const folder = join(KEPT, name)
  const result = { name, inputs: 0, read: 0, refused: 0, seconds: 0, kinds: new Map() }
  const found = (kind, fault, at) => {
    const count = result.kinds.get(kind) ?? 0
    result.kinds.set(kind, count + 1)
    if (count > 0) return
    say('')
    console.log(`${name}: ${fault.split('\n').slice(0, 6).join('\n')}`)
    console.log(`  again: node fuzz/run.js ${name} --replay ${relative(process.cwd(), at)}\n`)
  }
  const started = Date.now()
  const until = started + 1000 * seconds
  let from = 0
  const now = () => {
    const bytes = existsSync(place) ? readFileSync(place) : Buffer.alloc(0)
    return bytes.length === 8 ? bytes.readDoubleLE() : undefined
  }
  const progress = setInterval(() => {
    const [done, passed] = [now() ?? from, (Date.now() - started) / 1000]
    say(`${name}: ${done} inputs in ${passed.toFixed(0)} s, ${result.kinds.size} kinds of faults`)
  }, 1000)
  while (from < inputs && Date.now() < until) {
    rmSync(place, { force: true })
    const range = [String(from), String(inputs), String(until)]
    let next
    const end = await watched(['fuzz', name, values.seed, ...range, place, folder], now, (message) => {
      if (message.fault) found(message.kind, message.fault, message.at ?? folder)
      if (message.tally) {
        result.read += message.tally.read
        result.refused += message.tally.refused
        next = message.tally.next
      }
    })
    const last = now()
    if (!end && next !== undefined) {
      from = next
      continue
    }
    const death = end ?? EARLY
    if (last === undefined) throw new Error(`${name} cannot be set up: ${death}`)
    const at = join(folder, String(last))
    mkdirSync(at, { recursive: true })
    await watched(
      ['keep', name, values.seed, String(last), at],
      () => 0,
      () => {},
    )
    found(death, death, at)
    from = last + 1
  }
  clearInterval(progress)
  rmSync(scratch, { recursive: true, force: true })
  say('')
  return { ...result, inputs: from, seconds: (Date.now() - started) / 1000 }
}

/**
 * Run a process, and end it if it takes too long over one input, or too much memory.
 *
 * @param place the input it is at; undefined until it has begun
 * @returns why it died early; undefined if it did not
 */
function watched(words, place, hear) {
  return new Promise((resolve) => {
    const child = fork(CHILD, words, {
      execArgv: ['--max-old-space-size=1024'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let reason
    let said = ''
    child.stderr.on('data', (part) => {
      said = (said + part).slice(-4000)
    })
    const end = (why) => {
      reason ??= why
      child.kill('SIGKILL')
    }
    let [last, since, worked] = [undefined, Date.now(), 0]
    const looking = setInterval(() => {
      const at = place()
      const { memory, work } = loadOf(child.pid)
      if (at === undefined || at !== last) {
        last = at
        since = Date.now()
        worked = work
      } else if (work - worked > PATIENCE) end(`takes more than ${PATIENCE} s`)
      // On a busy machine a process waits for a core, but not for this long.
      else if (Date.now() - since > 12_000 * PATIENCE) end(`waits for more than ${12 * PATIENCE} s`)
      if (memory > MEMORY) end(`takes more than ${MEMORY / 1e9} GB of memory`)
    }, 200)
    child.on('message', hear)
    child.on('close', (code, signal) => {
      clearInterval(looking)
      if (reason === undefined && code !== 0) reason = `the process ended with ${signal ?? code}: ${said}`
      resolve(reason)
    })
  })
}

/** Bytes that a process has in memory, and seconds that its threads have computed; only Linux reports them. */
function loadOf(pid) {
  try {
    const memory = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
    // After the program's name, which may contain spaces.
    const ticks = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .slice(11, 13)
    return { memory: Number(memory) * 1024, work: (Number(ticks[0]) + Number(ticks[1])) / 100 }
  } catch {
    return { memory: 0, work: 0 }
  }
}

/** Print a line that the next one replaces, if the output is a terminal. */
function say(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
}

function print(results) {
  const rows = [
    ['target', 'inputs', 'read', 'refused', 'kinds of faults', 'inputs a second'],
    ...results.map(({ name, inputs, read, refused, kinds, seconds }) =>
      [name, inputs, read, refused, kinds.size, Math.round(inputs / seconds)].map(String),
    ),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (cells, fill = ' ') =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k], fill)).join(' | ')} |`
  const [head, ...body] = rows
  console.log(
    [
      line(head),
      line(
        head.map(() => ''),
        '-',
      ),
      ...body.map((row) => line(row)),
    ].join('\n'),
  )
}
