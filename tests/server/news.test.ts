import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Lock } from '../../src/base/lock.ts'
import { Folders } from '../../src/server/folders.ts'
import { type Listening, listen } from '../../src/server/listen.ts'
import type { CurvePart, ListedFolder, News, ShownRun, ShownStudy } from '../../src/server/messages.ts'
import { Newsroom } from '../../src/server/newsroom.ts'
import { NoticeBoard } from '../../src/study/notices.ts'
import { files, runFiles } from '../../src/study/record.ts'
import { writeSums } from '../../src/study/sums.ts'
import { answers, writeStudy } from '../report/writtenStudy.ts'

/** Listens to the news of a study, and keeps what arrives. */
async function listenTo(url: string, study: string) {
  const control = new AbortController()
  const response = await fetch(`${url}api/news?study=${study}`, { signal: control.signal })
  const news: News[] = []
  const reading = (async () => {
    let text = ''
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      text += part
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
        if (data) news.push({ event, data: JSON.parse(data) } as News)
      }
    }
  })().catch(() => {})
  return {
    type: response.headers.get('content-type'),
    news,
    of: <T>(event: News['event']) => news.filter((one) => one.event === event).map(({ data }) => data as T),
    end: async () => {
      control.abort()
      await reading
    },
  }
}

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 500_000, interval: 100 })

