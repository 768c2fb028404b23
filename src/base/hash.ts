/** Hashes, to tell whether bytes have changed. */

import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The most bytes to read at a time: files may be larger than memory. */
const PART = 2 ** 22

/**
 * The SHA-256 of some parts, one after another, in hexadecimal digits.
 *
 * @param parts strings (as UTF-8) or the bytes of typed arrays
 */
export function sha256Of(...parts: (string | NodeJS.ArrayBufferView)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** The hash of a file of any size, in hexadecimal digits. */
export function hashOfFile(path: string, algorithm: 'sha1' | 'sha256' = 'sha256'): string {
  const hash = createHash(algorithm)
  const file = openSync(path, 'r')
  try {
    // No larger than the file, since there may be many small ones; and a byte more, so that one read finds its end.
    const buffer = Buffer.allocUnsafe(Math.min(PART, fstatSync(file).size + 1))
    for (;;) {
      const count = readSync(file, buffer, 0, buffer.length, null)
      if (count === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}
