import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { messageOf, UserError } from './errors.ts'
import { impostor } from './impostor.ts'
import { textOf } from './text.ts'

/** What a file is for, for the message when it cannot be read. */
interface Wanted {
  /** What it holds, if its path does not say enough: `the landmarks`. */
  readonly what?: string
  readonly remedy?: string
}

/**
 * The bytes of a file.
 *
 * @throws UserError that names the file and says why it cannot be read
 */
export function readBytes(path: string, { what, remedy }: Wanted = {}): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UserError(`${what ? `${what} ` : ''}cannot be read (${messageOf(error)})`, path, remedy)
  }
  const other = impostor(bytes, path)
  if (other) throw other
  return bytes
}

/**
 * A file as text, in UTF-8 or UTF-16 (see {@link textOf}).
 *
 * @throws UserError that names the file and says why it cannot be read
 */
export function readText(path: string, wanted: Wanted = {}): string {
  return textOf(readBytes(path, wanted))
}

/**
 * Write a file so that it exists either in full or not at all: into a temporary file beside it, flushed to the disk,
 * then renamed over the old one.
 *
 * @param parts the content, written one after another (so that a large file need not be joined in memory)
 * @throws UserError naming the file, when the disk is full or the folder cannot be written
 */
export function writeAtomic(path: string, ...parts: (string | Uint8Array)[]): void {
  const file = new AtomicFile(path)
  for (const part of parts) file.write(part)
  file.commit()
}

/**
 * Append to a file that grows, such as a log. Killing the process can cut the addition short; readers must allow for
 * that.
 *
 * @throws UserError naming the file, when the disk is full or the file cannot be written
 */
export function append(path: string, content: string | Uint8Array): void {
  try {
    appendFileSync(path, content)
  } catch (error) {
    throw notWritten(path, error)
  }
}

/** The temporary files that this process is writing. In a container, an earlier process may have had its number. */
const mine = new Set<string>()

/**
 * A file that is written part by part as the parts become available, and exists in full after `commit`, or not at all.
 * When a call fails, what was written is removed and the error is a UserError naming the file.
 */
export class AtomicFile {
  private readonly path: string
  private readonly temporary: string
  private file: number | undefined

  /** @param path the file; its folder is made if it is missing */
  constructor(path: string) {
    this.path = path
    this.temporary = `${path}.${process.pid}.tmp`
    this.attempt(() => {
      mkdirSync(dirname(path), { recursive: true })
      removeAbandoned(path)
      this.file = openSync(this.temporary, 'w')
      mine.add(resolve(this.temporary))
    })
  }

  /** Write the next part. */
  write(part: string | Uint8Array): void {
    this.attempt(() => writeAll(this.file!, typeof part === 'string' ? Buffer.from(part) : part))
  }

  /** Flush to the disk and replace the old file. */
  commit(): void {
    this.attempt(() => {
      fsyncSync(this.file!)
      this.close()
      renameSync(this.temporary, this.path)
    })
  }

  /** Give up: the old file stays. */
  discard(): void {
    this.close()
    if (existsSync(this.temporary)) rmSync(this.temporary)
  }

  private close(): void {
    if (this.file !== undefined) closeSync(this.file)
    this.file = undefined
    mine.delete(resolve(this.temporary))
  }

  private attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.discard()
      throw notWritten(this.path, error)
    }
  }
}

const TEMPORARY = /\.(\d+)\.tmp$/

/** Each folder that was written into or looked into, with the temporary files that it had then, of any process. */
const found = new Map<string, readonly string[]>()

// A killed process could not remove its temporary file: the next one that writes the same file does. A folder is read
// once only: reading it for each file would take longer and longer where there are thousands.
function removeAbandoned(path: string): void {
  const folder = resolve(dirname(path))
  const names = found.get(folder) ?? lookInto(folder)
  for (const temporary of abandonedAmong(names, path)) rmSync(temporary, { force: true })
}

/** The temporary files that killed processes left of a file; the next {@link AtomicFile} removes them. */
export function abandonedOf(path: string): string[] {
  return abandonedAmong(lookInto(resolve(dirname(path))), path)
}

function lookInto(folder: string): readonly string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory()
  const names = isFolder ? readdirSync(folder).filter((name) => TEMPORARY.test(name)) : []
  found.set(folder, names)
  return names
}

function abandonedAmong(names: readonly string[], path: string): string[] {
  return names
    .filter((name) => name.startsWith(`${basename(path)}.`))
    .map((name) => join(dirname(path), name))
    .filter((temporary) => {
      const pid = Number(TEMPORARY.exec(temporary)![1])
      return pid > 0 && (pid === process.pid ? !mine.has(resolve(temporary)) : !isRunning(pid))
    })
}

/** Whether there is a process of this number. */
export function isRunning(pid: number): boolean {
  try {
    // Signal 0 only asks whether the process exists.
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return !hasEnded(pid)
}

/** Whether a process has ended, but its parent has not yet collected it (a zombie). Only Linux reports this. */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

// A single write takes at most 2 GiB, and may write less than it is given.
function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30))
  }
}

/**
 * Make sure that files can be written into a folder, before the work whose results they will hold. The folder need not
 * exist yet, and is not made.
 *
 * @throws UserError naming the folder, when they cannot
 */
export function requireWritableFolder(path: string): void {
  let there = resolve(path)
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there)
  if (!statSync(there).isDirectory())
    throw new NotWritten(`cannot be written into: ${there} is a file`, path, 'Choose another folder')
  const probe = join(there, `.regard.${process.pid}.tmp`)
  try {
    closeSync(openSync(probe, 'wx'))
    rmSync(probe)
  } catch (error) {
    throw notWritten(path, error)
  }
}

/**
 * Make sure that a file can be written, before the work whose results it will hold.
 *
 * @throws UserError naming the file, when it cannot
 */
export function requireWritable(path: string): void {
  requireWritableFolder(dirname(path))
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new NotWritten('is a folder, not a file to write to', path, 'Give the name of a file in it')
}

/** Thrown when a file could not be written, which says nothing against its content. */
export class NotWritten extends UserError {
  override name = 'NotWritten'
}

/** The error for a file that could not be written. */
export function notWritten(path: string, error: unknown): NotWritten {
  return new NotWritten(`could not be written (${messageOf(error)})`, path, remedyFor(error))
}

/**
 * An error of the system's about a disk that is full, or files that may not be written or read, wherever it comes from,
 * as its user is told of it; any other as it is.
 */
export function inWords(error: unknown): unknown {
  const { code = '', syscall = '', path = 'a file' } = (error ?? {}) as NodeJS.ErrnoException
  if (error instanceof UserError) return error
  if (FULL.has(code) || code === 'EROFS') return notWritten(path, error)
  if (!DENIED.has(code)) return error
  if (CHANGES.has(syscall)) return notWritten(path, error)
  return new UserError(`may not be read (${messageOf(error)})`, path, 'Choose another, or ask its owner')
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT'])
const DENIED: ReadonlySet<string> = new Set(['EACCES', 'EPERM'])
/** System calls that change what is on a disk. */
const CHANGES: ReadonlySet<string> = new Set([
  'ftruncate',
  'link',
  'mkdir',
  'rename',
  'rm',
  'rmdir',
  'unlink',
  'utime',
])

function remedyFor(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full: free some space and run the same command again; nothing was lost'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Choose a folder that you may write to'
    default:
      return 'What was there before is unchanged'
  }
}
