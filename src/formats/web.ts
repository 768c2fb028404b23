/** Other people's files on a server: the counterpart of `node.ts` in a page. */

import { messageOf, UserError } from '../base/errors.ts'
import { impostor } from '../base/impostor.ts'
import { type Files, MissingFile, nameOf } from './files.ts'

/**
 * The files of the folder that a URL lies in, fetched on demand.
 *
 * @param url of a model; its last part is the model's own name
 */
export function filesAt(url: URL): Files {
  const own = nameOf(pathOf(url))
  // The model's own address may have a query, which its neighbours' may lack.
  return (name) =>
    fetchBytes(name === own ? url : new URL(name.split('/').map(encodeURIComponent).join('/'), url))
}

/** A URL as the path of a file: without a query, and with its signs as they are meant. */
export function pathOf(url: URL): string {
  const path = url.href.replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(path)
  } catch {
    // A sign that begins no escape, as in `100%.onnx`.
    return path
  }
}

/**
 * The bytes that a URL gives.
 *
 * @throws MissingFile where the server has no such file; UserError where it cannot be reached or answers with an error
 */
async function fetchBytes(url: URL): Promise<Uint8Array> {
  let response: Response
  let bytes: Uint8Array
  try {
    response = await fetch(url)
    bytes = new Uint8Array(await response.arrayBuffer())
  } catch (error) {
    throw new UserError(
      `cannot be downloaded (${messageOf(error)})`,
      url.href,
      'Check the address and the network',
    )
  }
  // Servers of single-page applications answer with their page where they lack a file.
  const page = response.headers.get('content-type')?.startsWith('text/html')
  if (response.status === 404 || response.status === 410 || (response.ok && page))
    throw new MissingFile(url.href)
  if (!response.ok) throw new UserError(`the server does not provide it (${response.status})`, url.href)
  const other = impostor(bytes, url.href)
  if (other) throw other
  return bytes
}
