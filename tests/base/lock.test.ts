import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { holderOf, Lock } from '../../src/base/lock.ts'

let path = ''
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'regard-lock-')), 'deep', 'run.lock')
})

/** Leave a lock behind, as another process would. */
function leave(holder: object): void {
  Lock.take(path, 'x').release()
  writeFileSync(path, JSON.stringify({ since: '2026-11-24T12:00:00.000Z', ...holder }))
}

describe('a lock', () => {
  it('is had by one at a time, and says by whom', () => {
    const lock = Lock.take(path, 'the study')
    expect(() => Lock.take(path, 'the study')).toThrow(
      new RegExp(`the study is held by process ${process.pid} on this machine, since 20.*Wait until`),
    )
    expect(holderOf(path)).toMatchObject({ pid: process.pid, host: hostname() })
    lock.release()
    expect(holderOf(path)).toBeUndefined()
    Lock.take(path, 'the study').release()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('is held by a process that runs, and free as soon as that is killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
    await once(child, 'spawn')
    leave({ pid: child.pid, host: hostname() })
    expect(() => Lock.take(path, 'the run')).toThrow(`held by process ${child.pid} on this machine`)
    const waiting = Lock.wait(path, new AbortController().signal, () => {})
    child.kill('SIGKILL')
    ;(await waiting).release()
    expect(existsSync(path)).toBe(false)
  })

  it('of another machine is held as long as its process gives signs of life', () => {
    leave({ pid: 1, host: 'elsewhere' })
    expect(() => Lock.take(path, 'the run')).toThrow('held by process 1 on elsewhere')
    const long = new Date(Date.now() - 150_000)
    utimesSync(path, long, long)
    expect(holderOf(path)).toBeUndefined()
    Lock.take(path, 'the run').release()
  })

  it('that was left by a process of this number, as in a container, is free', () => {
    leave({ pid: process.pid, host: hostname() })
    Lock.take(path, 'the run').release()
  })

  it('whose file is damaged is nobody’s', () => {
    leave({})
    Lock.take(path, 'the run').release()
  })

  it('is waited for until a signal says otherwise, and it is said who holds it', async () => {
    const lock = Lock.take(path, 'the run')
    const stop = new AbortController()
    const waiting = Lock.wait(path, stop.signal, ({ pid }) => stop.abort(new Error(`stopped for ${pid}`)))
    await expect(waiting).rejects.toThrow(`stopped for ${process.pid}`)
    lock.release()
  })
})
