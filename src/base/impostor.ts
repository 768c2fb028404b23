/** Files that are not what their names say, because something else was fetched instead. */

import { UserError } from './errors.ts'

/** How many bytes at the beginning of a file show what it is. */
const HEAD = 512

/**
 * Recognise what a failed clone or download leaves instead of a file: a Git LFS pointer, a page.
 *
 * @param where the file, for the message
 * @returns an error that says what it is instead and what to do; undefined where it is none of these
 */
export function impostor(bytes: Uint8Array, where: string): UserError | undefined {
  const head = new TextDecoder().decode(bytes.subarray(0, HEAD)).replace(/^\s+/, '')
  if (head.startsWith('version https://git-lfs.github.com/spec/')) {
    return new UserError(
      'is a Git LFS pointer, not the file itself',
      where,
      'Fetch the file: run `git lfs pull`',
    )
  }
  if (/^(<!--.*?-->\s*)?<(!doctype\s+html|html)\b/is.test(head)) {
    return new UserError(
      'is an HTML page, not what its name says',
      where,
      'The download went wrong: open the address in a browser, and take the link to the file itself',
    )
  }
  if (/^<\?xml\b.*<Error>/s.test(head)) {
    return new UserError(
      "is a server's error message, not what its name says",
      where,
      'The download went wrong: check the address, and whether it has expired',
    )
  }
  return undefined
}
