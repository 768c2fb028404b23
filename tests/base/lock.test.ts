import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
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
  it('has one holder at a time, and says who that is', () => {
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

  it('is held while its process runs, and free as soon as that is killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
    await once(child, 'spawn')
    leave({ pid: child.pid, host: hostname() })
    expect(() => Lock.take(path, 'the run')).toThrow(`held by process ${child.pid} on this machine`)
    const waiting = Lock.wait(path, new AbortController().signal, () => {})
    child.kill('SIGKILL')
    ;(await waiting).release()
    expect(existsSync(path)).toBe(false)
  })

  it('is held while its process runs, however the clock jumps', async () => {
    const module = new URL('../../dist/base/lock.js', import.meta.url)
    const hold = `const { Lock } = await import('${module}')
Lock.take(${JSON.stringify(path)}, 'the run')
console.log('held')
setTimeout(() => {}, 1 << 30)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', hold])
    await once(child.stdout, 'data')
    for (const years of [-1, 1]) {
      const then = new Date(Date.now() + years * 365 * 24 * 3600_000)
      utimesSync(path, then, then)
      expect(() => Lock.take(path, 'the run')).toThrow(`held by process ${child.pid} on this machine`)
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
    Lock.take(path, 'the run').release()
  })

  it('gives signs of life by the disk’s clock', () => {
    vi.useFakeTimers({ now: 0, toFake: ['setInterval', 'clearInterval', 'Date'] })
    const lock = Lock.take(path, 'the run')
    const long = new Date(1)
    utimesSync(path, long, long)
    vi.advanceTimersByTime(15_000)
    vi.useRealTimers()
    expect(Math.abs(Date.now() - statSync(path).mtimeMs)).toBeLessThan(3600_000)
    expect(lock.lost.aborted).toBe(false)
    lock.release()
  })

  it('holds nobody up if it was written before the clock was set back by more than a process is silent', () => {
    leave({ pid: 1, host: 'elsewhere' })
    const later = new Date(Date.now() + 365 * 24 * 3600_000)
    utimesSync(path, later, later)
    Lock.take(path, 'the run').release()
  })

  it('of another machine is held while its process gives signs of life', () => {
    leave({ pid: 1, host: 'elsewhere' })
    expect(() => Lock.take(path, 'the run')).toThrow('held by process 1 on elsewhere')
    const long = new Date(Date.now() - 150_000)
    utimesSync(path, long, long)
    expect(holderOf(path)).toBeUndefined()
    Lock.take(path, 'the run').release()
  })

  it('that a process with this number left, as in a container, is free', () => {
    leave({ pid: process.pid, host: hostname() })
    Lock.take(path, 'the run').release()
  })

  it('whose file is damaged belongs to nobody', () => {
    leave({})
    Lock.take(path, 'the run').release()
  })

  it('keeps others waiting until a signal says otherwise, and says who holds it', async () => {
    const lock = Lock.take(path, 'the run')
    const stop = new AbortController()
    const waiting = Lock.wait(path, stop.signal, ({ pid }) => stop.abort(new Error(`stopped for ${pid}`)))
    await expect(waiting).rejects.toThrow(`stopped for ${process.pid}`)
    lock.release()
  })
})
