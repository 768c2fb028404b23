import { UserError } from 'regard'

/**
 * Fetch a file that comes with the page.
 *
 * @param tell called with how many bytes have arrived
 * @throws UserError where it cannot be fetched
 */
export async function fetched(
  url: URL,
  tell?: (done: number, total: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url).catch(() => {
    throw new UserError('cannot be downloaded', url.pathname, 'Check the network, and load the page again')
  })
  if (!response.ok)
    throw new UserError(`was not found (${response.status})`, url.pathname, 'Load the page again')
  const total = Number(response.headers.get('Content-Length') ?? 0)
  const chunks: Uint8Array[] = []
  let done = 0
  for await (const chunk of streamOf(response)) {
    chunks.push(chunk)
    done += chunk.length
    tell?.(done, Math.max(total, done))
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
