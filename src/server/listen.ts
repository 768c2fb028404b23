import { randomBytes } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import { createAdaptorServer } from '@hono/node-server'
import { UserError } from '../base/errors.ts'
import { studioApp } from './app.ts'
import { studioFiles } from './files.ts'
import type { Folders } from './folders.ts'

/** Where the studio listens. */
export interface ListenOptions {
  /** By default 127.0.0.1: only this machine. */
  readonly host?: string
  /** 0 means any free port. */
  readonly port: number
  /** Where studies lie; without, none are shown. */
  readonly folders?: Folders
}

/** A listening server. */
export interface Listening {
  /** The address to open; with a token where others can reach it. */
  readonly url: string
  close(): Promise<void>
}

const HOME = '127.0.0.1'

/**
 * Serve the studio.
 *
 * @throws UserError where the port is taken
 */
export async function listen({ host = HOME, port, folders }: ListenOptions): Promise<Listening> {
  const files = studioFiles()
  const isHome = [HOME, 'localhost', '::1'].includes(host)
  const token = isHome ? undefined : randomBytes(18).toString('base64url')
  const hosts: string[] = []
  const app = studioApp({ files, hosts, token, folders })
  const server = createAdaptorServer({ fetch: app.fetch })
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new UserError(
              'is in use by another program, perhaps by another studio',
              `port ${port}`,
              'Choose another with --port, or any free one with --port 0',
            )
          : error,
      ),
    )
    server.listen(port, host, () => resolve((server.address() as { port: number }).port))
  })
  const names = isHome ? [HOME, 'localhost', '[::1]'] : namesOf(host)
  hosts.push(...names.map((name) => `${name}:${bound}`))
  const shown = `http://${isHome ? inAddress(host) : names[0]}:${bound}/`
  return {
    url: token ? `${shown}?token=${token}` : shown,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // Connections that wait for news would keep it open.
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

/** Listening on these means on all addresses of the machine. */
const ALL = ['0.0.0.0', '::']

/** The names by which others may ask for a machine that listens on an address; the first is the one to tell them. */
function namesOf(host: string): string[] {
  if (!ALL.includes(host)) return [inAddress(host)]
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family }) => host === '::' || family === 'IPv4')
  // Addresses that others can reach come first, and of those the short ones.
  addresses.sort((a, b) => Number(a.internal) - Number(b.internal) || a.address.length - b.address.length)
  const name = hostname().toLowerCase()
  return [...addresses.map(({ address }) => inAddress(address)), 'localhost', name, `${name}.local`]
}

/** An address as it is written in a URL: IPv6 in brackets. */
function inAddress(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
