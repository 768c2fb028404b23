/** Text files as programs of any system write them. */

/** The byte order marks of UTF-16, in either order of bytes. */
const MARKS = [
  { mark: [0xff, 0xfe], encoding: 'utf-16le' },
  { mark: [0xfe, 0xff], encoding: 'utf-16be' },
] as const

/**
 * The text in some bytes: UTF-8, or UTF-16 with a byte order mark, as Windows programs write it.
 *
 * @param options.fatal whether to refuse invalid bytes rather than to replace them by �
 * @throws TypeError for refused bytes
 */
export function textOf(bytes: Uint8Array, options: { readonly fatal?: boolean } = {}): string {
  const known = MARKS.find(({ mark }) => mark.every((byte, k) => bytes[k] === byte))
  return new TextDecoder(known?.encoding ?? 'utf-8', options).decode(bytes)
}
