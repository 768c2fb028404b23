import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, UserError } from './errors.ts'

/**
 * Write a file so that it is either there in full or not at all: into a temporary file beside it, flushed to
 * the disk, then renamed over the old one.
 *
 * @param parts the content, written one after the other (so that a large file need not be joined in memory)
 * @throws UserError naming the file, when the disk is full or the folder cannot be written
 */
export function writeAtomic(path: string, ...parts: (string | Uint8Array)[]): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(temporary, 'w')
    try {
      for (const part of parts) writeAll(file, typeof part === 'string' ? Buffer.from(part) : part)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary)
    throw new UserError(`could not be written (${messageOf(error)})`, path, remedyFor(error))
  }
}

// A single write takes at most 2 GiB, and may take less than it was given.
function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30))
  }
}

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
