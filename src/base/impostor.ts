/** Files that are not what they are called: what was fetched in their place. */

import { UserError } from './errors.ts'

/** How many bytes at the beginning of a file tell what it is. */
const HEAD = 512

/**
 * What stands in a file's place where a clone or a download went wrong: a Git LFS pointer, a page.
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
