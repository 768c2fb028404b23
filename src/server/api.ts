/** What the page may request from the folders of studies. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { messageOf } from '../base/errors.ts'
import { MARKS, markSchema, writeMark } from '../datasets/check/marks.ts'
import { readRecord } from '../study/record.ts'
import { atlasFace } from './atlasFaces.ts'
import { typeOf } from './files.ts'
import type { Folders } from './folders.ts'
import { Newsroom } from './newsroom.ts'
import { photoOf } from './photos.ts'

/** Milliseconds between two signs of life. */
const HEARTBEAT = 10_000

/** A page of a report runs no scripts, fetches nothing, and is shown only in the studio. */
const REPORT_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

export function studyApi(folders: Folders): Hono {
  const api = new Hono()
  const newsroom = new Newsroom(folders)
  api.get('/folders', (context) => context.json(newsroom.list()))
  api.get('/news', (context) => {
    const study = context.req.query('study')
    return streamSSE(context, async (stream) => {
      let end = () => {}
      const gone = new Promise<void>((resolve) => stream.onAbort(resolve))
      const beat = setInterval(() => void stream.writeSSE({ event: 'here', data: '' }), HEARTBEAT)
      try {
        end = newsroom.read(study, ({ event, data }) => {
          void stream.writeSSE({ event, data: JSON.stringify(data) })
        })
        await gone
      } finally {
        clearInterval(beat)
        end()
      }
    })
  })
  api.get('/folders/:name/files/:path{.+}', async (context) => {
    const { name, path } = context.req.param()
    const file = folders.file(name, path)
    // Where nothing is marked yet, the list of marks is empty.
    if (!file && path === MARKS && folders.path(name, 'check')) return context.text('')
    if (!file) return context.notFound()
    const bytes = await readFile(file)
    if (path.endsWith('.html')) context.header('Content-Security-Policy', REPORT_POLICY)
    return context.body(bytes, 200, { 'Content-Type': typeOf(path), 'Cache-Control': 'no-cache' })
  })
  api.get('/folders/:name/photos/:face', async (context) => {
    const { name, face } = context.req.param()
    for (const kind of ['study', 'check'] as const) {
      const folder = folders.path(name, kind)
      const photo = folder && (await photoOf(folder, kind, face))
      if (photo) return picture(context, photo, 'image/jpeg')
    }
    return context.notFound()
  })
  api.get('/folders/:name/faces/:face', async (context) => {
    const { name, face } = context.req.param()
    const folder = folders.path(name, 'atlas')
    const found = folder && (await atlasFace(folders, folder, face))
    return found ? picture(context, found, 'image/png') : context.notFound()
  })
  api.post('/folders/:name/marks', async (context) => {
    const folder = folders.path(context.req.param('name'), 'check')
    if (!folder) return context.notFound()
    if (!/^application\/json\b/.test(context.req.header('Content-Type') ?? ''))
      return context.text('A mark is sent as application/json', 415)
    const sent = markSchema.safeParse(await context.req.json().catch(() => undefined))
    if (!sent.success) return context.text('A mark is { a, b, mark: "same" or "different" }', 400)
    const { a, b } = sent.data
    if (!isPair(folder, [a, b])) return context.text('The check has found no such pair', 404)
    // A link would redirect the writing elsewhere.
    if (folders.within(folder, '.') !== folder) return context.notFound()
    try {
      writeMark(folder, sent.data)
    } catch (error) {
      // The existing file may be the user's own.
      return context.text(messageOf(error), 409)
    }
    return context.json({})
  })
  api.all('*', (context) => context.text('Not found', 404))
  return api
}

/** Pictures of people are not cached anywhere. */
function picture(context: Context, bytes: Buffer, type: string) {
  return context.body(new Uint8Array(bytes), 200, { 'Content-Type': type, 'Cache-Control': 'no-store' })
}

function isPair(folder: string, pair: readonly [string, string]): boolean {
  const { findings } = readRecord<{
    findings: readonly { pairs?: true; cases: readonly { faces: readonly string[] }[] }[]
  }>(join(folder, 'findings.json'))
  return findings.some(
    (finding) =>
      finding.pairs &&
      finding.cases.some(({ faces }) => faces.length === 2 && faces.every((face, k) => face === pair[k])),
  )
}
