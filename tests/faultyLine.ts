import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What a line does to a request: answers it itself, like a service that is overloaded or broken; answers that all is
 * well but a file was not removed; takes it and never answers; cuts it before it arrives, or cuts its answer in the
 * middle; or changes a byte of what is put or got.
 */
export type Fault =
  | (503 | 500 | 403)
  | { readonly kept: string; readonly code: string }
  | ('silence' | 'cut' | 'cut answer' | 'damaged put' | 'damaged get')

const CODES = { 503: 'SlowDown', 500: 'InternalError', 403: 'AccessDenied' } as const

/**
 * A line to a real S3 server, which fails on request. Like Amazon's server, and unlike small ones, its far
 * end refuses content that does not match the MD5 sent with it.
 */
export class FaultyLine {
  /** What happens to the next requests, in order; later ones pass through. */
  readonly faults: Fault[] = []
  /** Every request that arrived. */
  readonly asked: string[] = []
  private readonly to: number
  private port = 0
  private server?: Server

  /** @param to the port of the server */
  constructor(to: number) {
    this.to = to
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Open the line again, at the same address. */
  async begin(): Promise<void> {
    this.server = createServer((asked, answer) => void this.pass(asked, answer))
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = (this.server.address() as AddressInfo).port
  }

  /** Cut it: it drops all connections and accepts none. */
  async stop(): Promise<void> {
    const { server } = this
    if (!server?.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  private async pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.asked.push(`${asked.method} ${asked.url}`)
    const fault = this.faults.shift()
    if (fault === 'cut') {
      asked.socket.destroy()
      return
    }
    const body = await read(asked)
    if (fault === 'silence') return
    if (typeof fault === 'number') {
      refuse(answer, fault, CODES[fault])
      return
    }
    if (typeof fault === 'object') {
      const { kept, code } = fault
      const error = `<Error><Key>${kept}</Key><Code>${code}</Code><Message>it says ${code}</Message></Error>`
      answer.writeHead(200, { 'content-type': 'application/xml' })
      answer.end(`<?xml version="1.0"?><DeleteResult>${error}</DeleteResult>`)
      return
    }
    if (fault === 'damaged put') body[0]! ^= 1
    const md5 = asked.headers['content-md5']
    if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) {
      refuse(answer, 400, 'BadDigest')
      return
    }
    const { method, url: path, headers } = asked
    const onward = request({ host: '127.0.0.1', port: this.to, method, path, headers })
    onward.end(body)
    const [got] = (await once(onward, 'response')) as [IncomingMessage]
    const bytes = await read(got)
    answer.writeHead(got.statusCode!, { ...got.headers, 'content-length': bytes.length })
    if (fault === 'damaged get') bytes[0]! ^= 1
    if (fault !== 'cut answer') answer.end(bytes)
    else answer.write(bytes.subarray(0, bytes.length >> 1), () => answer.destroy())
  }
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part)
  return Buffer.concat(parts)
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  answer.writeHead(status, { 'content-type': 'application/xml' })
  answer.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} is what it says</Message></Error>`,
  )
}