describe('the news of a study', () => {
  let server: Listening
  let out: string
  let name: string
  let folder: string
  beforeEach(async () => {
    const study = writeStudy([
      { task: 'gender', network: 'adiencenet', setting: 'r', right: { r: answers([true, 3], [false, 1]) } },
      { task: 'gender', network: 'adiencenet', setting: 'i', right: { i: answers([true, 4]) } },
    ])
    out = study.out
    name = out.split('/').at(-1)!
    folder = files.run(out, study.record.runs[0]!)
    server = await listen({ port: 0, folders: new Folders(out) })
  })
  afterEach(() => server.close())

  const step = (iteration: number, loss: number) =>
    `${JSON.stringify({ iteration, loss, accuracy: 0.5, norm: 1, rate: 1, seconds: 1, time: 1 })}\n`

  test('begin with everything, and continue with changes', async () => {
    writeFileSync(runFiles.metrics(folder), step(1, 3) + step(2, 2))
    const { type, of, end } = await listenTo(server.url, name)
    expect(type).toContain('text/event-stream')
    await eventually(() => expect(of('curves')).toHaveLength(1))
    expect(of<ListedFolder[]>('folders')[0]![0]!.name).toBe(name)
    const [study] = of<ShownStudy>('study')
    expect(study!.runs.map(({ state, detail }) => [state, detail])).toEqual([
      ['begun', 'iteration 2, loss 2.000'],
      ['waiting', ''],
    ])
    expect(of<CurvePart[]>('curves')[0]).toEqual([
      {
        run: 'gender-adiencenet-r-fold0',
        from: 0,
        points: [
          [1, 3, 0.5],
          [2, 2, 0.5],
        ],
        validationsFrom: 0,
        validations: [],
      },
    ])

    // Half a line does not count yet.
    const lock = Lock.take(runFiles.lock(folder), 'the run')
    appendFileSync(runFiles.metrics(folder), `${step(3, 1)}{"iteration":3,"valid`)
    await eventually(() => {
      const runs = of<ShownRun[]>('runs').flat()
      expect(runs.at(-1)).toMatchObject({ state: 'underway' })
      expect(runs.at(-1)!.detail).toMatch(/^iteration 3, loss 1\.000, by process/)
    })
    expect(of<CurvePart[]>('curves').at(-1)![0]).toMatchObject({
      from: 1,
      points: [
        [2, 2, 0.5],
        [3, 1, 0.5],
      ],
    })

    // It resumes from a checkpoint, in another file.
    const other = `${runFiles.metrics(folder)}.other`
    writeFileSync(other, step(1, 3))
    renameSync(other, runFiles.metrics(folder))
    await eventually(() =>
      expect(of<CurvePart[]>('curves').at(-1)![0]).toMatchObject({ from: 0, points: [[1, 3, 0.5]] }),
    )

    lock.release()
    writeSums(folder)
    await eventually(() =>
      expect(of<ShownRun[]>('runs').flat().at(-1)).toMatchObject({ state: 'finished', accuracy: 0.75 }),
    )
    await eventually(() =>
      expect(of<ListedFolder[]>('folders').at(-1)![0]!.study).toMatchObject({ finished: 1, runs: 2 }),
    )
    // The other run has not changed, and is not sent again.
    expect(
      of<ShownRun[]>('runs')
        .flat()
        .map((run) => run.name),
    ).not.toContain('gender-adiencenet-i-fold0')
    await end()
  })

  test('report what cannot be read, and continue when it can again', async () => {
    const record = files.study(out)
    renameSync(record, `${record}.away`)
    const { of, end } = await listenTo(server.url, name)
    await eventually(() => expect(of<string>('unreadable')).toHaveLength(1))
    renameSync(`${record}.away`, record)
    await eventually(() => expect(of<ShownStudy>('study').at(-1)).toMatchObject({ title: 'written' }))
    writeSums(folder)
    rmSync(runFiles.result(folder))
    await eventually(() =>
      expect(of<ShownRun[]>('runs').flat().at(-1)).toMatchObject({
        state: 'failed',
        detail: 'result.json is missing',
      }),
    )
    await end()
  })

  test('report what the study’s own process knows about runs that it does not make itself', async () => {
    const lock = Lock.take(files.lock(out), 'the study')
    const board = new NoticeBoard(out)
    const [first, second] = ['gender-adiencenet-r-fold0', 'gender-adiencenet-i-fold0'] as const
    board.put(first, { state: 'underway', worker: 'far:7', detail: 'training 3/6', left: 90, attempt: 2 })
    board.put(second, { state: 'waiting' })
    board.write()
    const { of, end } = await listenTo(server.url, name)
    await eventually(() => expect(of<ShownStudy>('study')).toHaveLength(1))
    expect(of<ShownStudy>('study')[0]!.runs.map(({ state, detail }) => [state, detail])).toEqual([
      ['underway', 'training 3/6, 1 min 30 s left, by far:7, attempt 2 of 3'],
      ['waiting', 'in the queue'],
    ])
    expect(of<ListedFolder[]>('folders')[0]![0]!.study).toMatchObject({ underway: 1 })
    board.put(second, { state: 'failed', reason: 'the photos are others' })
    board.close()
    lock.release()
    // Without that process, only what it has set aside remains valid.
    await eventually(() => {
      const runs = new Map(of<ShownRun[]>('runs').flatMap((all) => all.map((run) => [run.name, run])))
      expect(runs.get(first)).toMatchObject({ state: 'waiting', detail: '' })
      expect(runs.get(second)).toMatchObject({ state: 'failed', detail: 'set aside: the photos are others' })
    })
    await end()
  })

  test('reach several pages through one watcher, which ends with the last of them', async () => {
    const timers = vi.spyOn(globalThis, 'setInterval')
    const cleared = vi.spyOn(globalThis, 'clearInterval')
    const room = new Newsroom(new Folders(out))
    const told: string[] = []
    const ends = [1, 2, 3].map((page) => room.read(name, ({ event }) => told.push(`${page} ${event}`)))
    expect(told.slice(0, 2)).toEqual(['1 folders', '1 study'])
    expect(timers).toHaveBeenCalledTimes(1)
    for (const end of ends.slice(0, 2)) end()
    expect(cleared).not.toHaveBeenCalled()
    ends[2]!()
    expect(cleared).toHaveBeenCalledTimes(1)
    vi.restoreAllMocks()
  })

  test('do not follow links', async () => {
    mkdirSync(dirname(runFiles.metrics(folder)), { recursive: true })
    const outside = join(out, '..', `outside-${name}.jsonl`)
    writeFileSync(outside, step(7, 7))
    symlinkSync(outside, runFiles.metrics(folder))
    const { of, end } = await listenTo(server.url, name)
    await eventually(() => expect(of<ShownStudy>('study')).toHaveLength(1))
    expect(of<ShownStudy>('study')[0]!.runs[0]!.state).toBe('waiting')
    expect(of('curves')).toEqual([])
    await end()
  })
})
