/** What the studio's server serves: the page and its files, and nothing to strangers. */

import { readFile } from 'node:fs/promises'
import { Hono } from 'hono'
import { studyApi } from './api.ts'
import { networksHere, type StudioFiles, typeOf } from './files.ts'
import type { Folders } from './folders.ts'

/** Who may ask. */
export interface StudioAppOptions {
  readonly files: StudioFiles
  /** The host names that it answers to: `localhost:4080` and the like. */
  readonly hosts: readonly string[]
  /** Requests without it are refused; needed where others can reach this machine. */
  readonly token?: string
  /** Where studies lie; without, none are shown. */
  readonly folders?: Folders
}

/** The page itself has it too; here it also covers everything else. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob: data:; worker-src 'self' blob:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

/** The largest request body that is read, in bytes: no picture is ever sent here. */
const MOST = 64 * 1024

/** The cookie that holds the token once the address has brought it. */
const COOKIE = 'regard-studio'

export function studioApp({ files, hosts, token, folders }: StudioAppOptions): Hono {
  const app = new Hono()
  app.use(async ({ req, text }, next) => {
    // Another site's name may resolve to this server (DNS rebinding), and another site's page may send requests.
    if (!hosts.includes(req.header('Host') ?? '')) return text('Unknown host', 421)
    const origin = req.header('Origin')
    if (origin && !hosts.some((host) => origin === `http://${host}`)) return text('Unknown origin', 403)
    if (Number(req.header('Content-Length') ?? 0) > MOST || req.header('Transfer-Encoding'))
      return text('Too large: the studio takes no photos', 413)
    await next()
    return undefined
  })
  app.use(async (context, next) => {
    const { req } = context
    if (
      token &&
      req.query('token') !== token &&
      !cookies(req.header('Cookie')).includes(`${COOKIE}=${token}`)
    )
      return context.text('Open the address that regard studio printed: it has a token', 401)
    await next()
    const { headers } = context.res
    // The page of a report has a stricter one.
    if (!headers.has('Content-Security-Policy')) headers.set('Content-Security-Policy', POLICY)
    headers.set('Cross-Origin-Opener-Policy', 'same-origin')
    headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
    headers.set('Cross-Origin-Resource-Policy', 'same-origin')
    headers.set('X-Content-Type-Options', 'nosniff')
    headers.set('Referrer-Policy', 'no-referrer')
    if (token && req.query('token') === token)
      headers.append('Set-Cookie', `${COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/`)
    return undefined
  })
  if (folders) app.route('/api', studyApi(folders))
  // The page asks, and learns that there are none.
  else app.get('/api/folders', (context) => context.json(null))
  app.get('/models/index.json', (context) => context.json(networksHere()))
  app.get('*', async (context) => {
    const asked = decoded(new URL(context.req.url).pathname)
    const path = files.get(asked === '/' ? 'index.html' : (asked?.slice(1) ?? ''))
    if (!path) return context.text('Not found', 404)
    const bytes = await readFile(path)
    return context.body(bytes, 200, {
      'Content-Type': typeOf(path),
      'Content-Length': String(bytes.length),
      // The names of these contain a hash of their content.
      'Cache-Control': asked?.startsWith('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
    })
  })
  return app
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

function cookies(header = ''): string[] {
  return header.split(';').map((each) => each.trim())
}
