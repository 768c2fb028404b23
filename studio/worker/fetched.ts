import { UserError } from 'regard'
import type { Tell } from './protocol.ts'

/** Fetch a file that comes with the page, reporting how many bytes have arrived. */
export async function fetched(url: URL, what: string, tell?: Tell): Promise<Uint8Array> {
  const response = await fetch(url)
  if (!response.ok)
    throw new UserError(`was not found (${response.status})`, url.pathname, 'Load the page again')
  const total = Number(response.headers.get('Content-Length') ?? 0)
  const chunks: Uint8Array[] = []
  let done = 0
  for await (const chunk of streamOf(response)) {
    chunks.push(chunk)
    done += chunk.length
    tell?.(what, done, Math.max(total, done))
  }
  const bytes = new Uint8Array(done)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

async function* streamOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body!.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
